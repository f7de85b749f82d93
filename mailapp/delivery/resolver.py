"""Asking the DNS: short time-outs, a cache, and one budget for all questions about one message.

``DNS_SERVERS`` names the servers ("192.0.2.53" or "127.0.0.1:5353"); without it the system's are asked.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
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
_TROUBLE_TTL = 30.0
_NEGATIVE_TTL = 60.0
_LONGEST_TTL = 600.0
_CACHE_SIZE = 20_000
_NO_NAME = (
    dns.exception.SyntaxError,
    dns.name.LabelTooLong,
    dns.name.NameTooLong,
    dns.name.IDNAException,
    UnicodeError,
)

_deadline: ContextVar[float | None] = ContextVar("dns_deadline", default=None)
_cache: dict[tuple[str, str], "_Answer"] = {}
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
    question = (name.rstrip(".").lower(), record_type)
    known = _cache.get(question)
    if known is None or known.until < time.monotonic():
        seconds = _seconds_left()
        if seconds <= 0:
            raise DnsTrouble(f"{record_type} {name}: no time left")
        known = _ask(question, seconds)
        _remember(question, known)
    if known.error is not None:
        raise known.error(f"{record_type} {name}")
    return list(known.records)


@dataclass(frozen=True, slots=True)
class _Answer:
    until: float
    records: tuple[Any, ...] = ()
    error: type[Exception] | None = None


def _ask(question: tuple[str, str], seconds: float) -> _Answer:
    """Ask the servers. Trouble is an answer too, and kept for a moment: a dead server costs its time only once."""
    global _unanswered
    now = time.monotonic()
    if not question[0]:
        return _Answer(now + _LONGEST_TTL, error=NoSuchDomain)
    try:
        absolute = dns.name.from_text(question[0] + ".")
        answer = _resolver(tuple(settings.DNS_SERVERS)).resolve(
            absolute, question[1], lifetime=seconds, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN:
        _unanswered = 0
        return _Answer(now + _NEGATIVE_TTL, error=NoSuchDomain)
    except _NO_NAME:
        return _Answer(now + _LONGEST_TTL, error=NoSuchDomain)
    except (dns.exception.DNSException, OSError) as error:
        _unanswered += isinstance(error, dns.exception.Timeout)
        return _Answer(time.monotonic() + _TROUBLE_TTL, error=DnsTrouble)
    _unanswered = 0
    if answer.rrset is None:
        return _Answer(now + _NEGATIVE_TTL)
    return _Answer(now + min(max(answer.rrset.ttl, 1), _LONGEST_TTL), tuple(answer.rrset))


def _remember(question: tuple[str, str], answer: _Answer) -> None:
    if len(_cache) >= _CACHE_SIZE:
        for old in list(_cache)[: _CACHE_SIZE // 4]:
            _cache.pop(old, None)
    _cache.pop(question, None)
    _cache[question] = answer


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


@lru_cache(maxsize=4)
def _resolver(servers: tuple[str, ...]) -> dns.resolver.Resolver:
    try:
        resolver = dns.resolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [_NameServer(*server_address(str(server))) for server in servers or resolver.nameservers]
    resolver.timeout = QUERY_SECONDS
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


def server_address(server: str) -> tuple[str, int]:
    """Read ``address``, ``address:port`` or ``[address]:port``.

    Raises:
        ValueError: It is a name, or nothing that looks like an address.
    """
    address, colon, port = server.rpartition(":")
    if not colon or (":" in address and not address.startswith("[")):
        address, port = server, "53"
    return str(ipaddress.ip_address(address.strip("[]"))), int(port)


def forget() -> None:
    """Empty the caches; for tests that change a zone."""
    global _unanswered
    _unanswered = 0
    _resolver.cache_clear()
    _cache.clear()
