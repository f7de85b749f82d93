"""Keeping files, linking them, and what happens when their time is over."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.composing import drafts, linking, sending
from mailapp.composing.drafts import Editor
from mailapp.composing.state import Fields
from mailapp.files import links, listing, storing, uses
from mailapp.files.models import File, Link
from mailapp.files.tasks import expire
from mailapp.jobs import files as sealed
from mailapp.jobs.models import JobFile, JobFilePiece
from mailapp.mime import parse
from mailapp.store import blobs, queries
from mailapp.store.models import Mailbox, Message
from tests import factories
from workmail.accounts.lockout import Blocked
from workmail.directory import services
from workmail.errors import Invalid, LimitExceeded, NotFound, OverQuota, Stale

pytestmark = pytest.mark.django_db
Keep = Callable[..., File]


def token(mailbox: OpenMailbox, file: File) -> str:
    return links.token_of(mailbox, file.link)


def used(mailbox: OpenMailbox) -> int:
    return Mailbox.objects.get(pk=mailbox.mailbox.pk).used_bytes


# --- Keeping ---------------------------------------------------------------------------------------------------


def test_a_file_is_kept_encrypted_under_a_key_of_its_own(mailbox: OpenMailbox, keep: Keep):
    secret = b"the merger with Brightwater " * 1000
    one, two = keep(secret, "Brightwater.txt"), keep(secret, "Brightwater.txt")
    assert storing.octets_of(mailbox, one) == secret
    assert storing.name_of(mailbox, one) == "Brightwater.txt"
    blobs_of = [blobs.read(piece.blob_name) for piece in JobFilePiece.objects.all()]
    assert all(b"Brightwater" not in blob for blob in blobs_of)
    assert blobs_of[0] != blobs_of[1]
    row = JobFile.objects.get(pk=one.pk)
    assert bytes(row.key) != bytes(JobFile.objects.get(pk=two.pk).key)
    assert b"Brightwater" not in bytes(row.name)


def test_files_count_towards_the_quota_until_they_are_deleted(mailbox: OpenMailbox, keep: Keep):
    before = used(mailbox)
    file = keep(b"x" * 5000)
    assert used(mailbox) == before + 5000
    storing.delete(mailbox, file)
    storing.delete(mailbox, file)
    assert used(mailbox) == before
    sealed.expire()
    assert not JobFile.objects.exists()


def test_what_does_not_fit_is_refused_and_leaves_nothing(mailbox: OpenMailbox, keep: Keep, settings):
    Mailbox.objects.update(quota_bytes=10)
    mailbox.mailbox.refresh_from_db()
    with pytest.raises(OverQuota):
        keep(b"x" * 11)
    Mailbox.objects.update(quota_bytes=10_000_000)
    mailbox.mailbox.refresh_from_db()
    settings.FILE_MAX_BYTES = 100
    with pytest.raises(LimitExceeded):
        keep(b"x" * 101)
    with pytest.raises(Invalid):
        keep(b"")
    assert not File.objects.exists()
    assert not JobFile.objects.exists()


def test_a_file_in_pieces_goes_on_where_it_ends_and_is_kept_once(mailbox: OpenMailbox):
    stored = storing.begin(mailbox, "../../etc/film.mp4", 9)
    storing.append(mailbox, stored, b"abc", at=0)
    with pytest.raises(Stale) as refused:
        storing.append(mailbox, stored, b"abc", at=0)
    assert refused.value.details["size"] == 3
    storing.append(mailbox, stored, b"defghi", at=3)
    file = storing.finish(mailbox, stored.pk)
    assert storing.finish(mailbox, stored.pk) == file
    assert storing.octets_of(mailbox, storing.find(mailbox, file.pk)) == b"abcdefghi"
    assert storing.name_of(mailbox, file) == "film.mp4"
    with pytest.raises(NotFound):
        storing.unfinished(mailbox, stored.pk)


def test_what_nobody_finished_is_forgotten_after_a_day(mailbox: OpenMailbox):
    stored = storing.begin(mailbox, "film.mp4", 9)
    storing.append(mailbox, stored, b"abc", at=0)
    sealed.expire(timezone.now() + timedelta(hours=23))
    assert JobFile.objects.exists()
    sealed.expire(timezone.now() + timedelta(hours=25))
    assert not JobFile.objects.exists()
    assert used(mailbox) == 0


def test_a_kept_file_is_not_swept_with_the_files_of_jobs(mailbox: OpenMailbox, keep: Keep):
    file = keep()
    sealed.expire(timezone.now() + timedelta(days=4000))
    assert storing.octets_of(mailbox, storing.find(mailbox, file.pk)) == b"the film"


def test_strangers_find_nothing(organization, mailbox: OpenMailbox, keep: Keep):
    file = keep()
    bob = factories.open_mailbox(factories.make_user(organization, "bob"))
    other = factories.open_mailbox(factories.make_user(factories.make_organization("other"), "carol"))
    for stranger in (bob, other):
        with pytest.raises(NotFound):
            storing.find(stranger, file.pk)
        with pytest.raises(NotFound):
            storing.finish(stranger, file.pk)
        assert not listing.page(stranger).rows


# --- The list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", listing.ORDERS)
def test_every_order_shows_every_file_once_a_page_by_key(mailbox: OpenMailbox, keep: Keep, order: str):
    files = [keep(b"x" * (1 + number % 3), f"{'zebra' if number % 2 else 'Apple'} {number}.txt") for number in range(7)]
    for number in (1, 4):
        links.create(mailbox, files[number], days=links.DAYS[number % 3])
        Link.objects.filter(pk=files[number].link.pk).update(download_count=number)
    seen, after = [], ""
    while True:
        page = listing.page(mailbox, order=order, after=after, limit=2)
        seen += page.rows
        after = page.next
        if not after:
            break
    assert len(seen) == 7
    assert len({row.id for row in seen}) == 7
    if order == listing.LARGEST:
        assert [row.file.size_bytes for row in seen] == sorted((1 + n % 3 for n in range(7)), reverse=True)
    if order == listing.NAME:
        assert [row.name for row in seen] == sorted((row.name for row in seen), key=str.casefold)
    if order == listing.DOWNLOADS:
        assert seen[0].id == files[4].pk
    if order == listing.EXPIRY:
        assert {row.id for row in seen[:2]} == {files[1].pk, files[4].pk}


def test_a_place_that_is_none_shows_the_first_page(mailbox: OpenMailbox, keep: Keep):
    keep()
    for place in ("x", "12.x", "9" * 30, f"99999999999999999.{uuid4()}", "-1.2"):
        for order in listing.ORDERS:
            assert listing.page(mailbox, order=order, after=place) is not None


# --- Links -----------------------------------------------------------------------------------------------------


def test_only_a_digest_of_the_token_is_stored(mailbox: OpenMailbox, keep: Keep):
    file = keep()
    links.create(mailbox, file, password="correct horse")
    text = token(mailbox, file)
    assert len(text) == 22
    row = Link.objects.values().get()
    assert text not in str(row)
    assert text.encode() not in bytes(row["token_digest"])
    assert identify_hasher(row["password"])
    assert "correct horse" not in str(row)
    assert links.open_link(text).name == "film.mp4"


def test_a_file_has_one_living_link(mailbox: OpenMailbox, keep: Keep):
    file = keep()
    assert links.create(mailbox, file) == links.create(mailbox, storing.find(mailbox, file.pk))


def test_unknown_tokens_and_ended_links_are_told_apart(mailbox: OpenMailbox, keep: Keep):
    file = keep()
    links.create(mailbox, file)
    old = token(mailbox, file)
    for wrong in ("", old[:-1], old + "A", "x" * 5000, "\0", "\ud800"):
        with pytest.raises(NotFound):
            links.open_link(wrong)
    links.revoke(mailbox, file)
    with pytest.raises(links.Gone):
        links.open_link(old)
    links.create(mailbox, storing.find(mailbox, file.pk))
    new = token(mailbox, storing.find(mailbox, file.pk))
    assert new != old
    assert links.open_link(new)
    Link.objects.update(expires_at=timezone.now())
    with pytest.raises(links.Gone):
        links.open_link(new)


def test_the_link_of_somebody_disabled_opens_nothing(mailbox: OpenMailbox, keep: Keep, alice, organization):
    file = keep()
    links.create(mailbox, file)
    text = token(mailbox, file)
    services.disable(factories.actor_for(factories.administrator_of(organization)), alice)
    with pytest.raises(links.Gone):
        links.open_link(text)


def test_a_wrong_password_closes_the_link_for_its_network_only(mailbox: OpenMailbox, keep: Keep):
    file = keep()
    links.create(mailbox, file, password="correct horse")
    opened = links.open_link(token(mailbox, file))
    for _ in range(4):
        with pytest.raises(links.WrongPassword):
            links.admit(opened, "wrong", "192.0.2.7")
    with pytest.raises(links.WrongPassword):
        links.admit(opened, "x" * 1000, "192.0.2.7")
    with pytest.raises(Blocked):
        links.admit(opened, "correct horse", "192.0.2.7")
    assert links.admit(opened, "correct horse", "198.51.100.1")
    assert Link.objects.get().download_count == 1


def test_a_pass_is_good_for_its_link_and_its_password_only(mailbox: OpenMailbox, keep: Keep):
    one, two = keep(), keep(b"another", "other.txt")
    links.create(mailbox, one, password="correct horse")
    links.create(mailbox, two)
    first, second = links.open_link(token(mailbox, one)), links.open_link(token(mailbox, two))
    passed = links.admit(first, "correct horse", None)
    assert links.is_admitted(first, passed)
    assert not links.is_admitted(second, passed)
    assert not links.is_admitted(first, passed + "x")
    links.change(mailbox, one, password="battery staple")
    assert not links.is_admitted(links.open_link(token(mailbox, one)), passed)


def test_the_sweep_deletes_what_was_sent_and_leaves_what_is_kept(mailbox: OpenMailbox, keep: Keep):
    sent, kept = keep(name="sent.bin", draft_id=uuid4()), keep(name="kept.bin")
    for file in (sent, kept):
        links.create(mailbox, file, days=1)
    texts = [token(mailbox, file) for file in (sent, kept)]
    assert expire() == 0
    File.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(seconds=1))
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert expire() == 1
    assert [row.name for row in listing.page(mailbox).rows] == ["kept.bin"]
    assert used(mailbox) == kept.size_bytes
    for text in texts:
        with pytest.raises(links.Gone):
            links.open_link(text)
    Link.objects.update(expires_at=timezone.now() - timedelta(days=400))
    expire()
    with pytest.raises(NotFound):
        links.open_link(texts[0])


def test_expiry_password_and_keeping_can_be_changed(mailbox: OpenMailbox, keep: Keep):
    file = keep(draft_id=uuid4())
    links.create(mailbox, file, days=1)
    links.change(mailbox, storing.find(mailbox, file.pk), days=90, password="correct horse")
    found = storing.find(mailbox, file.pk)
    assert found.link.expires_at > timezone.now() + timedelta(days=89)
    assert found.expires_at == found.link.expires_at
    links.change(mailbox, found, password="", keeps_file=True)
    found = storing.find(mailbox, file.pk)
    assert found.expires_at is None
    assert not found.link.password
    with pytest.raises(Invalid):
        links.change(mailbox, found, days=12)
    with pytest.raises(Invalid):
        links.change(mailbox, found, password="short")


# --- In a message ----------------------------------------------------------------------------------------------


def writing(**fields: object) -> Fields:
    return Fields(**({"to": "bob@example.test", "subject": "The film", "html": "<p>Here it is.</p>"} | fields))


def send(mailbox: OpenMailbox, draft_id, fields: Fields) -> bytes:
    sending.send(mailbox, draft_id, fields, Editor(uuid4()), hold=timedelta(0))
    sent = Message.objects.get(mailbox=mailbox.mailbox, folder__role="sent")
    return queries.raw(mailbox, sent)


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_message_carries_a_tidy_block(organization, mailbox: OpenMailbox, is_plain: bool):
    factories.make_user(organization, "bob")
    draft_id = uuid4()
    file = linking.receive(mailbox, draft_id, "a film & more.mp4", [b"x" * 3000], 3000)
    links.change(mailbox, storing.find(mailbox, file.pk), password="correct horse")
    fields = writing(is_plain=True, text="Here it is.", html="") if is_plain else writing()
    raw = send(mailbox, draft_id, fields)
    url = links.url_of(mailbox, storing.find(mailbox, file.pk).link)
    parsed = parse.parse(raw)
    text = parsed.text
    assert text.index("Here it is.") < text.index("a film & more.mp4") < text.index(url)
    assert "2.9\xa0KB" in text
    assert "with a password" in text
    assert not parsed.attachments
    if not is_plain:
        assert "a film &amp; more.mp4" in parsed.html
        assert f'href="{url}"' in parsed.html
    assert links.open_link(url.rstrip("/").rpartition("/")[2])
    assert not uses.of_draft(mailbox, draft_id)


def test_the_time_counts_from_when_the_message_leaves(organization, mailbox: OpenMailbox):
    factories.make_user(organization, "bob")
    draft_id = uuid4()
    file = linking.receive(mailbox, draft_id, "film.mp4", [b"x"], 1)
    File.objects.update(expires_at=timezone.now() + timedelta(days=2))
    Link.objects.update(expires_at=timezone.now() + timedelta(days=2))
    send(mailbox, draft_id, writing())
    found = storing.find(mailbox, file.pk)
    assert found.link.expires_at > timezone.now() + timedelta(days=29)
    assert found.expires_at == found.link.expires_at


def test_a_link_that_ran_out_stops_the_message(organization, mailbox: OpenMailbox):
    factories.make_user(organization, "bob")
    draft_id = uuid4()
    file = linking.receive(mailbox, draft_id, "film.mp4", [b"x"], 1)
    links.revoke(mailbox, storing.find(mailbox, file.pk))
    with pytest.raises(Invalid, match=r"film\.mp4"):
        send(mailbox, draft_id, writing())


def test_taking_a_link_out_deletes_only_what_came_with_the_draft(mailbox: OpenMailbox, keep: Keep):
    kept, draft_id = keep(), uuid4()
    linking.link(mailbox, draft_id, kept)
    uploaded = linking.receive(mailbox, draft_id, "film.mp4", [b"x"], 1)
    linking.unlink(mailbox, draft_id, kept.pk)
    linking.unlink(mailbox, draft_id, uploaded.pk)
    linking.unlink(mailbox, draft_id, uploaded.pk)
    assert [row.id for row in listing.page(mailbox).rows] == [kept.pk]


def test_an_attachment_becomes_a_link_and_a_file_an_attachment(mailbox: OpenMailbox, keep: Keep):
    from mailapp.composing import uploads

    draft_id = uuid4()
    attached = uploads.attach(mailbox, draft_id, "report.pdf", b"%PDF-1.4")
    file = linking.turn_into_link(mailbox, draft_id, attached.id)
    assert not uploads.files_of(mailbox, draft_id)
    assert storing.octets_of(mailbox, storing.find(mailbox, file.pk)) == b"%PDF-1.4"
    linking.attach(mailbox, draft_id, keep())
    assert [each.file_name for each in uploads.files_of(mailbox, draft_id)] == ["film.mp4"]


def test_nobody_links_into_the_draft_of_somebody_else(organization, mailbox: OpenMailbox, keep: Keep):
    bob = factories.open_mailbox(factories.make_user(organization, "bob"))
    draft_id = drafts.begin(bob, Fields(), drafts.Origin()).pk
    with pytest.raises(NotFound):
        linking.receive(mailbox, draft_id, "film.mp4", [b"x"], 1)
    assert not File.objects.exists()
    with pytest.raises(NotFound):
        linking.link(mailbox, draft_id, keep())
    assert not uses.of_draft(bob, draft_id)
