"""A real Valkey for tests, on a Unix socket of its own."""

import os
import signal
import subprocess
from pathlib import Path

import redis

from workmail.operations import valkey
from workmail.operations.processes import die_with_parent, wait_until


class ValkeyServer:
    """The embedded server as an installation runs it, with the same options."""

    def __init__(self, socket: Path, directory: Path) -> None:
        self.socket = socket
        self.directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        valkey.make_folders(self.socket, self.directory)
        self._process = subprocess.Popen(
            valkey.command_line(self.socket, self.directory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        if not wait_until(lambda: valkey.answers(self.socket), seconds=10, interval=0.01):
            raise RuntimeError(
                f"Valkey did not start:\n{(self.directory / valkey.LOG_NAME).read_text(errors='replace')}"
            )

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def empty(self) -> None:
        """Forget every queue, cache entry and lock."""
        with self.client() as client:
            client.flushall()

    def client(self, database: int = 0) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), db=database)

    def version(self) -> str:
        with self.client() as client:
            return str(client.info("server")["valkey_version"])

    def _end(self, signal_number: int) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            os.kill(process.pid, signal_number)
            process.wait(10)
