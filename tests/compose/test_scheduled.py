"""Sending later: once, at its time, with the day's limit of that day; changed and cancelled while it waits."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from mailapp import access
from mailapp.composing import rows, sending, tasks
from mailapp.composing.models import Draft
from mailapp.delivery import quotas
from mailapp.delivery.models import RecipientCount, Transit
from mailapp.store import folders
from mailapp.store.models import Folder, Message
from mailapp.web import acting
from mailapp.web.acting import Action, Targets
from mailapp.web.compose import schedule
from tests.compose.conftest import Writer
from tests.compose.test_pages import JSON, form
from workmail.errors import Invalid, LimitExceeded, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bob")]


@pytest.fixture
def later():
    return (timezone.now() + timedelta(days=3)).replace(microsecond=0)


@pytest.fixture
def send_later(writer, mailbox):
    def send(at, **values):
        return sending.send(
            mailbox, writer.draft_id, writer.fields(**values), writer.editor(), hold=timedelta(0), send_at=at
        )

    return send


def pass_time(draft_id):
    """Let the message be due: what the clock would do."""
    now = timezone.now() - timedelta(seconds=1)
    Draft.objects.filter(pk=draft_id).update(hold_until=now)
    Transit.objects.update(hold_until=now, next_attempt_at=now)


@pytest.mark.both_databases
def test_it_waits_in_scheduled_and_is_in_sent_once_it_left(send_later, later, writer, in_folder, mailbox):
    outcome = send_later(later)
    transit = Transit.objects.get()
    assert (transit.hold_until, transit.next_attempt_at) == (later, later)
    [waiting] = in_folder("scheduled")
    assert waiting.sent_at == later
    assert in_folder("sent") == in_folder("drafts") == []
    message = Message.objects.get(key=outcome.draft.sent_key)
    assert message.internal_date == later
    assert tasks.tend() == 0
    pass_time(writer.draft_id)
    assert tasks.tend() == 1
    assert tasks.tend() == 0
    assert len(in_folder("sent")) == 1
    assert in_folder("scheduled") == []
    assert Message.objects.get().key == message.key


@pytest.mark.both_databases
def test_cancelled_it_is_a_draft_again_and_nothing_leaves(send_later, later, writer, in_folder):
    send_later(later)
    writer.take_back()
    assert in_folder("scheduled") == []
    assert len(in_folder("drafts")) == 1
    assert Transit.objects.get().state == Transit.State.RECALLED


def test_another_time_is_another_handing_over_of_the_same_message(send_later, later, writer, mailbox, in_folder):
    send_later(later)
    [before] = in_folder("scheduled")
    sending.reschedule(mailbox, writer.draft_id, later + timedelta(days=1))
    [after] = in_folder("scheduled")
    assert (after.message_id, after.sent_at) == (before.message_id, later + timedelta(days=1))
    assert Transit.objects.filter(state=Transit.State.WAITING).count() == 1
    sending.reschedule(mailbox, writer.draft_id, None)
    assert len(in_folder("sent")) == 1
    assert in_folder("scheduled") == []


def test_what_has_left_cannot_be_changed(send_later, later, writer, mailbox):
    send_later(later)
    pass_time(writer.draft_id)
    with pytest.raises(Stale):
        sending.reschedule(mailbox, writer.draft_id, later)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_time_that_cannot_be_is_refused_and_the_draft_stays_as_it_was(send_later, writer, mailbox, later, days):
    with pytest.raises(Invalid) as refused:
        send_later(timezone.now() + timedelta(days=days))
    assert refused.value.details["field"] == "send_at"
    assert not Transit.objects.exists()
    send_later(later)
    with pytest.raises(Invalid):
        sending.reschedule(mailbox, writer.draft_id, timezone.now() + timedelta(days=days))
    assert rows.get(mailbox, writer.draft_id).status == Draft.Status.HELD


@pytest.mark.both_databases
def test_its_recipients_count_on_the_day_it_leaves_and_are_given_back_there(send_later, later, writer, alice):
    send_later(later, to="one@example.org, two@example.org")
    assert quotas.spent(str(alice.pk)) == 0
    counted = {row.day: row.count for row in RecipientCount.objects.filter(scope=str(alice.pk))}
    assert counted == {later.astimezone(UTC).date(): 2}
    writer.take_back()
    assert set(RecipientCount.objects.values_list("count", flat=True)) == {0}


def test_a_day_that_is_full_is_said_before_and_the_draft_is_kept(send_later, later, settings, in_folder, mailbox):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 1
    with pytest.raises(LimitExceeded):
        send_later(later, to="one@example.org, two@example.org")
    assert len(in_folder("drafts")) == 1
    Writer(mailbox).send(to="one@example.org")


def test_what_waits_is_neither_thrown_away_nor_put_away_while_it_would_still_be_sent(send_later, later, mailbox):
    outcome = send_later(later)
    for action in (Action.DELETE, Action.ARCHIVE, Action.DELETE_FOREVER):
        with pytest.raises(Invalid):
            acting.act(mailbox, action, Targets(keys=frozenset({outcome.draft.sent_key})))
    assert Message.objects.get().folder.role == Folder.Role.SCHEDULED


@pytest.mark.both_databases
def test_a_mailbox_gets_its_scheduled_folder_once_and_only_when_it_is_needed(mailbox):
    names = [node.folder.role for node in folders.tree(mailbox)]
    assert "scheduled" not in names
    first = folders.of_role(mailbox, Folder.Role.SCHEDULED)
    assert folders.of_role(mailbox, Folder.Role.SCHEDULED).folder.pk == first.folder.pk
    assert [node.folder.role for node in folders.tree(mailbox)][:4] == ["inbox", "drafts", "scheduled", "sent"]


# --- Pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def test_mornings_are_offered_in_the_persons_zone():
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert [moment.value for moment in schedule.offered(friday)] == ["2026-11-28T08:00", "2026-11-30T08:00"]
    sunday = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert [moment.value for moment in schedule.offered(sunday)] == ["2026-11-30T08:00"]


def test_a_form_without_script_sends_later_changes_the_time_and_cancels(page, mailbox, later):
    draft_id = uuid4()
    page.post(reverse("mail:compose_send", args=[draft_id]), form(send_at="own", send_at_own=schedule.written(later)))
    shown = page.get(reverse("mail:compose_edit", args=[draft_id])).content.decode()
    assert "Cancel sending and edit" in shown
    folder = access.folder_by_role(mailbox, "scheduled")
    listed = page.get(reverse("mail:folder", args=[folder.folder.pk])).content.decode()
    message = Message.objects.get(folder=folder.folder)
    assert reverse("mail:compose_scheduled", args=[message.key]) in listed
    opened = page.get(reverse("mail:compose_scheduled", args=[message.key]))
    assert opened["Location"] == reverse("mail:compose_edit", args=[draft_id])
    changed = later + timedelta(days=1)
    page.post(reverse("mail:compose_reschedule", args=[draft_id]), {"send_at": schedule.written(changed)})
    assert rows.get(mailbox, draft_id).hold_until.date() == changed.date()
    bad = page.post(reverse("mail:compose_reschedule", args=[draft_id]), {"send_at": "own", "send_at_own": ""})
    assert bad.status_code == 400
    page.post(reverse("mail:compose_take_back", args=[draft_id]))
    assert rows.get(mailbox, draft_id).status == Draft.Status.EDITING


def test_a_question_before_sending_does_not_make_it_leave_today(page, mailbox, later):
    draft_id, at = uuid4(), schedule.written(later)
    asked = page.post(reverse("mail:compose_send", args=[draft_id]), form(subject="", send_at=at))
    assert f'name="send_at" value="{at}"' in asked.content.decode()


def test_a_script_is_told_when_and_how_to_take_it_back(page, later):
    draft_id = uuid4()
    answer = page.post(
        reverse("mail:compose_send", args=[draft_id]), form(send_at=schedule.written(later)), **JSON
    ).json()
    assert "will be sent on" in answer["sentence"]
    assert answer["undo"] == reverse("mail:compose_take_back", args=[draft_id])


def test_a_colleague_finds_nothing_of_it(client, bob, send_later, later, writer):
    outcome = send_later(later)
    client.force_login(bob)
    assert client.get(reverse("mail:compose_scheduled", args=[outcome.draft.sent_key])).status_code == 404
    assert client.post(reverse("mail:compose_reschedule", args=[writer.draft_id]), {"now": "1"}).status_code == 404
    assert Draft.objects.get(pk=writer.draft_id).status == Draft.Status.HELD
