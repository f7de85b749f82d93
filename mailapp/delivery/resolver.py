"""Asking the DNS: short time-outs, a cache, and one budget for all questions about one message.

``DNS_SERVERS`` names the servers ("192.0.2.53" or "127.0.0.1:5353"); without it the system's are asked.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from threading import Lock
from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.query
import dns.resolver
from django.conf import settings

QUERY_SECONDS = 2.0  # one server, one try
LOOKUP_SECONDS = 4.0  # all servers, all tries
HURRIED_SECONDS = 0.3  # while no server answers anything: mail must not wait for the DNS to come back
_HURRY_AFTER = 3  # lookups in a row without an answer
_TROUBLE_REMEMBERED_SECONDS = 30.0
_TROUBLE_SIZE = 2_000

_deadline: ContextVar[float | None] = ContextVar("dns_deadline", default=None)
_trouble: dict[tuple[str, str], float] = {}
_trouble_lock = Lock()
_unanswered = 0


class DnsTrouble(Exception):
    """No answer now: a time-out, a failing server, no server configured. Another time it may work."""


class NoSuchDomain(Exception):
    """The name does not exist (NXDOMAIN)."""


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Let all lookups inside take no longer than ``seconds`` together; later ones fail with DnsTrouble at once."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def lookup(name: str, record_type: str) -> list[Any]:
    """Return the records of that type; an empty list when the name exists without any.

    Raises:
        NoSuchDomain: The name does not exist, or cannot be a name.
        DnsTrouble: No answer within the time allowed.
    """
    global _unanswered
    question = (name.rstrip(".").lower(), record_type)
    if not question[0]:
        raise NoSuchDomain(name)
    seconds = _seconds_left()
    if seconds <= 0 or _trouble.get(question, 0.0) > time.monotonic():
        raise DnsTrouble(f"{record_type} {name}: no answer")
    try:
        absolute = dns.name.from_text(question[0] + ".")
        answer = _resolver(tuple(settings.DNS_SERVERS)).resolve(
            absolute, record_type, lifetime=seconds, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN as error:
        _unanswered = 0
        raise NoSuchDomain(name) from error
    except (
        dns.exception.SyntaxError,
        dns.name.LabelTooLong,
        dns.name.NameTooLong,
        dns.name.IDNAException,
        UnicodeError,
    ) as error:
        raise NoSuchDomain(name) from error
    except (dns.exception.DNSException, OSError) as error:
        _remember_trouble(question, isinstance(error, dns.exception.Timeout))
        raise DnsTrouble(f"{record_type} {name}: {type(error).__name__}") from error
    _unanswered = 0
    return list(answer.rrset) if answer.rrset is not None else []


def texts(name: str) -> list[str]:
    """Return the TXT records, each joined from its strings; an empty list when the name does not exist."""
    try:
        return [b"".join(record.strings).decode("utf-8", "replace") for record in lookup(name, "TXT")]
    except NoSuchDomain:
        return []


def _seconds_left() -> float:
    deadline = _deadline.get()
    longest = HURRIED_SECONDS if _unanswered >= _HURRY_AFTER else LOOKUP_SECONDS
    return longest if deadline is None else min(longest, deadline - time.monotonic())


def _remember_trouble(question: tuple[str, str], is_silence: bool) -> None:
    """So that a dead name server costs its time once, not with every message that names it."""
    global _unanswered
    with _trouble_lock:
        _unanswered += is_silence
        if len(_trouble) >= _TROUBLE_SIZE:
            _trouble.clear()
        _trouble[question] = time.monotonic() + _TROUBLE_REMEMBERED_SECONDS


@lru_cache(maxsize=4)
def _resolver(servers: tuple[str, ...]) -> dns.resolver.Resolver:
    try:
        resolver = dns.resolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [_name_server(str(server)) for server in servers or resolver.nameservers]
    resolver.timeout = QUERY_SECONDS
    resolver.cache = dns.resolver.LRUCache(20_000)
    return resolver


class _NameServer(dns.nameserver.Do53Nameserver):
    """Asks over a connected socket, on which a closed port is an error at once and not a time-out."""

    def query(
        self, request: dns.message.QueryMessage, timeout: float, *more: Any, **options: Any
    ) -> dns.message.Message:
        over_tcp = more[2] if len(more) > 2 else options.get("max_size", False)
        if over_tcp:
            return super().query(request, timeout, *more, **options)
        family = socket.AF_INET6 if ipaddress.ip_address(self.address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as connected:
            connected.setblocking(False)
            connected.connect((self.address, self.port))
            return dns.query.udp(
                request,
                self.address,
                timeout=timeout,
                port=self.port,
                raise_on_truncation=True,
                ignore_unexpected=True,
                ignore_errors=True,
                sock=connected,
            )


def _name_server(server: str) -> _NameServer:
    address, colon, port = server.rpartition(":")
    if colon and (address.count(":") == 0 or address.startswith("[")):
        return _NameServer(address.strip("[]"), int(port))
    return _NameServer(server.strip("[]"), 53)


def forget() -> None:
    """Empty the caches; for tests that change a zone."""
    global _unanswered
    _unanswered = 0
    _resolver.cache_clear()
    with _trouble_lock:
        _trouble.clear()
