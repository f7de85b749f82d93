"""The processes of an installation, for benchmarks from the outside."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workmail.operations.processes import accepts_connections, die_with_parent, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
_COMMANDS = {
    "web": [sys.executable, "manage.py", "run_web"],
    "smtp": [sys.executable, "manage.py", "run_smtp"],
    "worker": [sys.executable, "-m", "celery", "--app", "workmail", "--quiet", "worker", "--loglevel", "ERROR"],
}


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    mx_port: int
    pids: dict[str, int]


@contextlib.contextmanager
def running(*names: str) -> Iterator[Running]:
    """Run some of ``web``, ``smtp`` and ``worker`` on free ports; the DNS is real, and knows no records."""
    from tests.services.dns import DnsServer

    resolver = DnsServer()
    resolver.start()
    ports = {name: free_port() for name in ("WEB", "MX", "SUBMISSION", "SUBMISSIONS")}
    environment = os.environ | {f"WORKMAIL_{name}_PORT": str(port) for name, port in ports.items()}
    environment["WORKMAIL_DNS_SERVERS"] = resolver.address
    processes = {
        name: subprocess.Popen(
            _COMMANDS[name], cwd=ROOT, env=environment, start_new_session=True, preexec_fn=die_with_parent()
        )
        for name in names
    }
    try:
        for name, port in (("web", ports["WEB"]), ("smtp", ports["MX"])):
            if name in processes and not wait_until(lambda p=port: accepts_connections("127.0.0.1", p), seconds=60):
                raise RuntimeError(f"{name} did not start")
        url = f"http://127.0.0.1:{ports['WEB']}"
        yield Running(url, ports["MX"], {name: process.pid for name, process in processes.items()})
    finally:
        for process in processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in processes.values():
            process.wait(60)
        resolver.stop()
