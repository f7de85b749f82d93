"""A worker that is really killed in the middle of an import: another goes on, and every message is there once."""

from pathlib import Path

import pytest

from tests.services.programs import Programs

pytestmark = pytest.mark.faults

PROLOGUE = """
import os, signal, sys
from uuid import UUID
import django
django.setup()
from django.utils import timezone
from mailapp.access import open_own_mailbox
from mailapp.jobs import files, operations, running
from mailapp.jobs.models import Job
from mailapp.jobs.progress import Progress
from mailapp.store.importing import jobs, operation
from mailapp.store.models import Message
from tests import factories
from tests.jobs.test_importing import an_mbox
from workmail.accounts.actor import Actor
from workmail.celery import app
from workmail.directory.models import User
app.conf.task_always_eager = False
operation._BATCH_MESSAGES = 4
"""
BEGIN = """
factories.make_user(factories.make_organization("example", domain="example.test"), "alice")
mailbox = open_own_mailbox(Actor(User.objects.get(name="alice")))
file = files.create(mailbox, "old.mbox")
files.append(mailbox, file, an_mbox(*(f"m {n}" for n in range(30))))
files.complete(file)
from mailapp.jobs import tasks
tasks.work.delay = lambda *a: None
print(jobs.start_file(mailbox, file, None))
"""
FREE = """
from datetime import timedelta
Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
"""
WORK_AND_DIE = """
calls, advance = [], Progress.advance
def die(self, *arguments, **named):
    calls.append(1)
    if len(calls) == 3:
        {before}
        os.kill(os.getpid(), signal.SIGKILL)
    advance(self, *arguments, **named)
Progress.advance = die
running.work_on(UUID(sys.argv[1]))
"""
WORK = """
running.work_on(UUID(sys.argv[1]))
job = Job.objects.get()
print(job.state, job.done, Message.objects.count())
"""


@pytest.mark.parametrize("before", ["pass", "advance(self, *arguments, **named)"], ids=["untold", "told"])
def test_a_killed_import_goes_on_and_brings_each_message_once(tmp_path: Path, before: str):
    run = Programs(tmp_path, PROLOGUE).run
    begun = run(BEGIN)
    assert begun.returncode == 0, begun.stderr
    job_id = begun.stdout.strip()
    for _ in range(3):  # on a machine that stands still for ten seconds, the lease is lost before the kill
        killed = run(FREE + WORK_AND_DIE.format(before=before), job_id)
        if killed.returncode:
            break
    assert killed.returncode == -9, killed.stderr
    finished = run(FREE + WORK, job_id)
    assert finished.stdout.split() == ["done", "30", "30"], finished.stderr
