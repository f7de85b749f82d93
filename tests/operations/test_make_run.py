"""``make run`` as a person uses it: one screen, Ctrl-C, a second start, and what happens when something breaks."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from workmail.operations.processes import accepts_connections, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("WORKMAIL_WEB_PORT", "WORKMAIL_MX_PORT", "WORKMAIL_SUBMISSION_PORT", "WORKMAIL_SUBMISSIONS_PORT")

pytestmark = pytest.mark.faults


class Run:
    """One ``scripts/supervise.py`` in an empty environment of its own, as ``make run`` starts it."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.ports = {name: free_port() for name in PORTS}
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(data.parent),
            "WORKMAIL_DATA": str(data),
            "WORKMAIL_ENV_FILE": os.devnull,
            **{name: str(port) for name, port in self.ports.items()},
            **variables,
        }
        self._log = data.parent / f"log-{id(self)}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "scripts/supervise.py"], cwd=ROOT, env=self.variables, stdout=log, stderr=log
            )

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, seconds: float = 60) -> float:
        """Wait for the screen; return after how many seconds it says that everything was ready."""
        ended = wait_until(lambda: self.process.poll() is not None or "Ctrl-C" in self.output, seconds=seconds)
        ready = re.search(r"ready after ([\d.]+) s", self.output)
        assert ended, self.output
        assert ready, self.output
        return float(ready[1])

    def interrupt(self) -> float:
        """Press Ctrl-C and wait for the end; return how long it took."""
        began_at = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return time.monotonic() - began_at

    def processes(self) -> dict[int, str]:
        """Return every living process that works on this data folder, by its environment."""
        mark = f"WORKMAIL_DATA={self.variables['WORKMAIL_DATA']}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="workmail-run-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@pytest.fixture
def run(data: Path) -> Iterator[Run]:
    started = Run(data)
    yield started
    if started.process.poll() is None:
        started.interrupt()


def test_a_first_start_an_orderly_end_and_a_quick_second_start(data, run):
    run.wait_until_ready()
    screen = run.output
    password = re.search(r"Password +(\S+)", screen)
    assert f"http://127.0.0.1:{run.ports['WORKMAIL_WEB_PORT']}/" in screen
    assert "admin@example.test (administrator)" in screen
    assert password
    assert password[1] == (data / "secrets" / "demo-password").read_text().strip()
    for name, port in run.ports.items():
        assert accepts_connections("127.0.0.1", port), name
    with urllib.request.urlopen(f"http://127.0.0.1:{run.ports['WORKMAIL_WEB_PORT']}/sign-in/") as page:
        assert page.status == 200

    assert run.interrupt() < 15
    assert run.process.returncode == 0
    assert wait_until(lambda: not run.processes(), seconds=2), run.processes()
    assert (data / "valkey" / "appendonlydir").is_dir()

    second = Run(data)
    try:
        second.wait_until_ready()
        assert password[1] in second.output
        assert "migrations applied" not in second.output
        assert "collected" not in second.output
    finally:
        second.interrupt()


def test_a_killed_worker_starts_again_and_the_pages_stay(run):
    run.wait_until_ready()
    worker = next(pid for pid, command in run.processes().items() if " worker " in command)
    os.kill(worker, signal.SIGKILL)
    assert wait_until(lambda: "it starts again in 1 s" in run.output, seconds=5)
    assert accepts_connections("127.0.0.1", run.ports["WORKMAIL_WEB_PORT"])
    assert wait_until(
        lambda: worker not in run.processes() and any(" worker " in c for c in run.processes().values()), seconds=15
    )


def test_a_supervisor_that_was_killed_leaves_no_process(run):
    run.wait_until_ready()
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: not run.processes(), seconds=20), run.processes()


def test_a_second_supervisor_on_the_same_data_is_refused(data, run):
    run.wait_until_ready()
    second = Run(data)
    assert second.process.wait(20) == 1
    assert f"already running on {data} (process {run.process.pid})" in second.output


def test_a_busy_port_is_named_with_the_variable_that_changes_it(data):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        refused = Run(data, WORKMAIL_MX_PORT=str(port))
        assert refused.process.wait(20) == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.output
    assert "Set WORKMAIL_MX_PORT to a free port" in refused.output
    assert refused.processes() == {}


def test_a_wrong_setting_is_explained_without_a_traceback(data):
    refused = Run(data, WORKMAIL_WEB_PORT="eight thousand")
    assert refused.process.wait(20) == 1
    assert "A setting cannot be used" in refused.output
    assert "Traceback" not in refused.output
