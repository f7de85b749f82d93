"""Laws of acting and undoing: an undo brings back what was, and the same request twice acts once."""

import threading
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailapp import access
from mailapp.access import OpenFolder
from mailapp.store import flags, folders, moving
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from mailapp.web import acting, undoing
from mailapp.web.acting import Action, Everything, Targets, uid_set, uids_of
from mailapp.web.models import AnsweredRequest
from tests import factories
from tests.mail_web.steps import act, lists_of, state_of, undo
from tests.store.steps import Life

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

UNDOABLE = [action for action in Action if action is not Action.DELETE_FOREVER]


# --- Laws ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_undoing_an_act_brings_back_what_was(alice: Any, seed: int) -> None:
    mailbox, random = factories.open_mailbox(alice), Random(seed)
    folders.of_role(mailbox, Folder.Role.SNOOZED)
    life = Life(mailbox, random)
    for _ in range(25):
        life.step()
    for _ in range(12):
        folder, action = life.folder(), random.choice(UNDOABLE)
        target = life.folder() if action is Action.MOVE else None
        until = timezone.now() + timedelta(days=random.randint(1, 3)) if action is Action.SNOOZE else None
        targets = some_targets(random, folder)
        before, lists_before = state_of(mailbox), lists_of(mailbox)
        try:
            outcome = acting.act(mailbox, action, targets, folder=folder, target=target, until=until)
        except (acting.NotFound, acting.Invalid):
            assert state_of(mailbox) == before
            continue
        if not outcome.undo:
            assert state_of(mailbox) == before
            continue
        undoing.undo(mailbox, undoing.token(mailbox, outcome.undo))
        assert state_of(mailbox) == before
        assert lists_of(mailbox) == lists_before


def some_targets(random: Random, folder: OpenFolder) -> Targets:
    messages = list(folder.messages.order_by("uid"))
    chosen = random.sample(messages, min(len(messages), random.randint(1, 4)))
    match random.randint(0, 3):
        case 0:
            return Targets(keys=frozenset(message.key for message in chosen))
        case 1:
            folder.folder.collection.refresh_from_db()
            everything = Everything(
                folder.folder.collection.highest_modseq,
                random.choice(list(acting.Filter)),
                in_conversations=random.random() < 0.5,
            )
            return Targets(everything=everything)
    return Targets(threads=frozenset(message.thread_id for message in chosen))


def test_an_undo_leaves_alone_what_was_changed_meanwhile(alice: Any) -> None:
    mailbox = factories.open_mailbox(alice)
    first, second = factories.store_message(alice), factories.store_message(alice)
    inbox, archive = factories.open_folder(alice), factories.open_folder(alice, "archive")
    outcome = acting.act(mailbox, Action.ARCHIVE, Targets(keys=frozenset([first.key, second.key])))
    moved = Message.objects.get(key=first.key)
    moving.move(archive, [moved.uid], factories.open_folder(alice, "junk"))
    sentence = undoing.undo(mailbox, undoing.token(mailbox, outcome.undo))
    assert "1 of 2" in sentence
    assert Message.objects.get(key=first.key).folder.role == Folder.Role.JUNK
    assert Message.objects.get(key=second.key).folder_id == inbox.folder.pk


def test_an_undo_that_comes_too_late_is_refused_and_changes_nothing(alice: Any) -> None:
    mailbox, message = factories.open_mailbox(alice), factories.store_message(alice)
    archive = factories.open_folder(alice, "archive")
    outcome = acting.act(mailbox, Action.ARCHIVE, Targets(keys=frozenset([message.key])))
    moving.move(archive, [Message.objects.get(key=message.key).uid], factories.open_folder(alice, "deleted"))
    before = state_of(mailbox)
    with pytest.raises(undoing.Stale):
        undoing.undo(mailbox, undoing.token(mailbox, outcome.undo))
    assert state_of(mailbox) == before


def test_undoing_mark_as_read_leaves_what_had_been_read_before(alice: Any) -> None:
    mailbox = factories.open_mailbox(alice)
    unread, read = factories.store_message(alice), factories.store_message(alice, is_seen=True)
    outcome = acting.act(mailbox, Action.READ, Targets(keys=frozenset([unread.key, read.key])))
    undoing.undo(mailbox, undoing.token(mailbox, outcome.undo))
    assert not Message.objects.get(key=unread.key).is_seen
    assert Message.objects.get(key=read.key).is_seen


