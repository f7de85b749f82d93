"""A process that is really killed in the middle of an upload: it goes on, the file is whole, and is kept once."""

from pathlib import Path

import pytest

from tests.services.programs import Programs

pytestmark = pytest.mark.faults

PROLOGUE = """
import os, signal, sys
from uuid import UUID
import django
django.setup()
from mailapp.access import open_own_mailbox
from mailapp.files import storing
from mailapp.files.models import File
from mailapp.jobs import files as sealed
from mailapp.jobs.models import JobFilePiece
from mailapp.store import appending, blobs
from mailapp.store.models import Mailbox
from tests import factories
from workmail.accounts.actor import Actor
from workmail.directory.models import User
def mailbox():
    return open_own_mailbox(Actor(User.objects.get(name="alice")))
def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
"""
BEGIN = """
factories.make_user(factories.make_organization("example", domain="example.test"), "alice")
stored = storing.begin(mailbox(), "film.mp4", 6)
storing.append(mailbox(), stored, b"abc", at=0)
print(stored.pk)
"""
DIE_BETWEEN_BLOB_AND_ROW = """
JobFilePiece.save = die
box = mailbox()
storing.append(box, storing.unfinished(box, UUID(sys.argv[1])), b"def", at=3)
"""
DIE_AT_THE_END = """
sealed.keep = die
storing.finish(mailbox(), UUID(sys.argv[1]))
"""
GO_ON = """
box = mailbox()
stored = storing.unfinished(box, UUID(sys.argv[1]))
storing.append(box, stored, b"def", at=stored.size_bytes)
"""
FINISH = """
box = mailbox()
for _ in range(2):
    file = storing.finish(box, UUID(sys.argv[1]))
octets = storing.octets_of(box, storing.find(box, file.pk)).decode()
print(octets, File.objects.count(), Mailbox.objects.get(pk=box.mailbox.pk).used_bytes)
"""


def test_a_killed_upload_goes_on_and_is_kept_once(tmp_path: Path):
    run = Programs(tmp_path, PROLOGUE).run
    begun = run(BEGIN)
    assert begun.returncode == 0, begun.stderr
    file_id = begun.stdout.strip()
    killed = run(DIE_BETWEEN_BLOB_AND_ROW, file_id)
    assert killed.returncode == -9, killed.stderr
    went_on = run(GO_ON, file_id)
    assert went_on.returncode == 0, went_on.stderr
    killed = run(DIE_AT_THE_END, file_id)
    assert killed.returncode == -9, killed.stderr
    finished = run(FINISH, file_id)
    assert finished.stdout.split() == ["abcdef", "1", "6"], finished.stderr
