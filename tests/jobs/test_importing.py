"""Importing as long work: a file uploaded, an account at a real IMAP server; never twice, wherever it stops."""

import io
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.jobs import files, operations, progress, running
from mailapp.jobs.models import Job, JobFile
from mailapp.store import folders, summaries
from mailapp.store.importing import imap_account, jobs, operation, uploaded
from mailapp.store.importing.imap_account import Account, ImapAccount
from mailapp.store.importing.uploaded import UploadedFile
from mailapp.store.models import Message
from tests.factories import make_message_bytes
from tests.services.environment import PASSWORD
from tests.services.imap import USER, ImapServer
from workmail.errors import Invalid

pytestmark = pytest.mark.django_db


def raw(subject: str) -> bytes:
    return make_message_bytes(subject=subject, message_id=f"<{subject.replace(' ', '-')}@x>")


def an_mbox(*subjects: str) -> bytes:
    return b"\n".join(
        b"From a@example.org Mon Nov  2 09:30:00 2026\n" + raw(subject).replace(b"\r\n", b"\n") for subject in subjects
    )


def an_archive(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", ".").replace("MAC", "__MAC"), octets)
    return made.getvalue()


def upload(mailbox: OpenMailbox, octets: bytes, name: str = "mail.zip", piece: int = 1_000) -> JobFile:
    file = files.create(mailbox, name)
    for start in range(0, len(octets), piece):
        files.append(mailbox, file, octets[start : start + piece], at=start)
    files.complete(file)
    return file


def held(mailbox: OpenMailbox) -> dict[str, list[str]]:
    """Subjects by folder."""
    found: dict[str, list[str]] = {}
    for node in folders.flat(folders.tree(mailbox)):
        opened = access.folder_in(mailbox, node.id)
        subjects = [summaries.unseal(mailbox.keys, row).subject for row in opened.messages.order_by("uid")]
        if subjects:
            found[node.name] = subjects
    return found


def imported(mailbox: OpenMailbox, octets: bytes, folder: access.OpenFolder | None = None) -> operations.JobView:
    job_id = jobs.start_file(mailbox, upload(mailbox, octets), folder)
    running.work_on(job_id)
    return operations.find(mailbox, job_id)


def test_an_archive_brings_its_folders_with_it(mailbox: OpenMailbox):
    octets = an_archive(
        a_dot_eml=raw("first"),
        Projects__Old__b_dot_eml=raw("second"),
        Projects__box_dot_mbox=an_mbox("third", "fourth"),
        notes_dot_txt=b"no mail",
        MACOSX___dot__a_dot_eml=raw("rubbish"),
    )
    view = imported(mailbox, octets)
    assert view.notice == "4 messages imported."
    assert held(mailbox) == {"Inbox": ["first"], "Old": ["second"], "box": ["third", "fourth"]}
    assert view.job.done == view.job.total == 4
    assert not JobFile.objects.exists()  # the upload is gone


def test_into_a_chosen_folder_no_name_means_a_standard_folder(mailbox: OpenMailbox):
    chosen = folders.create(mailbox, "From home")
    view = imported(mailbox, an_archive(Sent__a_dot_eml=raw("one"), b_dot_eml=raw("two")), chosen)
    assert view.title == "Import mail.zip into From home"
    assert held(mailbox) == {"From home": ["two"], "Sent": ["one"]}
    assert Message.objects.get(folder__parent=chosen.folder)


@pytest.mark.parametrize("octets", [an_mbox("one", "two"), an_archive(a_dot_mbox=an_mbox("one", "two"))])
def test_a_second_import_brings_nothing(mailbox: OpenMailbox, octets: bytes):
    assert imported(mailbox, octets).notice == "2 messages imported."
    assert imported(mailbox, octets).notice == "0 messages imported. 2 were there already."


@pytest.mark.parametrize(
    "octets",
    [
        an_mbox(*(f"m {n}" for n in range(25))),
        an_archive(**{f"f{n % 3}__m{n}_dot_eml": raw(f"m {n}") for n in range(25)}),
        an_archive(
            a_dot_mbox=an_mbox(*(f"a {n}" for n in range(12))), b_dot_mbox=an_mbox(*(f"b {n}" for n in range(13)))
        ),
    ],
    ids=["mbox", "messages in an archive", "mboxes in an archive"],
)
def test_stopped_anywhere_it_goes_on_and_brings_each_once(mailbox: OpenMailbox, octets: bytes, monkeypatch: Any):
    monkeypatch.setattr(operation, "_BATCH_MESSAGES", 4)
    monkeypatch.setattr(running, "Progress", lambda *a: progress.Progress(*a, slice_seconds=0))
    job_id = jobs.start_file(mailbox, upload(mailbox, octets), None)
    turns = 0
    while running.work_on(job_id):
        turns += 1
        job = Job.objects.get(pk=job_id)
        assert job.done == Message.objects.count() == min(turns * 4, 25)  # nothing is read twice
    view = operations.find(mailbox, job_id)
    assert (view.state, view.job.done, view.notice) == ("done", 25, "25 messages imported.")
    assert Message.objects.count() == 25


def test_killed_after_storing_and_before_telling_it_brings_nothing_twice(mailbox: OpenMailbox, monkeypatch: Any):
    monkeypatch.setattr(operation, "_BATCH_MESSAGES", 4)
    job_id = jobs.start_file(mailbox, upload(mailbox, an_mbox(*(f"m {n}" for n in range(10)))), None)
    advance, calls = progress.Progress.advance, []

    def die(self: progress.Progress, *arguments: Any, **named: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the machine is gone")
        advance(self, *arguments, **named)

    monkeypatch.setattr(progress.Progress, "advance", die)
    running.work_on(job_id)
    assert Message.objects.count() == 8
    Job.objects.update(next_attempt_at=datetime.now(UTC))
    running.work_on(job_id)
    assert operations.find(mailbox, job_id).state == "done"
    assert Message.objects.count() == 10


@pytest.mark.parametrize(
    "octets,reason",
    [
        (b"\x89PNG\r\n\x1a\n and so on", "This is no mail"),
        (b"PK\x03\x04" + b"x" * 100, "The archive is damaged"),
        (an_archive(a_dot_eml=raw("x"))[:-40] + b"x" * 40, "The archive is damaged"),
        (b"", "This is no mail"),
    ],
)
def test_what_is_no_mail_is_refused_in_words(mailbox: OpenMailbox, octets: bytes, reason: str):
    view = imported(mailbox, octets)
    assert view.state == "failed"
    assert reason in view.notice
    assert not JobFile.objects.exists()


def opened(octets: bytes) -> UploadedFile:
    return UploadedFile(io.BytesIO(octets), "x.zip", len(octets))


def test_an_archive_that_unfolds_without_end_is_left(monkeypatch: Any):
    monkeypatch.setattr(uploaded, "_UNFOLDED_AT_LEAST", 100_000)
    octets = an_archive(a_dot_mbox=an_mbox("x") + b"0" * 50_000_000)
    with pytest.raises(Invalid, match="unfolds"):
        list(opened(octets).messages(longest=1_000))


def test_an_archive_with_a_directory_without_end_is_not_opened():
    octets = bytearray(an_archive(a_dot_eml=raw("x")))
    at = octets.rfind(b"PK\x05\x06")
    struct.pack_into("<L", octets, at + 12, 200_000_000)
    with pytest.raises(Invalid, match="too many"):
        list(opened(bytes(octets)).messages(longest=1_000))


def test_no_name_leads_out_of_an_archive():
    octets = an_archive(**{"..__..__etc__a_dot_eml": raw("x"), "C:__b_dot_eml": raw("y")})
    assert [found.folder for found in opened(octets).messages(longest=10_000)] == [("etc",), ("C:",)]


def test_an_upload_is_imported_once(mailbox: OpenMailbox):
    file = upload(mailbox, an_mbox("one"))
    jobs.start_file(mailbox, file, None)
    with pytest.raises(Invalid):
        jobs.start_file(mailbox, file, None)


# --- An account elsewhere ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        when = '"02-Nov-2020 09:30:00 +0100"'
        running.put("INBOX", raw("inbox read"), r"(\Seen \Answered)", when)
        running.put("INBOX", raw("inbox flagged"), r"(\Flagged Invoice $Forwarded)", when)
        running.put("Envoyes", raw("sent"), r"(\Seen)", when)
        running.put("Spam", raw("spam"), "()", when)
        running.put('"Pl&AOQ-ne/Alt"', raw("old plan"), r"(\Seen)", when)
        running.put("Many", raw("m 0"), "()", when)
        for number in range(1, 20):
            running.put("Many", raw(f"m {number}"), "()", when)
        yield running


@pytest.fixture
def reachable(server: ImapServer, settings: Any, monkeypatch: Any) -> ImapServer:
    """Its address is allowed, its certificate is known."""
    settings.IMPORT_ALLOW_PRIVATE = True
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    return server


def account(server: ImapServer, **changes: Any) -> Account:
    values = {"host": "localhost", "user": USER, "password": PASSWORD, "port": server.tls_port, "security": "tls"}
    return Account(**(values | changes))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_account_comes_with_folders_flags_and_dates(mailbox: OpenMailbox, reachable: ImapServer, security: str):
    port = reachable.tls_port if security == "tls" else reachable.port
    job_id = jobs.start_account(mailbox, account(reachable, port=port, security=security), None)
    assert PASSWORD.encode() not in bytes(Job.objects.get().parameters)
    running.work_on(job_id)
    view = operations.find(mailbox, job_id)
    assert (view.state, view.notice) == ("done", "25 messages imported.")
    assert view.title == f"Import the mail of {USER} at localhost"
    found = held(mailbox)
    assert found["Inbox"] == ["inbox read", "inbox flagged"]
    assert (found["Sent"], found["Junk"], found["Alt"]) == (["sent"], ["spam"], ["old plan"])
    assert len(found["Many"]) == 20
    read, flagged = Message.objects.filter(folder__role="inbox").order_by("uid")
    assert (read.is_seen, read.is_answered, read.is_flagged) == (True, True, False)
    assert (flagged.is_seen, flagged.is_flagged, flagged.is_forwarded, flagged.keywords) == (
        False,
        True,
        True,
        ["Invoice"],
    )
    assert read.internal_date == datetime(2020, 11, 2, 8, 30, tzinfo=UTC)
    assert bytes(Job.objects.get().parameters) == b""  # the password is forgotten
    again = jobs.start_account(mailbox, account(reachable), None)
    running.work_on(again)
    assert operations.find(mailbox, again).notice == "0 messages imported. 25 were there already."


def test_an_account_goes_on_where_it_was_stopped(mailbox: OpenMailbox, reachable: ImapServer, monkeypatch: Any):
    monkeypatch.setattr(operation, "_BATCH_MESSAGES", 4)
    monkeypatch.setattr(imap_account, "_WINDOW", 7)
    monkeypatch.setattr(running, "Progress", lambda *a: progress.Progress(*a, slice_seconds=0))
    job_id = jobs.start_account(mailbox, account(reachable), None)
    turns = 0
    while running.work_on(job_id):
        turns += 1
        assert Message.objects.count() == Job.objects.get(pk=job_id).done == min(turns * 4, 25)
    assert operations.find(mailbox, job_id).notice == "25 messages imported."


def test_nothing_is_changed_there(mailbox: OpenMailbox, reachable: ImapServer):
    job_id = jobs.start_account(mailbox, account(reachable), None)
    running.work_on(job_id)
    with reachable.client() as client:
        client.select("Spam", readonly=True)
        assert b"Seen" not in b"".join(client.fetch("1", "(FLAGS)")[1])


@pytest.mark.parametrize(
    "changes,field",
    [
        ({"password": "wrong"}, "password"),
        ({"port": 9}, "host"),
        ({"security": "starttls"}, "host"),  # to the port that speaks TLS from the first octet
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"user": "x\r\ny"}, "user"),
        ({"port": 0}, "port"),
        ({"security": "none"}, "security"),
    ],
)
def test_what_is_wrong_is_told_before_anything_begins(
    mailbox: OpenMailbox, reachable: ImapServer, changes: dict[str, Any], field: str, monkeypatch: Any
):
    monkeypatch.setattr(imap_account, "SECONDS_TO_CONNECT", 4)
    with pytest.raises(Invalid) as refused:
        jobs.start_account(mailbox, account(reachable, **changes), None)
    assert refused.value.details["field"] == field
    assert not Job.objects.exists()