def test_junk_says_so_to_other_programs_and_its_undo_takes_that_back(alice: Any) -> None:
    mailbox, message = factories.open_mailbox(alice), factories.store_message(alice, keywords=("$NotJunk", "work"))
    outcome = acting.act(mailbox, Action.JUNK, Targets(keys=frozenset([message.key])))
    junk = Message.objects.get(key=message.key)
    assert (junk.folder.role, junk.keywords) == (Folder.Role.JUNK, ["$Junk", "work"])
    undoing.undo(mailbox, undoing.token(mailbox, outcome.undo))
    back = Message.objects.get(key=message.key)
    assert (back.folder.role, back.keywords) == (Folder.Role.INBOX, ["$NotJunk", "work"])


def test_a_token_of_somebody_else_or_a_changed_one_undoes_nothing(organization: Any, alice: Any) -> None:
    bob = factories.make_user(organization, "bob")
    message = factories.store_message(alice)
    outcome = acting.act(factories.open_mailbox(alice), Action.ARCHIVE, Targets(keys=frozenset([message.key])))
    token = undoing.token(factories.open_mailbox(alice), outcome.undo)
    for text in (token[:-1] + ("A" if token[-1] != "A" else "B"), "", "x:y:z"):
        with pytest.raises(undoing.Invalid):
            undoing.undo(factories.open_mailbox(alice), text)
    with pytest.raises(undoing.Invalid):
        undoing.undo(factories.open_mailbox(bob), token)
    assert Message.objects.get(key=message.key).folder.role == Folder.Role.ARCHIVE


@pytest.mark.parametrize("uids", [[], [1], [1, 2, 3], [5, 1, 2, 9, 10], [7, 7]])
def test_uids_survive_being_written_as_ranges(uids: list[int]) -> None:
    assert uids_of(uid_set(uids)) == sorted(set(uids))


# --- What acts mean --------------------------------------------------------------------------------------------


def test_a_conversation_is_flagged_and_made_unread_by_its_newest_message(alice: Any) -> None:
    mailbox, inbox = factories.open_mailbox(alice), factories.open_folder(alice)
    first = factories.store_message(
        alice,
        factories.make_message_bytes(message_id="<1@example.org>"),
        is_seen=True,
        internal_date=factories.LONG_AGO,
    )
    answer = factories.make_message_bytes(message_id="<2@example.org>", in_reply_to="<1@example.org>")
    second = factories.store_message(alice, answer, is_seen=True)
    for action in (Action.FLAG, Action.UNREAD):
        acting.act(mailbox, action, Targets(threads=frozenset([first.thread_id])), folder=inbox)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_flagged, first.is_seen) == (False, True)
    assert (second.is_flagged, second.is_seen) == (True, False)
    acting.act(mailbox, Action.READ, Targets(threads=frozenset([first.thread_id])), folder=inbox)
    assert inbox.messages.filter(is_seen=False).count() == 0


def test_acting_on_a_conversation_concerns_its_messages_in_that_folder_only(alice: Any) -> None:
    mailbox, inbox = factories.open_mailbox(alice), factories.open_folder(alice)
    first = factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>"))
    answer = factories.make_message_bytes(message_id="<2@example.org>", in_reply_to="<1@example.org>")
    sent = factories.store_message(alice, answer, role="sent", is_seen=True)
    assert sent.thread_id == first.thread_id
    acting.act(mailbox, Action.DELETE, Targets(threads=frozenset([first.thread_id])), folder=inbox)
    assert Message.objects.get(key=first.key).folder.role == Folder.Role.DELETED
    assert Message.objects.get(key=sent.key).folder.role == Folder.Role.SENT


def test_deleting_what_is_in_deleted_already_must_be_asked_for(alice: Any) -> None:
    mailbox, message = factories.open_mailbox(alice), factories.store_message(alice, role="deleted")
    with pytest.raises(acting.Invalid):
        acting.act(mailbox, Action.DELETE, Targets(keys=frozenset([message.key])))
    outcome = acting.act(mailbox, Action.DELETE_FOREVER, Targets(keys=frozenset([message.key])))
    assert not Message.objects.filter(key=message.key).exists()
    assert outcome.undo == []


