"""Files of jobs: sealed, readable from anywhere, theirs alone, gone in time."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.jobs import files
from mailapp.jobs.models import JobFile
from tests.factories import make_user, open_mailbox
from workmail.errors import NotFound, Stale

pytestmark = pytest.mark.django_db


def blob_path(piece) -> Path:
    return Path(settings.STORAGES["blobs"]["OPTIONS"]["location"], piece.blob_name)


def test_what_is_written_in_pieces_is_read_as_one(mailbox: OpenMailbox):
    file = files.create(mailbox, "mail.zip")
    octets = bytes(range(256)) * 10
    for start in range(0, len(octets), 700):
        files.append(mailbox, file, octets[start : start + 700], at=start)
    assert b"".join(files.pieces(mailbox, file)) == octets
    assert b"".join(read() for read in files.readers(mailbox, file, 650, 1500)) == octets[650:1500]
    with files.open_file(mailbox, file) as opened:
        opened.seek(-300, io.SEEK_END)
        assert opened.read() == octets[-300:]
        opened.seek(695)
        assert opened.read(10) == octets[695:705]
    assert files.name_of(mailbox, file) == "mail.zip"


def test_an_archive_can_be_read_from_it(mailbox: OpenMailbox):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "hello")
    file = files.create(mailbox, "a.zip")
    for number, octet in enumerate(made.getvalue()[i : i + 50] for i in range(0, len(made.getvalue()), 50)):
        files.append(mailbox, file, octet, at=number * 50)
    with zipfile.ZipFile(files.open_file(mailbox, file)) as archive:
        assert archive.read("a.txt") == b"hello"


def test_nothing_of_it_lies_readable(mailbox: OpenMailbox):
    file = files.create(mailbox, "secret plan.zip")
    files.append(mailbox, file, b"the secret plan")
    assert b"secret" not in bytes(JobFile.objects.get().name)
    assert b"secret" not in blob_path(file.pieces.get()).read_bytes()


def test_a_writer_that_is_behind_is_told_where_the_file_ends(mailbox: OpenMailbox):
    file = files.create(mailbox, "a")
    files.append(mailbox, file, b"12345", at=0)
    with pytest.raises(Stale) as refused:
        files.append(mailbox, file, b"12345", at=0)
    assert refused.value.details == {"size": 5}


def test_what_was_written_after_the_last_step_is_taken_back(mailbox: OpenMailbox):
    file = files.create(mailbox, "a")
    for octets in (b"one", b"two", b"three"):
        files.append(mailbox, file, octets)
    gone = blob_path(file.pieces.get(number=2))
    files.truncate(file, 2)
    assert not gone.exists()
    files.append(mailbox, file, b"four", at=6)
    assert b"".join(files.pieces(mailbox, file)) == b"onetwofour"


def test_nobody_else_finds_it_and_nobody_after_its_time(mailbox: OpenMailbox):
    file = files.create(mailbox, "a", is_download=True)
    with pytest.raises(NotFound):
        files.find(open_mailbox(make_user(mailbox.mailbox.organization, "bob")), file.pk)
    assert files.find(mailbox, file.pk) == file
    JobFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        files.find(mailbox, file.pk)


def test_an_expired_file_leaves_nothing(mailbox: OpenMailbox):
    file = files.create(mailbox, "a")
    files.append(mailbox, file, b"one")
    path = blob_path(file.pieces.get())
    assert files.expire() == 0
    assert files.expire(timezone.now() + timedelta(days=2)) == 1
    assert not path.exists()
    assert not JobFile.objects.exists()
