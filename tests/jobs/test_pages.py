"""The pages of storage, import and export: by plain forms, by a script, and by nobody else."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from mailapp.access import OpenMailbox
from mailapp.jobs import files, operations, running
from mailapp.jobs.models import Job, JobFile
from mailapp.store import usage
from mailapp.store.exporting import jobs as exporting
from mailapp.store.importing import jobs as importing
from mailapp.store.models import Mailbox, Message
from mailapp.web.storage import urls
from tests import factories
from tests.jobs.test_importing import an_archive, an_mbox, raw
from tests.services.environment import PASSWORD
from workmail.directory.models import User

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}
SECRET = "the merger with Brightwater"


@pytest.fixture
def alice(mailbox: OpenMailbox) -> Client:
    client = Client()
    client.force_login(mailbox.actor.user)
    return client


@pytest.fixture
def work() -> Callable[[], None]:
    """Do what is waiting, as a worker does."""

    def do() -> None:
        while found := running.waiting(10):
            for job_id in found:
                running.work_on(job_id)

    return do


def a_file(octets: bytes, name: str = "mail.zip") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, octets)


def test_a_file_is_imported_by_a_plain_form(alice: Client, mailbox: OpenMailbox, work: Callable[[], None]):
    response = alice.post(
        reverse("mail:import_file"),
        {"file-file": a_file(an_archive(a_dot_eml=raw("one")), "old mail.zip")},
        follow=True,
    )
    page = response.content.decode()
    assert "The import has begun." in page
    assert "Import old mail.zip" in page
    assert "Waiting to begin" in page
    work()
    assert "1 message imported." in alice.get(reverse("mail:transfer")).content.decode()


def test_a_file_comes_in_pieces_and_a_doubled_one_is_taken_once(
    alice: Client, mailbox: OpenMailbox, work: Callable[[], None]
):
    octets = an_mbox(*(f"m {n}" for n in range(20)))
    place = alice.post(reverse("mail:import_upload"), {"name": r"C:\x\old.mbox", "size": len(octets)}, **JSON).json()

    def send(at: int) -> Any:
        return alice.post(f"{place['url']}?at={at}", octets[at : at + 999], "application/octet-stream", **JSON)

    assert send(0).json() == {"size": 999}
    doubled = send(0)
    assert (doubled.status_code, doubled.json()) == (409, {"size": 999})
    at = 999
    while at < len(octets):
        at = send(at).json()["size"]
    answer = alice.post(place["finish"], {"file-folder": ""}, **JSON).json()
    assert answer["sentence"].startswith("The import has begun.")
    assert send(0).status_code == 404  # complete
    work()
    assert Message.objects.count() == 20
    assert operations.listed(mailbox)[0].title == "Import old.mbox"


def test_what_cannot_be_imported_is_told_at_the_form(alice: Client, settings: Any):
    settings.IMPORT_MAX_BYTES = 100
    response = alice.post(reverse("mail:import_file"), {"file-file": a_file(b"x" * 101)})
    assert response.status_code == 422
    assert "The file is larger than" in response.content.decode()
    assert alice.post(reverse("mail:import_file"), {}).status_code == 422
    assert alice.post(reverse("mail:import_upload"), {"name": "a", "size": "101"}, **JSON).status_code == 400
    assert not JobFile.objects.exists()


def test_a_wrong_account_is_told_at_its_field_and_no_password_stays_in_the_page(alice: Client):
    data = {
        "account-host": "localhost",
        "account-port": "993",
        "account-security": "tls",
        "account-user": "carol",
        "account-password": PASSWORD,
    }
    response = alice.post(reverse("mail:import_account"), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "inside a private network" in page
    assert 'value="carol"' in page
    assert PASSWORD not in page


async def joined(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_an_export_is_made_and_downloaded_by_its_owner_alone(mailbox: OpenMailbox):
    from asgiref.sync import sync_to_async

    def prepare() -> Any:
        factories.store_message(mailbox.actor.user, raw("one"))
        job_id = exporting.start(mailbox, None, exporting.MESSAGES)
        return operations.find(mailbox, job_id), factories.make_user(mailbox.mailbox.organization, "bob")

    view, bob = await sync_to_async(prepare)()
    address, words = view.link
    assert words == "Download"
    client, other = AsyncClient(), AsyncClient()
    await client.aforce_login(mailbox.actor.user)
    await other.aforce_login(bob)
    response = await client.get(address)
    octets = await joined(response)
    assert octets.startswith(b"PK")
    assert response["Content-Length"] == str(len(octets))
    assert response["Content-Disposition"].startswith('attachment; filename="mail-')
    part = await client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, await joined(part)) == (206, octets[10:20])
    rest = await client.get(address, headers={"Range": "bytes=5-"})
    assert await joined(rest) == octets[5:]
    assert (await client.get(address, headers={"Range": "bytes=99999999-"})).status_code == 416
    assert (await other.get(address)).status_code == 404


def test_a_script_hears_what_goes_on_and_hides_what_is_over(alice: Client, mailbox: OpenMailbox, work: Callable):
    assert alice.get(reverse("mail:jobs"), **JSON).json()["jobs"] == []
    alice.post(reverse("mail:export"), {"export-folder": "", "export-form": "mbox"})
    [job] = alice.get(reverse("mail:jobs"), **JSON).json()["jobs"]
    assert (job["title"], job["open"]) == ("Export the whole mailbox", True)
    work()
    answer = alice.get(reverse("mail:jobs") + "?list=1", **JSON).json()
    [job] = answer["jobs"]
    assert job["words"] == "The export is ready: 0 messages. It can be downloaded for seven days."
    assert job["link"] in answer["list"]
    alice.post(job["dismiss"], **JSON)
    assert alice.get(reverse("mail:jobs"), **JSON).json()["jobs"] == []


def test_cancelling_says_so(alice: Client, mailbox: OpenMailbox):
    alice.post(reverse("mail:export"), {"export-folder": "", "export-form": "mbox"})
    [job] = alice.get(reverse("mail:jobs"), **JSON).json()["jobs"]
    page = alice.post(job["cancel"], follow=True).content.decode()
    assert "Export the whole mailbox: cancelled. What was done stays done." in page
    assert Job.objects.get().state == "cancelled"


# --- Storage -----------------------------------------------------------------------------------------------------


def large(subject: str, size: int = 1_200_000) -> bytes:
    return factories.make_message_bytes(
        subject=subject, attachments=[("a.bin", "text/plain", b"x" * 60 * (size // 60))]
    )


def test_storage_shows_what_takes_room_and_deletes_it(alice: Client, mailbox: OpenMailbox):
    user = mailbox.actor.user
    factories.store_message(user, raw("A note"))
    factories.store_message(user, large("The film"))
    factories.store_message(user, large("The longer film", 2_400_000), role="junk")
    page = alice.get(reverse("mail:storage")).content.decode()
    assert page.index("The longer film") < page.index("The film")
    assert "A note" not in page
    film = Message.objects.get(folder__role="inbox", size_bytes__gt=1_000_000)
    response = alice.post(
        reverse("mail:act_anywhere"),
        {"action": "delete", "message": str(film.key), "next": reverse("mail:storage")},
        follow=True,
    )
    assert response.redirect_chain[0][0] == reverse("mail:storage")
    film.refresh_from_db()
    assert film.folder.role == "deleted"
    for role in ("deleted", "junk"):
        folder = factories.open_folder(user, role).folder
        alice.post(reverse("mail:folder_empty", args=[folder.pk]), {"next": reverse("mail:storage")})
    page = alice.get(reverse("mail:storage")).content.decode()
    assert "No message is larger than 1 MB." in page.replace("\xa0", " ").replace("&nbsp;", " ")


def test_the_largest_messages_come_a_page_at_a_time(mailbox: OpenMailbox):
    for size in (1_200_000, 1_300_000, 1_300_000, 1_500_000, 1_600_000):
        factories.store_message(mailbox.actor.user, large("x", size))
    sizes, after = [], None
    while True:
        page = usage.large_messages(mailbox, after=after, limit=2)
        sizes += [row.message.size_bytes for row in page.rows]
        after = usage.Place.parsed(str(page.next))
        if after is None:
            break
    assert len(sizes) == 5
    assert sizes == sorted(sizes, reverse=True)


def fill(mailbox: OpenMailbox, share: float) -> None:
    """Let the mailbox be that full."""
    row = Mailbox.objects.get(pk=mailbox.mailbox.pk)
    Mailbox.objects.filter(pk=row.pk).update(quota_bytes=max(1, int(row.used_bytes / share)))
    mailbox.mailbox.refresh_from_db()


def subjects(mailbox: OpenMailbox) -> list[str]:
    from mailapp.store import summaries

    rows = Message.objects.filter(mailbox=mailbox.mailbox, folder__role="inbox").order_by("uid")
    return [summaries.unseal(mailbox.keys, row).subject for row in rows]


def test_each_level_is_told_once_until_the_mailbox_falls_below_it(mailbox: OpenMailbox):
    factories.store_message(mailbox.actor.user, large("film", 8_000_000))
    assert usage.warn() == 0
    fill(mailbox, 0.85)
    assert (usage.warn(), usage.warn()) == (1, 0)
    fill(mailbox, 0.95)
    assert (usage.warn(), usage.warn()) == (1, 0)
    fill(mailbox, 1.0)
    assert (usage.warn(), usage.warn()) == (1, 0)
    assert subjects(mailbox)[1:] == ["Your mailbox is 80% full", "Your mailbox is 90% full", "Your mailbox is full"]
    fill(mailbox, 0.5)
    assert usage.warn() == 0
    fill(mailbox, 0.81)
    assert usage.warn() == 1
    kept = Message.objects.filter(mailbox=mailbox.mailbox).values_list("size_bytes", flat=True)
    mailbox.mailbox.refresh_from_db()
    assert mailbox.mailbox.used_bytes == sum(kept)


def test_the_warning_is_in_the_language_of_the_person(mailbox: OpenMailbox):
    from mailapp.store import queries

    User.objects.filter(pk=mailbox.actor.user.pk).update(preferences={"language": "fr"})
    factories.store_message(mailbox.actor.user, large("film"))
    fill(mailbox, 0.9)
    usage.warn()
    found = queries.raw(mailbox, Message.objects.get(size_bytes__lt=100_000))
    assert b"Content-Language: fr" in found
    assert b"Auto-Submitted: auto-generated" in found


def test_pages_warn_while_the_mailbox_is_nearly_full(alice: Client, mailbox: OpenMailbox):
    factories.store_message(mailbox.actor.user, large("film"))
    warning = "Your mailbox is more than 80% full."
    assert warning not in alice.get(reverse("mail:home"), follow=True).content.decode()
    fill(mailbox, 0.85)
    assert warning in alice.get(reverse("mail:home"), follow=True).content.decode()
    assert alice.get(reverse("mail:jobs"), **JSON).json()["warning"]["text"] == warning
    assert warning in alice.get(reverse("mail:storage")).content.decode()


# --- Nobody else ---------------------------------------------------------------------------------------------------

OWN = {"storage", "transfer", "import_file", "import_upload", "import_account", "export", "jobs"}


@pytest.fixture
def addresses(mailbox: OpenMailbox) -> dict[str, str]:
    factories.store_message(mailbox.actor.user, large(SECRET))
    upload = files.create(mailbox, SECRET)
    job_id = exporting.start(mailbox, None, exporting.MBOX)
    made = files.create(mailbox, SECRET, job_id=job_id, is_download=True)
    files.append(mailbox, made, SECRET.encode())
    files.complete(made)
    done = files.create(mailbox, SECRET)
    files.append(mailbox, done, an_mbox(SECRET))
    files.complete(done)
    importing.start_file(mailbox, done, None)
    values = {
        "import_piece": upload.pk,
        "import_finish": upload.pk,
        "job_file": made.pk,
        "job_cancel": job_id,
        "job_dismiss": job_id,
    }
    return {
        pattern.name: reverse(f"mail:{pattern.name}", args=[values[pattern.name]] if pattern.name in values else [])
        for pattern in urls.urlpatterns
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in(addresses: dict[str, str], method: str):
    for name, address in addresses.items():
        response = getattr(Client(), method)(address)
        assert response.status_code in (302, 405), name
        if response.status_code == 302:
            assert response["Location"].startswith("/sign-in/"), name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["colleague", "administrator", "foreign administrator"])
def test_nobody_else_finds_anything(mailbox: OpenMailbox, addresses: dict[str, str], who: str, method: str):
    organization = mailbox.mailbox.organization
    people = {
        "colleague": lambda: factories.make_user(organization, "bob"),
        "administrator": lambda: factories.administrator_of(organization),
        "foreign administrator": lambda: factories.administrator_of(factories.make_organization("other")),
    }
    client = Client()
    client.force_login(people[who]())
    before = set(Job.objects.values_list("pk", "state")), set(JobFile.objects.values_list("pk", "size_bytes"))
    inbox = factories.open_folder(mailbox.actor.user).folder
    for name, address in addresses.items():
        for options in ({}, JSON):
            data = {"file-folder": str(inbox.pk), "export-folder": str(inbox.pk), "export-form": "mbox"}
            response = getattr(client, method)(address, data, **options)
            allowed = (200, 302, 400, 405, 422) if name in OWN else (404, 405)
            assert response.status_code in allowed, (name, response.status_code)
            assert SECRET.encode() not in response.content, name
    assert (set(Job.objects.values_list("pk", "state")), set(JobFile.objects.values_list("pk", "size_bytes"))) == before


def test_following_a_link_changes_nothing(alice: Client, addresses: dict[str, str]):
    before = list(Job.objects.values_list("pk", "state")), list(JobFile.objects.values_list("pk", "size_bytes"))
    for name, address in addresses.items():
        if name != "job_file":
            assert alice.get(address).status_code in (200, 302, 405), name
    assert (
        list(Job.objects.values_list("pk", "state")),
        list(JobFile.objects.values_list("pk", "size_bytes")),
    ) == before


def test_a_form_from_another_site_begins_nothing(mailbox: OpenMailbox):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mailbox.actor.user)
    assert client.post(reverse("mail:export"), {"export-form": "mbox"}).status_code == 403
    url = reverse("mail:import_piece", args=[uuid.uuid4()])
    assert client.post(f"{url}?at=0", b"x", "application/octet-stream").status_code == 403
