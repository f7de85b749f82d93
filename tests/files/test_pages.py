"""The page Files, the composer's links, and what whoever has the address sees: by forms, by scripts, by strangers."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.composing import uploads
from mailapp.composing.models import Draft
from mailapp.files import links, listing, storing, uses
from mailapp.files.models import File, Link
from tests import factories

pytestmark = pytest.mark.django_db
Keep = Callable[..., File]
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def linked(mailbox: OpenMailbox, keep: Keep) -> Callable[..., str]:
    """Link a file; returns the path of its public page."""

    def do(octets: bytes = b"the film", name: str = "film.mp4", **named: Any) -> str:
        file = keep(octets, name)
        return reverse("mail:link", args=[links.token_of(mailbox, links.create(mailbox, file, **named))])

    return do


async def collected(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


# --- The owner -------------------------------------------------------------------------------------------------


def test_files_are_uploaded_listed_linked_withdrawn_and_deleted_by_forms(browser: Client, mailbox: OpenMailbox):
    assert "No file is here yet" in browser.get(reverse("mail:files")).content.decode()
    page = browser.post(reverse("mail:file_new"), {"file": SimpleUploadedFile("film.mp4", b"the film")}, follow=True)
    assert "“film.mp4” is kept." in page.content.decode()
    file = File.objects.get()
    page = browser.post(
        reverse("mail:file_link", args=[file.pk]), {"days": "7", "password": "correct horse"}, follow=True
    )
    html = page.content.decode()
    assert links.url_of(mailbox, Link.objects.get()) in html
    assert "It asks for a password." in html
    listed = browser.get(reverse("mail:files"), {"order": "name"}).content.decode()
    assert "film.mp4" in listed
    assert "Withdraw link" in listed
    browser.post(reverse("mail:file_link", args=[file.pk]), {"days": "", "removes_password": "on", "keeps_file": "on"})
    assert not Link.objects.get().password
    browser.post(reverse("mail:file_revoke", args=[file.pk]))
    assert Link.objects.get().revoked_at
    page = browser.post(reverse("mail:file_delete", args=[file.pk]), follow=True)
    assert "“film.mp4” is deleted." in page.content.decode()
    assert not File.objects.exists()


def test_a_form_that_cannot_be_used_says_why(browser: Client, keep: Keep):
    assert browser.post(reverse("mail:file_new")).status_code == 400
    file = keep()
    response = browser.post(reverse("mail:file_link", args=[file.pk]), {"days": "7", "password": "short"})
    assert response.status_code == 422
    assert "A password needs between 6 and 200 characters." in response.content.decode()
    assert browser.post(reverse("mail:file_link", args=[file.pk]), {"days": "8"}).status_code == 422


def test_a_script_uploads_in_pieces(browser: Client, mailbox: OpenMailbox):
    begun = browser.post(reverse("mail:file_upload"), {"name": "film.mp4", "size": "6"}, **JSON).json()
    url = begun["url"]
    assert browser.post(f"{url}?at=0", b"abc", content_type="application/octet-stream").json() == {"size": 3}
    again = browser.post(f"{url}?at=0", b"abc", content_type="application/octet-stream")
    assert (again.status_code, again.json()) == (409, {"size": 3})
    for wrong in ("", "x", "9" * 40, "-1"):
        assert browser.post(f"{url}?at={wrong}", b"x", content_type="application/octet-stream").status_code == 400
    browser.post(f"{url}?at=3", b"def", content_type="application/octet-stream")
    assert browser.post(begun["finish"], **JSON).json()["url"] == reverse("mail:files")
    assert storing.octets_of(mailbox, storing.find(mailbox, File.objects.get().pk)) == b"abcdef"


def test_strangers_reach_none_of_it(organization, browser: Client, mailbox: OpenMailbox, keep: Keep):
    file = keep()
    links.create(mailbox, file)
    bob = factories.make_user(organization, "bob")
    other = factories.make_user(factories.make_organization("other"), "carol")
    for user in (bob, other):
        stranger = Client()
        stranger.force_login(user)
        for name in ("file", "file_download"):
            assert stranger.get(reverse(f"mail:{name}", args=[file.pk])).status_code == 404
        for name in ("file_link", "file_revoke", "file_delete", "file_write", "file_piece", "file_finish"):
            assert stranger.post(reverse(f"mail:{name}", args=[file.pk])).status_code == 404
        assert "film.mp4" not in stranger.get(reverse("mail:files")).content.decode()
    nobody = Client()
    assert nobody.get(reverse("mail:files")).status_code == 302
    assert File.objects.get().link.revoked_at is None


def test_a_received_attachment_is_saved(browser: Client, alice, mailbox: OpenMailbox, organization):
    raw = factories.make_message_bytes(attachments=[("plan.pdf", "application/pdf", b"%PDF-1.4 plan")])
    message = factories.store_message(alice, raw)
    page = browser.get(reverse("mail:message", args=[message.folder_id, message.key])).content.decode()
    found = re.search(r'action="(/mail/m/[^"]+/keep/[^"]+)"', page)
    assert found
    answer = browser.post(found[1], **JSON)
    assert answer.json()["sentence"] == "“plan.pdf” is saved in Files."
    assert [row.name for row in listing.page(mailbox).rows] == ["plan.pdf"]
    assert browser.post(found[1].replace("/keep/2", "/keep/99")).status_code == 404
    stranger = Client()
    stranger.force_login(factories.make_user(organization, "bob"))
    assert stranger.post(found[1]).status_code == 404


@pytest.mark.parametrize("how", ["link", "attachment"])
def test_a_message_is_written_with_a_file(browser: Client, mailbox: OpenMailbox, keep: Keep, how: str):
    file = keep()
    page = browser.post(reverse("mail:file_write", args=[file.pk]), {"as": how}, follow=True)
    assert "film.mp4" in page.content.decode()
    draft = Draft.objects.get()
    assert bool(uses.of_draft(mailbox, draft.pk)) == (how == "link")
    assert bool(uploads.files_of(mailbox, draft.pk)) == (how == "attachment")


# --- The composer ----------------------------------------------------------------------------------------------


def test_large_attachments_become_links_by_themselves(browser: Client, organization, mailbox: OpenMailbox):
    organization.link_attachments_over_bytes = 1000
    organization.save()
    draft_id = uuid4()
    url = reverse("mail:compose_upload", args=[draft_id])
    small = browser.post(url, {"file": SimpleUploadedFile("small.txt", b"x" * 1000)}, **JSON).json()
    large = browser.post(url, {"file": SimpleUploadedFile("large.txt", b"x" * 1001)}, **JSON).json()
    assert small["size"] == 1000
    assert large["size"] == 0
    assert "large.txt" in large["html"]
    assert [each.name for each in uses.of_draft(mailbox, draft_id)] == ["large.txt"]
    answer = browser.post(small["link_url"], **JSON).json()
    assert answer["sentence"] == "“small.txt” is sent as a link."
    assert not uploads.files_of(mailbox, draft_id)
    page = browser.get(reverse("mail:compose_edit", args=[draft_id])).content.decode()
    assert "large.txt" in page
    assert "small.txt" in page


def test_a_plain_form_links_and_removes(browser: Client, organization, mailbox: OpenMailbox):
    organization.link_attachments_over_bytes = 1000
    organization.save()
    draft_id = uuid4()
    url = reverse("mail:compose_save", args=[draft_id])
    form = {"from_address": "alice@example.test", "text": "Look", "mode": "unscripted", "editor": str(uuid4())}
    files = [SimpleUploadedFile("small.txt", b"x"), SimpleUploadedFile("large.txt", b"x" * 2000)]
    assert browser.post(url, form | {"files": files}).status_code == 302
    attached = uploads.files_of(mailbox, draft_id)
    assert [each.file_name for each in attached] == ["small.txt"]
    revision = str(Draft.objects.get().revision)
    browser.post(url, form | {"as_link": str(attached[0].id), "revision": revision})
    carried = uses.of_draft(mailbox, draft_id)
    assert {each.name for each in carried} == {"small.txt", "large.txt"}
    revision = str(Draft.objects.get().revision)
    browser.post(url, form | {"remove": str(carried[0].id), "revision": revision})
    assert len(uses.of_draft(mailbox, draft_id)) == 1


def test_a_script_links_a_file_of_any_size(browser: Client, mailbox: OpenMailbox):
    draft_id = uuid4()
    begun = browser.post(reverse("mail:compose_link", args=[draft_id]), {"name": "film.mp4", "size": "3"}).json()
    browser.post(f"{begun['url']}?at=0", b"abc", content_type="application/octet-stream")
    answer = browser.post(begun["finish"], **JSON)
    assert answer.status_code == 201
    again = browser.post(begun["finish"], **JSON)
    assert again.status_code == 201
    assert len(uses.of_draft(mailbox, draft_id)) == 1
    assert browser.post(reverse("mail:compose_link_finish", args=[uuid4(), File.objects.get().pk])).status_code == 404
    browser.post(reverse("mail:compose_link_remove", args=[draft_id, File.objects.get().pk]), **JSON)
    assert not File.objects.exists()


# --- Whoever has the address -----------------------------------------------------------------------------------


def test_the_page_shows_the_file_and_counts_nothing(linked: Callable[..., str]):
    path, anybody = linked(b"x" * 3000, "film & 1.mp4"), Client()
    response = anybody.get(path)
    html = response.content.decode()
    assert "film &amp; 1.mp4" in html
    assert "Alice Martin" in html
    assert "alice@example.test" in html
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert anybody.head(path).status_code == 200
    assert anybody.get(f"{path}file/").status_code == 302
    assert anybody.head(f"{path}download/").status_code == 405
    assert anybody.get(f"{path}download/").status_code == 405
    assert Link.objects.get().download_count == 0


async def test_a_download_is_counted_once_and_goes_on_after_a_break(transactional_db: None) -> None:
    from asgiref.sync import sync_to_async

    def prepared() -> str:
        user = factories.make_user(factories.make_organization("example", domain="example.test"), "alice")
        mailbox = factories.open_mailbox(user)
        file = storing.receive(mailbox, "film.html", [b"0123456789"], 10)
        link = links.create(mailbox, storing.find(mailbox, file.pk))
        return reverse("mail:link", args=[links.token_of(mailbox, link)])

    path = await sync_to_async(prepared)()
    anybody = AsyncClient()
    where = (await anybody.post(f"{path}download/"))["Location"]
    response = await anybody.get(where)
    assert await collected(response) == b"0123456789"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="film.html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    part = await anybody.get(where, headers={"Range": "bytes=4-"})
    assert part.status_code == 206
    assert await collected(part) == b"456789"
    head = await anybody.head(where)
    assert head["Content-Length"] == "10"
    assert (await anybody.get(where, headers={"Range": "bytes=10-"})).status_code == 416
    assert (await sync_to_async(Link.objects.get)()).download_count == 1
    # A pass outlives neither the link nor its end.
    await sync_to_async(Link.objects.update)(revoked_at=timezone.now())
    assert (await anybody.get(where)).status_code == 410


def test_a_password_is_asked_for_and_guessing_is_stopped(linked: Callable[..., str]):
    path, anybody = linked(password="correct horse"), Client()
    assert 'type="password"' in anybody.get(path).content.decode()
    assert anybody.post(f"{path}download/").status_code == 422
    statuses = [anybody.post(f"{path}download/", {"password": f"guess {n}"}).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    blocked = anybody.post(f"{path}download/", {"password": "correct horse"})
    assert blocked.status_code == 429
    assert int(blocked["Retry-After"]) > 0
    from_elsewhere = anybody.post(f"{path}download/", {"password": "correct horse"}, REMOTE_ADDR="198.51.100.9")
    assert from_elsewhere.status_code == 302
    assert Link.objects.get().download_count == 1


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "The link has run out"), ("fr", ""), ("ru", "")], ids=["en", "fr", "ru"]
)
def test_a_link_that_is_over_says_so_in_the_readers_language(linked: Callable[..., str], language: str, sentence: str):
    path, anybody = linked(), Client()
    Link.objects.update(expires_at=timezone.now())
    response = anybody.get(path, headers={"Accept-Language": language})
    assert response.status_code == 410
    assert response["Content-Language"] == language
    assert sentence in response.content.decode()
    assert anybody.post(f"{path}download/").status_code == 410
    assert anybody.get(path.replace("/f/", "/f/x")).status_code == 404


def test_the_administrator_sets_from_which_size_attachments_become_links(organization):
    admin = Client()
    admin.force_login(factories.administrator_of(organization))
    form = {"name": "Example", "language": "en", "time_zone": "UTC"}
    admin.post(reverse("admin:organization"), form | {"link_attachments_over": "5"})
    organization.refresh_from_db()
    assert organization.link_attachments_over_bytes == 5 * 1024 * 1024
    refused = admin.post(reverse("admin:organization"), form | {"link_attachments_over": "500"})
    assert refused.status_code == 422
