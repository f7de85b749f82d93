"""A prepared installation, made once for each pytest process and copied for every test that starts one.

``manage.py prepare`` takes ten seconds of a processor; a copy of its data folder and of its database takes none.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import environment, postgresql

# What a running installation makes anew.
_NOT_COPIED = ("run", "valkey", "*.log", "*.sqlite3-wal", "*.sqlite3-shm")
_kept: list[tuple[Path, str]] = []  # the folder and the name of the PostgreSQL database, at most once


def is_kept() -> bool:
    return bool(_kept)


def database() -> str:
    """Return the name of the PostgreSQL database to copy."""
    return _kept[0][1]


def copy_to(data: Path) -> None:
    shutil.copytree(_kept[0][0], data, dirs_exist_ok=True)


def keep(data: Path, database_url: str) -> None:
    """Keep copies of an installation that was prepared a moment ago and has not run yet."""
    if _kept:
        return
    folder = Path(tempfile.mkdtemp(prefix="workmail-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(data, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    name = ""
    if environment.wants_postgresql():
        name = f"workmail_prepared_{os.getpid()}"
        source = urlsplit(database_url).path.removeprefix("/")
        stack = ExitStack()
        stack.enter_context(postgresql.temporary_database(postgresql.server_url(), name, template=source))
        atexit.register(stack.close)
    _kept.append((folder, name))
