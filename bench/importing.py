"""Importing an mbox: how fast, and that memory does not grow with the mailbox.

Baseline: the standard library's ``mailbox`` copies the same messages from the mbox into a Maildir, unread by anybody.
"""

import mailbox
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from bench.people import make_user, raw_messages, scaled
from mailapp.store.models import Message

ROOT = Path(__file__).resolve().parent.parent
OCTETS = 4_000


def run() -> list[Figure]:
    make_user()
    count = scaled(100_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mail.mbox")
        with path.open("wb") as file:
            for raw in raw_messages(count, octets=OCTETS):
                file.write(b"From a@example.org Mon Nov  2 09:30:00 2026\n" + raw.replace(b"\r\n", b"\n") + b"\n")
        seconds, megabytes = _import(path)
        if Message.objects.count() != count:
            raise RuntimeError(f"{Message.objects.count()} of {count} messages were imported")
        again, _ = _import(path)
        baseline = _copy(path, Path(folder, "maildir"), min(count, 5_000))
    return [
        Figure(
            f"{count:,} messages of {OCTETS // 1000} KB imported from an mbox",
            "a second",
            count / seconds,
            baseline="mailbox.mbox copied into mailbox.Maildir",
            baseline_value=baseline,
            more_is_better=True,
        ),
        Figure("the same once more, all known", "a second", count / again),
        Figure("memory of the import at its end", "MB", megabytes, aim="under 200"),
    ]


def _import(path: Path) -> tuple[float, float]:
    """Return how long it took, and the largest resident memory of the process."""
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "import_mail", "alice@example.test", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("the import failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def _copy(path: Path, target: Path, count: int) -> float:
    source, copy = mailbox.mbox(path), mailbox.Maildir(target)
    began = time.perf_counter()
    for number, message in enumerate(source):
        if number == count:
            break
        copy.add(message)
    return count / (time.perf_counter() - began)