@pytest.mark.parametrize("in_conversations", [True, False])
def test_everything_is_done_in_batches_and_leaves_what_arrived_since(
    alice: Any, monkeypatch: pytest.MonkeyPatch, in_conversations: bool
) -> None:
    monkeypatch.setattr(acting, "_THREADS_IN_A_BATCH", 4)
    monkeypatch.setattr(acting, "_MESSAGES_IN_A_BATCH", 4)
    mailbox, inbox = factories.open_mailbox(alice), factories.open_folder(alice)
    for number in range(10):
        factories.store_message(alice, is_seen=number % 2 == 0)
    inbox.folder.collection.refresh_from_db()
    before = state_of(mailbox)
    everything = Everything(inbox.folder.collection.highest_modseq, in_conversations=in_conversations)
    later = factories.store_message(alice)
    counts, tokens, more = [], [], True
    while more:
        outcome = acting.act(mailbox, Action.ARCHIVE, Targets(everything=everything), folder=inbox)
        counts.append(outcome.count)
        tokens.insert(0, undoing.token(mailbox, outcome.undo))
        more = outcome.more
    assert counts == [4, 4, 2]
    assert [message.key for message in inbox.messages] == [later.key]
    for token in tokens:
        undoing.undo(mailbox, token)
    assert state_of(mailbox) == {**before, later.key: state_of(mailbox)[later.key]}


@pytest.mark.parametrize("action", [Action.READ, Action.UNREAD, Action.FLAG, Action.UNFLAG])
def test_marking_everything_comes_to_an_end(alice: Any, monkeypatch: pytest.MonkeyPatch, action: Action) -> None:
    monkeypatch.setattr(acting, "_THREADS_IN_A_BATCH", 2)
    mailbox, inbox = factories.open_mailbox(alice), factories.open_folder(alice)
    for number in range(7):
        factories.store_message(alice, is_seen=number % 2 == 0, is_flagged=number % 3 == 0)
    inbox.folder.collection.refresh_from_db()
    everything = Everything(inbox.folder.collection.highest_modseq)
    for _ in range(10):
        if not acting.act(mailbox, action, Targets(everything=everything), folder=inbox).more:
            break
    else:
        pytest.fail("It would go on for ever.")
    name = {"read": "is_seen", "unread": "is_seen", "flag": "is_flagged", "unflag": "is_flagged"}[action]
    expected = action in (Action.READ, Action.FLAG)
    assert all(getattr(message, name) is expected for message in inbox.messages)


def test_a_filter_does_not_tear_a_conversation_apart(alice: Any) -> None:
    mailbox, inbox = factories.open_mailbox(alice), factories.open_folder(alice)
    factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>"), is_seen=True)
    answer = factories.make_message_bytes(message_id="<2@example.org>", in_reply_to="<1@example.org>")
    factories.store_message(alice, answer)
    inbox.folder.collection.refresh_from_db()
    everything = Everything(inbox.folder.collection.highest_modseq, acting.Filter.UNREAD)
    acting.act(mailbox, Action.ARCHIVE, Targets(everything=everything), folder=inbox)
    assert inbox.messages.count() == 0


def test_more_than_a_thousand_at_once_is_refused(alice: Any) -> None:
    with pytest.raises(acting.LimitExceeded):
        acting.act(factories.open_mailbox(alice), Action.READ, Targets(keys=frozenset(uuid4() for _ in range(1_001))))


# --- At the door -----------------------------------------------------------------------------------------------


