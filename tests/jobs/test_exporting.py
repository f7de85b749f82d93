"""Exporting: everything is in the file, whoever reads it, and wherever the work was stopped."""

import io
import mailbox as mailboxes
import random
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.jobs import files, operations, progress, running
from mailapp.jobs.models import Job, JobFile
from mailapp.store import appending, folders
from mailapp.store.exporting import jobs, mbox_writing, zip_writing
from mailapp.store.importing import jobs as importing
from mailapp.store.models import Message
from tests.factories import LONG_AGO, make_message_bytes

pytestmark = pytest.mark.django_db


def store(
    folder: access.OpenFolder, subject: str, *, text: str = "Hello.\n", trace: bytes = b"", **flags: Any
) -> bytes:
    raw = make_message_bytes(subject=subject, text=text)
    sealed = appending.seal(
        folder.keys, appending.prepare(raw), flags=appending.Flags(**flags), internal_date=LONG_AGO, trace=trace
    )
    appending.append(folder, [sealed])
    return trace + raw


@pytest.fixture
def held(mailbox: OpenMailbox) -> dict[str, bytes]:
    """Some mail, by subject."""
    inbox = access.folder_by_role(mailbox, "inbox")
    projects = folders.create(mailbox, "Projects")
    below = folders.create(mailbox, "2019?", projects)
    trace = b"Return-Path: <a@example.org>\r\nDelivered-To: alice@example.test\r\n"
    found = {"first": store(inbox, "first", is_seen=True, is_flagged=True, trace=trace)}
    found["from"] = store(inbox, "from", text="a\n\nFrom here\n>From there\n")
    for number in range(12):
        found[f"p {number}"] = store(projects, f"p {number}")
    found["../../etc/passwd"] = store(below, "../../etc/passwd")
    return found


def exported(mailbox: OpenMailbox, form: str, folder: access.OpenFolder | None = None) -> tuple[JobFile, bytes]:
    job_id = jobs.start(mailbox, folder, form)
    while running.work_on(job_id):
        pass
    view = operations.find(mailbox, job_id)
    assert view.state == "done", view.notice
    file = files.find(mailbox, UUID(view.result["file"]))
    octets = b"".join(files.pieces(mailbox, file))
    assert len(octets) == file.size_bytes
    assert JobFile.objects.count() == 1  # nothing else is left
    return file, octets


def read_archive(octets: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def read_mbox(octets: bytes, tmp_path: Path) -> list[mailboxes.mboxMessage]:
    path = tmp_path / "read.mbox"
    path.write_bytes(octets)
    return list(mailboxes.mbox(path))


@pytest.fixture(params=[False, True], ids=["at once", "stopped after each message"])
def _stopped(request: Any, monkeypatch: Any) -> None:
    if request.param:
        monkeypatch.setattr(files, "PIECE_BYTES", 1)
        monkeypatch.setattr(running, "Progress", lambda *a: progress.Progress(*a, slice_seconds=0))


@pytest.mark.usefixtures("_stopped")
def test_everything_as_an_archive_of_messages(mailbox: OpenMailbox, held: dict[str, bytes]):
    file, octets = exported(mailbox, jobs.MESSAGES)
    entries = read_archive(octets)
    assert sorted(entries.values()) == sorted(held.values())
    assert {name.rpartition("/")[0] for name in entries} == {"Inbox", "Projects", "Projects/2019_"}
    assert "Projects/2019_/2026-11-02 1 _-..-etc-passwd.eml" in entries
    assert files.name_of(mailbox, file).endswith(".zip")


@pytest.mark.usefixtures("_stopped")
def test_everything_as_an_archive_of_mboxes(mailbox: OpenMailbox, held: dict[str, bytes], tmp_path: Path):
    entries = read_archive(exported(mailbox, jobs.MBOX)[1])
    assert entries["Sent.mbox"] == b""
    assert len(read_mbox(entries["Projects.mbox"], tmp_path)) == 12
    first, second = read_mbox(entries["Inbox.mbox"], tmp_path)
    assert (first["Subject"], first.get_flags(), second.get_flags()) == ("first", "ROF", "O")
    assert b">From here\n>>From there\n" in entries["Inbox.mbox"]


@pytest.mark.usefixtures("_stopped")
def test_one_folder_as_one_mbox(mailbox: OpenMailbox, held: dict[str, bytes], tmp_path: Path):
    file, octets = exported(mailbox, jobs.MBOX, access.folder_by_role(mailbox, "inbox"))
    assert files.name_of(mailbox, file).endswith(".mbox")
    assert [message["Subject"] for message in read_mbox(octets, tmp_path)] == ["first", "from"]


@pytest.mark.parametrize("form", [jobs.MBOX, jobs.MESSAGES])
def test_what_was_exported_is_recognized_when_it_comes_back(mailbox: OpenMailbox, held: dict[str, bytes], form: str):
    _file, octets = exported(mailbox, form)
    back = files.create(mailbox, "back.zip")
    files.append(mailbox, back, octets)
    files.complete(back)
    job_id = importing.start_file(mailbox, back, None)
    running.work_on(job_id)
    assert operations.find(mailbox, job_id).notice == f"0 messages imported. {len(held)} were there already."
    assert Message.objects.count() == len(held)


def test_a_cancelled_export_leaves_no_file(mailbox: OpenMailbox, held: dict[str, bytes], monkeypatch: Any):
    monkeypatch.setattr(files, "PIECE_BYTES", 1)
    monkeypatch.setattr(running, "Progress", lambda *a: progress.Progress(*a, slice_seconds=0))
    job_id = jobs.start(mailbox, None, jobs.MESSAGES)
    for _ in range(5):
        running.work_on(job_id)
    assert JobFile.objects.count() == 2
    assert operations.cancel(mailbox, job_id)
    assert not JobFile.objects.exists()
    assert Job.objects.get().state == "cancelled"


def test_an_mbox_holds_what_python_reads_back():
    raw = b"Subject: x\r\n\r\nFrom a\r\n>From b\r\nno end"
    octets = mbox_writing.written(raw, LONG_AGO, appending.Flags())
    assert octets.startswith(
        b"From MAILER-DAEMON Mon Nov  2 09:30:00 2026\nStatus: O\nSubject: x\n\n>From a\n>>From b\n"
    )


def test_a_large_archive_is_zip64(monkeypatch: Any):
    """As if 4 GiB were 4,000 octets, and 65,535 entries were three."""
    monkeypatch.setattr(zip_writing, "_MAX32", 4_000)
    writer = zip_writing.ZipWriter()

    noise = random.Random(1).randbytes(3_000)
    for number in range(4):
        writer.add(f"{number}", noise, LONG_AGO)
    octets = bytes(writer.data + writer.directory) + writer.closing()
    assert b"PK\6\6" in octets
    assert octets.count(b"\1\0\10\0") >= 2  # the offsets of those behind 4 GiB
