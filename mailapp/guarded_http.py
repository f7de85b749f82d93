"""Asking web servers that a stranger named, such as for the pictures of a message.

The address was chosen by a stranger, so everything about it is distrusted: only http and https on their own ports,
only public addresses (after the name is resolved, and the connection goes to exactly the address that was checked),
bounded in size and time. No cookie, no referrer, no credentials; redirects are the caller's to follow or not.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from workmail.directory.addresses import fold_domain

SECONDS_TO_CONNECT = 5.0
LONGEST_URL = 4_096
_PORTS = {"http": 80, "https": 443}
_CHUNK = 64 * 1024
_KEPT_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
_FIELDS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Mozilla/5.0"}

Resolve = Callable[[str, int], Sequence[str]]


class Refused(Exception):
    """Nothing was asked, or the answer cannot be used; the text says why, for the log only."""


@contextlib.contextmanager
def ask(
    url: str,
    fields: Mapping[str, str],
    *,
    deadline: float,
    body: bytes | None = None,
    allow_private: bool = False,
    resolve: Resolve | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Send one request, a POST if there is a ``body``, and yield the answer.

    Args:
        deadline: On the monotonic clock; whatever the other side does, the connection ends then.
        allow_private: Also private addresses and any port, for tests and for closed networks.
        resolve: Returns the addresses of a host name; by default the system's resolver.

    Raises:
        Refused: Whatever the reason.
    """
    place = _checked(url, allow_private)
    address = _address(place, allow_private, resolve or _resolve)
    try:
        with _answer(place, address, deadline, fields, body) as answer:
            yield answer
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise Refused(type(error).__name__) from error
    if time.monotonic() > deadline:
        raise Refused("too slow")


def read(answer: http.client.HTTPResponse, most: int) -> bytes:
    """Return the body of the answer. Raises Refused when it is longer than ``most`` octets."""
    if (answer.length or 0) > most:
        raise Refused("too large")
    octets = bytearray()
    while chunk := answer.read1(_CHUNK):
        octets += chunk
        if len(octets) > most:
            raise Refused("too large")
    return bytes(octets)


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet, looking into addresses that wrap another."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is None and int(ip) >> 32 == 0:  # IPv4-compatible, deprecated
            return False
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an address leads, taken apart."""

    scheme: str
    host: str
    port: int
    target: str


def _checked(url: str, allow_private: bool) -> _Place:
    if len(url) > LONGEST_URL or any(character <= " " or character == "\x7f" for character in url):
        raise Refused("unusable address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("unusable address") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Refused("unusable address")
    if parts.username is not None or parts.password is not None:
        raise Refused("credentials in the address")
    if port not in (None, _PORTS[parts.scheme]) and not allow_private:
        raise Refused("another port")
    host = fold_domain(parts.hostname)
    if not host.isascii():
        raise Refused("unusable address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(parts.scheme, host, port or _PORTS[parts.scheme], quote(target, safe=_KEPT_CHARACTERS))


def _address(place: _Place, allow_private: bool, resolve: Resolve) -> str:
    try:
        addresses = list(resolve(place.host, place.port))
    except (OSError, UnicodeError) as error:
        raise Refused("the name does not resolve") from error
    if not addresses:
        raise Refused("the name does not resolve")
    # One private address among public ones is a trick, not a choice.
    if not allow_private and not all(is_public(address) for address in addresses):
        raise Refused("not a public address")
    return addresses[0]


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@contextlib.contextmanager
def _answer(
    place: _Place, address: str, deadline: float, fields: Mapping[str, str], body: bytes | None
) -> Iterator[http.client.HTTPResponse]:
    """Ask at exactly this address, with the name of the host in the request and in its certificate.

    Whatever the other side does, such as sending a header octet by octet, the connection ends at the deadline.
    """
    connection = http.client.HTTPConnection(place.host, place.port)
    if place.scheme == "https":
        connection.default_port = _PORTS["https"]  # so that the Host field names no port
    left = max(0.1, deadline - time.monotonic())
    # http.client lets go of its socket when it has read the header of an answer that closes; the watch must not.
    sockets = [socket.create_connection((address, place.port), timeout=min(left, SECONDS_TO_CONNECT))]
    watch = threading.Timer(left, _end, [sockets])
    watch.daemon = True
    watch.start()
    try:
        sockets[0].settimeout(left)
        if place.scheme == "https":
            secured = _tls().wrap_socket(sockets[0], server_hostname=place.host, do_handshake_on_connect=False)
            sockets.append(secured)
            secured.do_handshake()
        connection.sock = sockets[-1]
        method = "GET" if body is None else "POST"
        connection.request(method, place.target, body=body, headers={**_FIELDS, **fields})
        with connection.getresponse() as answer:
            yield answer
    finally:
        watch.cancel()
        connection.close()
        sockets[-1].close()


def _end(sockets: list[socket.socket]) -> None:
    for open_socket in sockets:
        with contextlib.suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