def test_the_answer_says_what_was_done_and_how_to_undo_it(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    answer = act(browser_of_alice, inbox, "archive", thread=[str(message.thread_id)]).json()
    assert answer["sentence"] == "1 conversation archived."
    assert answer["counts"]["unread"] == 0
    undone = undo(browser_of_alice, answer["undo"]).json()
    assert undone["sentence"] == "Undone."
    assert undone["counts"]["unread"] == 1
    assert Message.objects.get(key=message.key).folder_id == inbox.folder.pk


def test_the_same_request_twice_acts_once(alice: Any, browser_of_alice: Client) -> None:
    """The first answer was lost; meanwhile the message was put back by hand. Sent again, it must stay."""
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    first = act(browser_of_alice, inbox, "archive", key="key-0001", message=[str(message.key)]).json()
    moved = Message.objects.get(key=message.key)
    moving.move(factories.open_folder(alice, "archive"), [moved.uid], inbox)
    second = act(browser_of_alice, inbox, "archive", key="key-0001", message=[str(message.key)]).json()
    assert (first["sentence"], first["undo"]) == (second["sentence"], second["undo"])
    assert Message.objects.get(key=message.key).folder_id == inbox.folder.pk


def test_an_undo_sent_twice_is_one_undo(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    answer = act(browser_of_alice, inbox, "archive", message=[str(message.key)]).json()
    assert undo(browser_of_alice, answer["undo"], key="undo-0001").status_code == 200
    assert undo(browser_of_alice, answer["undo"], key="undo-0001").status_code == 200
    assert undo(browser_of_alice, answer["undo"], key="undo-0002").status_code == 409


def test_a_key_of_one_person_means_nothing_for_another(organization: Any, alice: Any, sign_in: Any) -> None:
    bob = factories.make_user(organization, "bob")
    for person in (alice, bob):
        message = factories.store_message(person)
        folder = factories.open_folder(person)
        answer = act(sign_in(person), folder, "archive", key="the-same-key", message=[str(message.key)])
        assert answer.json()["count"] == 1
        assert Message.objects.get(key=message.key).folder.role == Folder.Role.ARCHIVE


def test_an_act_that_was_refused_leaves_its_key_free(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    assert act(browser_of_alice, inbox, "move", key="key-0002", message=[str(message.key)]).status_code == 400
    target = factories.open_folder(alice, "archive").folder.pk
    again = act(browser_of_alice, inbox, "move", key="key-0002", message=[str(message.key)], target=str(target))
    assert again.status_code == 200


def test_kept_answers_tell_a_reader_of_the_database_nothing(alice: Any, browser_of_alice: Client) -> None:
    from mailapp.store import folders

    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    secret = folders.create(factories.open_mailbox(alice), "Redundancies")
    act(browser_of_alice, inbox, "move", key="key-0003", message=[str(message.key)], target=str(secret.folder.pk))
    assert b"Redundancies" not in bytes(AnsweredRequest.objects.get().answer)


@pytest.mark.parametrize(
    "data",
    [
        {"action": "explode"},
        {"action": "archive", "thread": "no-uuid"},
        {"action": "archive", "everything": "1", "modseq": "x"},
        {"action": "archive", "everything": "1", "modseq": "99999999999999999999999"},
        {"action": "move", "message": "a3bb189e-8bf9-3888-9912-ace4e6543002"},
    ],
)
def test_nonsense_is_refused_in_words(alice: Any, browser_of_alice: Client, data: dict[str, str]) -> None:
    response = act(browser_of_alice, factories.open_folder(alice), **data)
    assert response.status_code in (400, 404)
    assert response.json()["message"]


def test_without_script_a_form_acts_and_the_next_page_says_so_with_undo(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    list_url = reverse("mail:folder", args=[inbox.folder.pk])
    response = browser_of_alice.post(
        reverse("mail:act", args=[inbox.folder.pk]),
        {"action": "archive", "thread": str(message.thread_id), "next": list_url},
    )
    assert (response.status_code, response["Location"]) == (302, list_url)
    page = browser_of_alice.get(list_url).content.decode()
    assert "1 conversation archived." in page
    assert "data-undo-form" in page
    assert "1 conversation archived." not in browser_of_alice.get(list_url).content.decode()


def test_a_form_never_leads_to_another_site(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    response = browser_of_alice.post(
        reverse("mail:act", args=[inbox.folder.pk]),
        {"action": "read", "thread": str(message.thread_id), "next": "https://example.org/"},
    )
    assert response["Location"] == reverse("mail:home")


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_moment_acts_once(transactional_db: None) -> None:
    alice = factories.make_user(factories.make_organization("example", domain="example.test"), "alice")
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    answers: list[Any] = []

    def send() -> None:
        try:
            client = Client()
            client.force_login(alice)
            barrier.wait()
            answers.append(act(client, inbox, "archive", key="key-0004", message=[str(message.key)]))
        finally:
            connection.close()

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["undo"] for answer in answers}) == 1
    access.folder_by_role(factories.open_mailbox(alice), "archive")
    assert factories.open_folder(alice, "archive").messages.count() == 1


def test_flags_changed_here_are_what_other_doors_see(alice: Any, browser_of_alice: Client) -> None:
    message, inbox = factories.store_message(alice), factories.open_folder(alice)
    act(browser_of_alice, inbox, "flag", message=[str(message.key)])
    outcome = flags.change(inbox, [message.uid], FlagChange(set=frozenset({"is_flagged"})))
    assert outcome.changed == []
