"""A process that is really killed while it sends: the draft is there, nothing is half sent, and it can be sent then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.faults

PROLOGUE = """
import os, signal, sys
from datetime import timedelta
from uuid import UUID
import django
django.setup()
from django.utils import timezone
from mailapp import access
from mailapp.composing import drafts, sending
from mailapp.composing.models import Draft
from mailapp.composing.state import Fields
from mailapp.delivery import intake
from mailapp.delivery.models import Transit
from workmail.accounts.actor import Actor
from workmail.directory.models import User
mailbox = access.open_own_mailbox(Actor(User.objects.get(name="alice")))
draft_id = UUID(sys.argv[1])
fields = Fields(to="bob@example.test", subject="Precious", text="Words", is_plain=True)
editor = drafts.Editor(draft_id)
def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
def count(role):
    return access.folder_by_role(mailbox, role).messages.count()
"""
SEND = "sending.send(mailbox, draft_id, fields, editor, hold=timedelta(seconds=30))\n"
MOMENTS = {
    "after the draft was saved": "intake.submit = die\n",
    "after the transit was written": (
        "original = intake.submit\nintake.submit = lambda *a, within, **n: original(*a, within=die, **n)\n"
    ),
    "before the commit": (
        "original = intake.submit\n"
        "intake.submit = lambda *a, within, **n: original(*a, within=lambda s: (within(s), die()), **n)\n"
    ),
}
PEOPLE = """
import django
django.setup()
from tests import factories
organization = factories.make_organization("example", domain="example.test")
factories.make_user(organization, "alice")
factories.make_user(organization, "bob")
"""
COUNTS = "print(count('drafts'), count('sent'), Transit.objects.count())\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a piece of the product in a process of its own, on a data folder of its own."""
    data = tmp_path_factory.mktemp("killed")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("WORKMAIL_", "DATABASE_"))}
    environment = {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "workmail.settings",
        "WORKMAIL_ENV_FILE": os.devnull,
        "WORKMAIL_DATA": str(data),
        "WORKMAIL_LOG_LEVEL": "CRITICAL",
    }

    def execute(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"], env=environment, cwd=ROOT, check=True
    )
    made = execute(PEOPLE)
    assert made.returncode == 0, made.stderr
    return execute


def test_a_killed_process_loses_nothing_and_sends_nothing_twice(run):
    for number, (moment, trap) in enumerate(MOMENTS.items(), start=1):
        draft_id = f"00000000-0000-4000-8000-00000000000{number}"
        killed = run(PROLOGUE + trap + SEND, draft_id)
        assert killed.returncode == -9, f"{moment}: {killed.stderr}"
        before = run(PROLOGUE + COUNTS, draft_id)
        assert before.stdout.split() == ["1", str(number - 1), str(number - 1)], f"{moment}: {before.stderr}"
        # The claim of the dead process lapses after two minutes.
        lapse = "Draft.objects.filter(pk=draft_id).update(claimed_until=timezone.now())\n"
        after = run(PROLOGUE + lapse + SEND + SEND + COUNTS, draft_id)
        assert after.stdout.split() == ["0", str(number), str(number)], f"{moment}: {after.stderr}"
