"""Listening, limits for all connections together, and a shutdown that lets messages come to their end."""

import asyncio
import functools
import ipaddress
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import connection as database

from gateways.smtp import replies
from gateways.smtp.connection import Connection
from gateways.smtp.replies import Reply
from gateways.smtp.session import Port
from gateways.smtp.wire import MessageReader

logger = logging.getLogger(__name__)

MX = Port("mx")
SUBMISSION = Port("submission", is_submission=True)
SUBMISSIONS = Port("submissions", is_submission=True, is_implicit_tls=True)

_DATABASE_THREADS = 6
_MOST_ACCEPTED_AT_ONCE = 6  # a message takes several times its size while it is sealed
_SHUTDOWN_SECONDS = 30.0


class Memory:
    """What all messages that are being received may take together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: dict[int, int] = {}
        self._sum = 0

    def allows(self, reader: MessageReader) -> bool:
        """Count the message as it is now; False when it is too much for all together."""
        self._set(reader, reader.kept_bytes)
        if self._sum <= self._limit:
            return True
        self._set(reader, 0)
        return False

    def release(self, reader: MessageReader) -> None:
        self._set(reader, 0)
        self._taken.pop(id(reader), None)

    def _set(self, reader: MessageReader, octets: int) -> None:
        self._sum += octets - self._taken.get(id(reader), 0)
        self._taken[id(reader)] = octets


class Server:
    """All ports of one process."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.tls = tls
        self.memory = Memory(settings.SMTP_MAX_BUFFERED_BYTES)
        self.accepting = asyncio.Semaphore(_MOST_ACCEPTED_AT_ONCE)
        self.is_closing = False
        self.ports: dict[str, int] = {}
        self._connections: set[Connection] = set()
        self._by_network: Counter[str] = Counter()
        self._listeners: list[asyncio.Server] = []
        self._threads = ThreadPoolExecutor(_DATABASE_THREADS, thread_name_prefix="database")

    async def listen(self, port: Port, host: str, number: int) -> None:
        """Begin to take connections; number 0 takes any free one, see ``ports``."""
        implicit = self.tls if port.is_implicit_tls else None
        starttls = None if port.is_implicit_tls else self.tls
        listener = await self.loop.create_server(
            lambda: Connection(self, port, starttls),
            host,
            number,
            ssl=implicit,
            ssl_handshake_timeout=30 if implicit else None,
            backlog=200,
        )
        self._listeners.append(listener)
        self.ports[port.name] = listener.sockets[0].getsockname()[1]

    async def run(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run one operation on a database thread."""
        call = functools.partial(_with_database, operation, *arguments, **options)
        return await self.loop.run_in_executor(self._threads, call)

    def admit(self, connection: Connection) -> bool:
        """Count a new connection; False when it is one too many."""
        network = _network(connection.dialogue.client_address)
        if (
            self.is_closing
            or len(self._connections) >= settings.SMTP_MAX_CONNECTIONS
            or self._by_network[network] >= settings.SMTP_MAX_CONNECTIONS_PER_ADDRESS
        ):
            return False
        self._connections.add(connection)
        self._by_network[network] += 1
        return True

    def reason_to_refuse(self) -> Reply:
        return replies.SHUTTING_DOWN if self.is_closing else replies.TOO_MANY_CONNECTIONS

    def dismiss(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        network = _network(connection.dialogue.client_address)
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]

    async def close(self, seconds: float = _SHUTDOWN_SECONDS) -> None:
        """Take no new connections, say goodbye to idle ones, and let messages that are arriving arrive."""
        self.is_closing = True
        for listener in self._listeners:
            listener.close()
        until = self.loop.time() + seconds
        while self._connections and self.loop.time() < until:
            for connection in [c for c in self._connections if c.is_idle]:
                await self._say_goodbye(connection)
            await asyncio.sleep(0.05)
        for connection in list(self._connections):
            await self._say_goodbye(connection)
        self._threads.shutdown(wait=True)

    async def _say_goodbye(self, connection: Connection) -> None:
        try:
            await asyncio.wait_for(connection.say(replies.SHUTTING_DOWN), 1.0)
        except Exception:
            logger.debug("%s was gone already", connection.dialogue.client_address)
        connection.close()
        self.dismiss(connection)


def _with_database(operation: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Run on this thread's connection. SQLite's stays open, PostgreSQL's goes back to the pool."""
    try:
        return operation(*arguments, **options)
    finally:
        if database.vendor != "sqlite" or database.errors_occurred:
            database.close()


def _network(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