def test_a_certificate_that_nobody_vouches_for_is_refused(server: ImapServer, settings: Any):
    settings.IMPORT_ALLOW_PRIVATE = True
    with pytest.raises(Invalid, match="certificate"):
        ImapAccount(account(server))


def test_private_addresses_are_refused(server: ImapServer):
    for host in ("localhost", "127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"):
        with pytest.raises(Invalid, match="private"):
            ImapAccount(imap_account.checked(account(server, host=host)))


@pytest.mark.parametrize(
    "line,path",
    [
        (b'(\\HasNoChildren) "/" INBOX', ("INBOX",)),
        (b'(\\HasNoChildren) "." "INBOX.Work.2019"', ("Work", "2019")),
        (b'(\\HasNoChildren \\Sent) "/" "[Gmail]/Sent Mail"', ("Sent",)),
        (b'() "/" "a \\"b\\""', ('a "b"',)),
        ((b'() "/" {3}', b"x/y"), ("x", "y")),
        (b"() NIL Flat/Name", ("Flat/Name",)),
        (b'(\\Noselect) "/" "[Gmail]"', None),
        (b"rubbish", None),
    ],
)
def test_folders_are_understood_as_servers_write_them(line: Any, path: tuple[str, ...] | None):
    folder = imap_account._folder(line)
    assert (folder.path if folder else None) == path
