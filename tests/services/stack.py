"""The whole system as processes of its own, for browser and fault tests: real database, broker, web, worker, SMTP."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.services import environment, postgresql, prepared
from tests.services.interpreter import Interpreter
from workmail.operations import valkey
from workmail.operations.processes import accepts_connections, die_with_parent, free_port, wait_until
from workmail.operations.supervisor import read_procfile

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("WORKMAIL_WEB_PORT", "WORKMAIL_MX_PORT", "WORKMAIL_SUBMISSION_PORT", "WORKMAIL_SUBMISSIONS_PORT")


class RunningWorkmail:
    """One installation on free ports, with the demo organization; nothing starts again by itself.

    ``url``, ``mx_port``, ``submission_port`` and ``submissions_port`` say where it listens, ``password`` is that of
    the demo's people, ``data`` its folder. The database is of the kind this test run is on, but its own.

    Args:
        variables: Environment variables that differ from the test's defaults, such as ``SMTP_RELAY_URL``.
    """

    def __init__(self, variables: dict[str, str] | None = None) -> None:
        self.password = environment.PASSWORD
        self.data = Path(tempfile.mkdtemp(prefix="workmail-running-"))
        self.ports = {name: free_port() for name in PORTS}
        self.url = f"http://127.0.0.1:{self.ports['WORKMAIL_WEB_PORT']}"
        self.mx_port = self.ports["WORKMAIL_MX_PORT"]
        self.submission_port = self.ports["WORKMAIL_SUBMISSION_PORT"]
        self.submissions_port = self.ports["WORKMAIL_SUBMISSIONS_PORT"]
        self.commands = read_procfile(ROOT / "Procfile")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._interpreter: Interpreter | None = None
        self.sessions: dict[str, list[Any]] = {}  # cookies of who has signed in already, by name
        self._cleanup = ExitStack()
        self._cleanup.callback(shutil.rmtree, self.data, ignore_errors=True)
        self._may_be_kept = "DATABASE_URL" not in (variables or {})
        self._is_copy = self._may_be_kept and prepared.is_kept()
        self.environment = self._environment() | (variables or {})

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in environment.FOREIGN and not name.startswith(("WORKMAIL_", "PYTEST_", "COV_"))
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        database = f"sqlite:///{self.data / 'workmail.sqlite3'}"
        if environment.wants_postgresql():
            name = f"workmail_running_{os.getpid()}_{self.ports['WORKMAIL_WEB_PORT']}"
            server = postgresql.server_url()
            template = prepared.database() if self._is_copy else "template1"
            database = self._cleanup.enter_context(postgresql.temporary_database(server, name, template=template))
        return {
            **inherited,
            "PATH": path,
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "workmail.settings",
            "WORKMAIL_ENV_FILE": os.devnull,
            "WORKMAIL_DATA": str(self.data),
            "WORKMAIL_DEMO_PASSWORD": self.password,
            "WORKMAIL_LOG_LEVEL": "INFO",
            "WORKMAIL_DNS_SERVERS": "127.0.0.1:9",  # the discard port: no test asks the world
            "DATABASE_URL": database,
            **{name: str(port) for name, port in self.ports.items()},
        }

    # --- Starting and stopping -----------------------------------------------------------------------------

    def start(self) -> None:
        """Prepare the installation, start every process and wait until all of them answer."""
        try:
            self.start_process("valkey")
            self._require(lambda: valkey.answers(self.valkey_socket), "valkey", seconds=15)
            if self._is_copy:
                prepared.copy_to(self.data)
            else:
                self.manage("prepare")
                if self._may_be_kept:
                    prepared.keep(self.data, self.environment["DATABASE_URL"])
            for name in self.commands:
                if name != "valkey":
                    self.start_process(name)
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def wait_until_ready(self, *, seconds: float = 60) -> None:
        for name, port in self.ports.items():
            process = "web" if name == "WORKMAIL_WEB_PORT" else "smtp"
            self._require(lambda port=port: accepts_connections("127.0.0.1", port), process, seconds=seconds)

    def close(self) -> None:
        """Stop everything at once and forget it."""
        if self._interpreter is not None:
            self._interpreter.close()
            self._interpreter = None
        for name in list(self._processes):
            if name != "valkey":
                self.kill(name)
        self.kill("valkey")
        self._cleanup.close()

    def start_process(self, name: str) -> None:
        assert not self.is_running(name), f"{name} runs already"
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self.commands[name],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def is_running(self, name: str) -> bool:
        return name in self._processes and self._processes[name].poll() is None

    def kill(self, name: str) -> None:
        """End the process and its children without a last word (SIGKILL)."""
        process = self._processes.pop(name, None)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self, name: str, *, seconds: float = 20) -> None:
        """Ask the process to end (SIGTERM) and wait for it."""
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._processes[name] = process
            raise

    def restart(self, name: str, *, kill: bool = False) -> None:
        """Stop (or kill) the process, start it, and wait until it answers."""
        if kill:
            self.kill(name)
        elif name in self._processes:
            self.stop(name)
        self.start_process(name)
        if name == "valkey":
            self._require(lambda: valkey.answers(self.valkey_socket), name, seconds=15)
        self.wait_until_ready()

    # --- Looking inside ------------------------------------------------------------------------------------

    def manage(self, *arguments: str, input: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` with these arguments in this installation."""
        completed = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if check and completed.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)} failed:\n{completed.stdout}{completed.stderr}")
        return completed

    def python(self, program: str) -> str:
        """Run a piece of Python with Django set up in this installation; return what it printed."""
        if self._interpreter is None:
            self._interpreter = Interpreter(self.environment, ROOT, self._log("interpreter"))
        return self._interpreter.run(program)

    def log(self, name: str) -> str:
        """Return everything the process has printed so far."""
        path = self._log(name)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def valkey_socket(self) -> Path:
        from workmail.environment import embedded_valkey_socket

        return embedded_valkey_socket(self.data)

    def wait_for(self, condition: Any, what: str, *, seconds: float = 20) -> None:
        """Wait until ``condition()`` holds; fail with the last lines of every process when it does not."""
        if not wait_until(condition, seconds=seconds, interval=0.1):
            logs = "\n".join(f"--- {name}\n{self.log(name)[-1500:]}" for name in self.commands)
            raise AssertionError(f"Within {seconds:g} s: not {what}.\n{logs}")

    def _require(self, condition: Any, process: str, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            ended = not self.is_running(process)
            if ended or time.monotonic() > deadline:
                state = "ended" if ended else f"does not answer after {seconds:g} s"
                raise AssertionError(f"{process} {state}:\n{self.log(process)[-4000:]}")
            time.sleep(0.05)

    def _log(self, name: str) -> Path:
        folder = self.data / "logs"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.log"
