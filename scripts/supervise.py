"""``make run``: prepare the installation, start every process of the Procfile, say what to open, keep it running.

Ctrl-C (or SIGTERM) stops everything in order; a second Ctrl-C does not wait.
"""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workmail.settings")

from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from workmail.operations import valkey  # noqa: E402
from workmail.operations.processes import accepts_connections, port_problem, wait_until  # noqa: E402
from workmail.operations.supervisor import Supervisor, read_procfile  # noqa: E402

BROKER = "valkey"
READY_WITHIN_SECONDS = 90


def main() -> int:
    started_at = time.monotonic()
    os.chdir(ROOT)
    read_settings()
    lock_data_folder()
    refuse_busy_ports()

    supervisor = Supervisor(commands(), directory=ROOT, environment=child_environment())
    stopping, hurry = threading.Event(), threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        (hurry if stopping.is_set() else stopping).set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        if not start_everything(supervisor, stopping, started_at):
            return 0 if stopping.is_set() else 1
        supervisor.run(stopping)
    finally:
        print("\nStopping ...", flush=True)
        supervisor.stop(last=[BROKER] if BROKER in supervisor.all else [], hurry=hurry)
        print("Everything is stopped.", flush=True)
    return 0


def read_settings() -> None:
    try:
        settings.DATA_DIR.joinpath("run").mkdir(parents=True, exist_ok=True, mode=0o700)
    except (ImproperlyConfigured, ValueError, OSError) as error:
        fail(f"A setting cannot be used: {error}\nThe variables are explained in docs/settings.md; .env is read, too.")


def lock_data_folder() -> None:
    """Refuse a second supervisor on the same data. The lock goes with this process, however it ends."""
    path = settings.DATA_DIR / "run" / "supervisor.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = path.read_text(encoding="ascii").strip() or "unknown"
        fail(
            f"workmail is already running on {settings.DATA_DIR} (process {process}).\n"
            "Stop it first, or set WORKMAIL_DATA to another folder, and other ports."
        )
    os.truncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode("ascii"))


def ports() -> dict[str, tuple[str, int]]:
    """Return where this installation listens, by the variable that says so."""
    return {
        "WORKMAIL_WEB_PORT": (settings.WEB_HOST, settings.WEB_PORT),
        "WORKMAIL_MX_PORT": (settings.SMTP_HOST, settings.MX_PORT),
        "WORKMAIL_SUBMISSION_PORT": (settings.SMTP_HOST, settings.SUBMISSION_PORT),
        "WORKMAIL_SUBMISSIONS_PORT": (settings.SMTP_HOST, settings.SUBMISSIONS_PORT),
    }


def refuse_busy_ports() -> None:
    problems = {name: (place, error) for name, place in ports().items() if (error := port_problem(*place))}
    if not problems:
        return
    for name, ((host, port), error) in problems.items():
        print(f"Port {port} on {host} cannot be used: {error.strerror}. Set {name} to a free port.", file=sys.stderr)
    example = " ".join(f"{name}={place[1] + 10_000}" for name, (place, _) in problems.items())
    fail(f"For example: make run {example}")


def commands() -> dict[str, list[str]]:
    processes = read_procfile(ROOT / "Procfile")
    if not valkey.is_needed():  # broker, channel layer and cache are all elsewhere
        processes.pop(BROKER, None)
    return processes


def child_environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Celery's five lines about running as root are said here in one, see start_everything.
    warnings = "ignore:You're running the worker with superuser privileges"
    return {"PYTHONWARNINGS": warnings, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def start_everything(supervisor: Supervisor, stopping: threading.Event, started_at: float) -> bool:
    """Start broker, preparation and the rest, and print the screen; False when that is not to be or was broken off."""
    if os.geteuid() == 0:
        supervisor.say("Running as root works but is not needed; an ordinary account is safer.")
    if BROKER in supervisor.all:
        supervisor.start([BROKER])
    if not prepare(supervisor, stopping):
        return False
    if BROKER in supervisor.all and not wait_until(lambda: valkey.answers(settings.VALKEY_SOCKET), seconds=30):
        log = settings.DATA_DIR / "valkey" / valkey.LOG_NAME
        supervisor.say(f"The embedded Valkey does not answer; {log} says why.")
        return False
    supervisor.start(name for name in supervisor.all if name != BROKER)
    is_ready = wait_for_ports(supervisor, stopping)
    if not stopping.is_set():
        print(screen(time.monotonic() - started_at, is_ready), flush=True)
    return not stopping.is_set()


def prepare(supervisor: Supervisor, stopping: threading.Event) -> bool:
    """Run ``manage.py prepare`` as a process of its own: the supervisor itself stays small."""
    status = supervisor.run_once([sys.executable, "manage.py", "prepare"], stopping)
    if stopping.is_set():
        return False
    if status:
        supervisor.say("The preparation failed; the lines above say why.")
    return status == 0


def wait_for_ports(supervisor: Supervisor, stopping: threading.Event) -> bool:
    """Wait until the pages and the SMTP ports answer, starting again what ends meanwhile."""

    def is_ready() -> bool:
        supervisor.watch()
        mail = [place for name, place in ports().items() if name != "WORKMAIL_WEB_PORT"]
        return stopping.is_set() or (all(accepts_connections(*place) for place in mail) and pages_answer())

    return wait_until(is_ready, seconds=READY_WITHIN_SECONDS, interval=0.1)


def pages_answer() -> bool:
    host, port = ports()["WORKMAIL_WEB_PORT"]
    if not accepts_connections(host, port):
        return False
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(host, port, timeout=20)
        connection.request("GET", settings.LOGIN_URL)  # warms up, so that the first person does not wait
        return connection.getresponse().status < 500
    return False


def screen(seconds: float, is_ready: bool) -> str:
    """Return the one screen that says what to open."""
    prepared = read_report()
    host = settings.SMTP_HOST
    lines = [
        f"workmail is running (ready after {seconds:.1f} s)."
        if is_ready
        else "workmail is starting, but something does not answer yet: see the lines above.",
        "",
        f"  Open        {settings.PUBLIC_URL}/",
    ]
    if demo := prepared.get("demo"):
        lines += [
            f"  People      {demo['addresses'][0]} (administrator)",
            *(f"              {address}" for address in demo["addresses"][1:]),
            f"  Password    {demo['password']}",
        ]
    lines += [
        f"  SMTP        {host}:{settings.MX_PORT} receives mail (MX)",
        f"              {host}:{settings.SUBMISSION_PORT} takes mail from programs (submission, STARTTLS)",
        f"              {host}:{settings.SUBMISSIONS_PORT} the same with TLS from the first octet",
        f"  Data        {settings.DATA_DIR} (copy all of it: its secrets folder opens the mail)",
        "  Settings    docs/settings.md; write yours into .env",
        "  Stop        Ctrl-C",
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join(["", rule, *lines, rule, ""])


def read_report() -> dict[str, Any]:
    """Return what the preparation said about the demo organization."""
    try:
        report: dict[str, Any] = json.loads((settings.DATA_DIR / "run" / "prepared.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report


def fail(text: str) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
