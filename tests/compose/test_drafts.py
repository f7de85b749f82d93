"""Drafts: saved as often as one likes, there is one, and it is never lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mailapp import access
from mailapp.composing import drafts, reopening, rows, tasks, uploads
from mailapp.composing.models import Draft, Upload
from mailapp.composing.state import Fields
from mailapp.store import moving
from mailapp.store.models import Content, Folder, Mailbox, Message, Thread
from tests import factories
from tests.compose.conftest import PNG, Writer
from workmail.changes.log import changes_since
from workmail.errors import LimitExceeded, NotFound, OverQuota, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MIB = 1024 * 1024


def test_a_draft_saved_many_times_is_one_message_with_the_newest_text(writer, in_folder):
    keys = {writer.save(text=f"Version {number}").message_key for number in range(8)}
    [draft] = in_folder("drafts")
    assert draft.text.strip() == "Version 7"
    assert len(keys) == 1  # it keeps its name in URLs


def test_every_version_has_a_new_uid_and_readers_of_the_log_see_it_replaced(writer, mailbox):
    folder = access.folder_by_role(mailbox, Folder.Role.DRAFTS)
    writer.save(text="One")
    first = folder.messages.get()
    before = changes_since(folder.folder.collection, 0).modseq
    writer.save(text="Two")
    second = folder.messages.get()
    delta = changes_since(folder.folder.collection, before)
    assert second.uid > first.uid
    assert [gone.uid for gone in delta.deleted] == [first.uid]
    assert [item.uid for item in delta.created] == [second.uid]
    folder.folder.refresh_from_db()
    assert (folder.folder.message_count, folder.folder.unread_count) == (1, 0)


def test_a_draft_is_seen_and_flagged_as_one(writer, mailbox):
    writer.save()
    message = Message.objects.get(mailbox=mailbox.mailbox)
    assert (message.is_draft, message.is_seen) == (True, True)


def test_saving_does_not_use_up_the_thread(writer):
    for number in range(5):
        writer.save(text=str(number))
    assert Thread.objects.get().message_count == 1


def test_space_is_counted_once(writer, mailbox):
    for number in range(4):
        writer.save(text="x" * 1000 + str(number))
    used = Mailbox.objects.get(pk=mailbox.mailbox.pk).used_bytes
    assert used == Message.objects.get().size_bytes


def test_the_same_save_again_writes_nothing(writer):
    first = writer.save(text="Same")
    again = writer.save(text="Same")
    assert (again.revision, again.saved_at) == (first.revision, first.saved_at)


def test_a_save_that_was_overtaken_is_left_out(writer, in_folder):
    late = writer.editor()
    writer.save(text="New")
    drafts.save(writer.mailbox, writer.draft_id, writer.fields(text="Old"), late)
    assert in_folder("drafts")[0].text.strip() == "New"


def test_another_page_that_does_not_know_the_newest_version_is_told_so(writer, mailbox, in_folder):
    draft = writer.save(text="Mine")
    other = Writer(mailbox, writer.draft_id, revision=draft.revision)
    other.save(text="Theirs")
    with pytest.raises(Stale) as refusal:
        writer.save(text="Mine again")
    assert refusal.value.details["reason"] == "edited"
    assert in_folder("drafts")[0].text.strip() == "Theirs"
    writer.revision = refusal.value.details["revision"]  # "keep this"
    writer.save(text="Mine again")
    assert in_folder("drafts")[0].text.strip() == "Mine again"


def test_everything_comes_back_when_it_is_opened_again(writer, mailbox):
    writer.attach()
    draft = writer.save(
        to="bob@example.test, not an address",
        cc="Carol <carol@example.org>",
        bcc="dave@example.org",
        subject="Plan",
        html="<p>Some <strong>bold</strong> text</p>",
        text="",
        is_plain=False,
        importance="high",
        requests_receipt=True,
    )
    opened = reopening.open_message(mailbox, draft.message_key)
    fields = rows.fields_of(mailbox, opened)
    assert opened.pk == draft.pk
    assert fields.to == "bob@example.test, not an address"
    assert (fields.cc, fields.bcc) == ("Carol <carol@example.org>", "dave@example.org")
    assert fields.html == "<p>Some <strong>bold</strong> text</p>"
    assert (fields.importance, fields.requests_receipt) == ("high", True)
    assert [file.file_name for file in uploads.files_of(mailbox, opened.pk)] == ["plan.pdf"]


def test_the_message_in_drafts_says_it_all_to_other_programs(writer, in_folder):
    writer.attach()
    writer.save(bcc="dave@example.org", importance="high", requests_receipt=True)
    [draft] = in_folder("drafts")
    assert [person.addr_spec for person in draft.bcc] == ["dave@example.org"]
    assert draft.importance == "high"
    assert draft.disposition_notification_to[0].addr_spec == "alice@example.test"
    assert [part.file_name for part in draft.attachments] == ["plan.pdf"]


def test_a_draft_of_another_program_is_taken_over_with_its_files_and_pictures(alice, mailbox, in_folder):
    raw = factories.make_message_bytes(
        from_="Alice <alice@example.test>",
        to="Bob <bob@example.test>",
        subject="From elsewhere",
        html='<p>Look: <img src="cid:pic@there"></p><script>alert(1)</script>',
        attachments=[("notes.txt", "text/plain", b"notes")],
    )
    message = factories.store_message(alice, raw, role="drafts", is_draft=True)
    draft = reopening.open_message(mailbox, message.key)
    fields = rows.fields_of(mailbox, draft)
    assert fields.to == "Bob <bob@example.test>"
    assert "script" not in fields.html
    assert [file.file_name for file in uploads.files_of(mailbox, draft.pk)] == ["notes.txt"]
    again = reopening.open_message(mailbox, message.key)
    assert again.pk == draft.pk
    page = Writer(mailbox, draft.pk, revision=draft.revision)
    page.save(subject="Changed", settle=True)
    [saved] = in_folder("drafts")
    assert saved.subject == "Changed"
    assert [part.file_name for part in saved.attachments] == ["notes.txt"]


def test_a_received_message_is_no_draft(alice, mailbox):
    message = factories.store_message(alice)
    with pytest.raises(NotFound):
        reopening.open_message(mailbox, message.key)


def test_large_files_enter_the_message_only_when_the_writer_pauses(writer, in_folder, mailbox):
    writer.attach("film.bin", b"\1" * (3 * MIB))
    draft = writer.save()
    assert not draft.is_settled
    assert in_folder("drafts")[0].attachments == ()
    tasks.tend()
    assert in_folder("drafts")[0].attachments == ()  # still typing
    Draft.objects.update(saved_at=timezone.now() - drafts.PAUSE - timedelta(seconds=1))
    assert tasks.tend() == 1
    [settled] = in_folder("drafts")
    assert [part.size_bytes for part in settled.attachments] == [3 * MIB]
    assert settled.text.strip() == "Noon?"
    assert tasks.tend() == 0
    assert rows.get(mailbox, writer.draft_id).revision == draft.revision  # the open page need not know


def test_small_files_are_in_the_message_at_every_save(writer, in_folder):
    writer.attach()
    assert writer.save().is_settled
    assert [part.file_name for part in in_folder("drafts")[0].attachments] == ["plan.pdf"]


def test_a_file_that_came_while_a_version_was_made_is_not_forgotten(writer, mailbox, monkeypatch):
    from mailapp.composing import building

    original = building.build

    def build_slowly(*arguments, **named):
        raw = original(*arguments, **named)
        monkeypatch.setattr(building, "build", original)
        writer.attach("late.pdf", b"%PDF late")
        return raw

    writer.save(text="first")
    monkeypatch.setattr(building, "build", build_slowly)
    assert not writer.save(text="second").is_settled


def test_pictures_that_the_text_no_longer_shows_do_not_go_along(writer, in_folder):
    picture = writer.attach("dot.png", PNG, is_inline=True)
    html = f'<p><img src="cid:{picture.details.content_id}" alt="dot"></p>'
    writer.save(html=html, text="", is_plain=False)
    [shown] = in_folder("drafts")
    assert [part.content_id for part in shown.inline_parts] == [picture.details.content_id]
    writer.save(html="<p>Nothing</p>", text="", is_plain=False)
    [hidden] = in_folder("drafts")
    assert hidden.inline_parts == ()
    assert hidden.attachments == ()


def test_a_text_cannot_show_pictures_of_another_draft(writer, mailbox):
    other = Writer(mailbox)
    foreign = other.attach("dot.png", PNG, is_inline=True)
    draft = writer.save(html=f'<p><img src="cid:{foreign.details.content_id}"></p>', text="", is_plain=False)
    assert "cid:" not in rows.fields_of(mailbox, draft).html


def test_what_is_no_picture_is_attached_even_if_it_says_so(writer):
    file = writer.attach("x.png", b"<svg onload=alert(1)>", content_type="image/svg+xml", is_inline=True)
    assert not file.is_inline


def test_files_are_limited_in_all(writer, settings):
    settings.MAX_CONTENT_BYTES = 1000
    writer.attach(octets=b"x" * 600)
    with pytest.raises(LimitExceeded) as refusal:
        writer.attach(octets=b"x" * 600)
    assert "1.2 KB" in str(refusal.value).replace("\u00a0", " ")
    assert Upload.objects.count() == 1


def test_a_mailbox_that_is_full_keeps_the_version_before(writer, mailbox, in_folder):
    writer.save(text="before")
    Mailbox.objects.update(quota_bytes=1)
    with pytest.raises(OverQuota):
        writer.save(text="x" * 5000)
    assert in_folder("drafts")[0].text.strip() == "before"
    mailbox.mailbox.refresh_from_db()
    with pytest.raises(OverQuota):
        writer.attach()


def test_a_draft_of_somebody_else_is_not_there(writer, bob):
    writer.save()
    file = writer.attach()
    stranger = Writer(factories.open_mailbox(bob), writer.draft_id)
    with pytest.raises(NotFound):
        stranger.save()
    with pytest.raises(NotFound):
        stranger.attach()
    with pytest.raises(NotFound):
        stranger.send()
    with pytest.raises(NotFound):
        stranger.take_back()
    with pytest.raises(NotFound):
        uploads.find(stranger.mailbox, file.id)
    with pytest.raises(NotFound):
        drafts.discard(stranger.mailbox, writer.draft_id)


def test_discarding_moves_it_to_deleted_and_it_can_be_brought_back(writer, mailbox, in_folder):
    writer.save(settle=True)
    moved = drafts.discard(mailbox, writer.draft_id)
    assert moved is not None
    assert (len(in_folder("drafts")), len(in_folder("deleted"))) == (0, 1)
    deleted, home = (access.folder_by_role(mailbox, role) for role in ("deleted", "drafts"))
    moving.move(deleted, [moved.uid], home)
    assert writer.save(text="Still here").revision == 2
    assert [draft.text.strip() for draft in in_folder("drafts")] == ["Still here"]


def test_discarding_what_was_never_saved_leaves_nothing(writer, mailbox):
    writer.attach()
    assert drafts.discard(mailbox, writer.draft_id) is None
    assert Draft.objects.count() == 0
    assert Content.objects.get().released_at is not None


def test_a_discarded_draft_is_not_settled_back_into_drafts(writer, mailbox, in_folder):
    writer.attach("film.bin", b"\1" * (2 * MIB))
    writer.save()
    drafts.discard(mailbox, writer.draft_id)
    Draft.objects.update(saved_at=timezone.now() - timedelta(minutes=5))
    tasks.tend()
    assert in_folder("drafts") == []
    assert [part.size_bytes for part in in_folder("deleted")[0].attachments] == [2 * MIB]


def test_what_nobody_works_on_any_more_is_swept_but_no_message_with_it(writer, mailbox, in_folder):
    writer.attach()
    writer.save(settle=True)
    unsaved = Writer(mailbox)
    unsaved.attach("other.pdf", b"%PDF other")
    assert tasks.sweep() == 0
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=8))
    assert tasks.sweep() == 2
    assert (Draft.objects.count(), Upload.objects.count()) == (0, 0)
    assert Content.objects.filter(released_at__isnull=False).count() == 2
    [draft] = in_folder("drafts")
    assert [part.file_name for part in draft.attachments] == ["plan.pdf"]


def test_a_draft_deleted_by_another_program_is_written_anew_by_whoever_still_types(writer, mailbox, in_folder):
    draft = writer.save(text="One")
    message = Message.objects.get(key=draft.message_key)
    moving.expunge(access.folder_in(mailbox, message.folder_id), [message.uid])
    writer.save(text="Two")
    assert [draft.text.strip() for draft in in_folder("drafts")] == ["Two"]


def test_what_is_stored_shows_nothing_of_what_was_written(writer):
    writer.attach("secret-plan.pdf", b"%PDF secret")
    draft = writer.save(to="Zorro <zorro@example.org>", subject="Secret", text="Secret")
    upload = Upload.objects.get()
    kept = bytes(draft.fields) + bytes(draft.origin) + bytes(upload.details)
    for word in (b"ecret", b"orro", b"example"):
        assert word not in kept


def test_nobody_begins_a_draft_under_an_id_of_their_choice_that_exists_elsewhere(bob, mailbox):
    draft_id = uuid4()
    Writer(mailbox, draft_id).attach()
    with pytest.raises(NotFound):
        drafts.save(factories.open_mailbox(bob), draft_id, Fields(), drafts.Editor(uuid4()))
