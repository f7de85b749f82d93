"""The SMTP client: one transaction with one route, and an answer for every recipient.

Built on ``smtplib`` for the sockets; what it does not do is here: fall back from host to host and from a broken
STARTTLS to none, verify where MTA-STS asks for it, RFC 3461, RFC 6531, a bound on replies, and a bound on time.
"""

import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from mailapp.delivery import header_fields
from mailapp.delivery.outbound import routes
from mailapp.delivery.outbound.routes import Route, Unroutable
from mailapp.delivery.replies import Reply, is_permanent, is_success, understand
from mailapp.mime.addresses import ascii_domain
from workmail.numbers import natural

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 120.0
END_OF_DATA_SECONDS = 600.0  # RFC 5321 §4.5.3.2.6
LONGEST_SESSION_SECONDS = 1_800.0  # a host that answers one octet a minute must not keep a thread for ever
_MOST_REPLY_LINES = 100
_LONGEST_REPLY_LINE = 4_096
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Destination:
    """One recipient for the RCPT command."""

    address: str
    notify: tuple[str, ...] = ()
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes into one transaction."""

    reverse_path: str
    destinations: tuple[Destination, ...]
    octets: bytes
    is_utf8: bool  # its header or addresses need SMTPUTF8
    as_seven_bit: Callable[[], bytes]  # the same message for a host without 8BITMIME
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """How the transaction ended: one reply for each destination, in order."""

    replies: tuple[Reply, ...]
    reports_success: bool = False  # the peer has taken over RFC 3461's promises


class Trouble(Exception):
    """This host cannot be used now; the next one may."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


def send(route: Route, outgoing: Outgoing) -> Sent:
    """Take the message to the first host of the route that talks to us.

    Raises:
        Trouble: None did; nothing was sent.
        Unroutable: None has an address that may be used.
    """
    last: Exception | None = None
    for host in route.hosts:
        try:
            addresses = routes.addresses_of(host, is_relay=route.relay is not None)
        except Unroutable as error:
            last = last or error
            continue
        for address in addresses:
            try:
                return _send_to(route, host, address, outgoing)
            except Trouble as error:
                logger.info("%s [%s]: %s", host, address, error.reply.text)
                last = error
    assert last is not None
    raise last


def _send_to(route: Route, host: str, address: str, outgoing: Outgoing) -> Sent:
    try:
        with _Session(route, host, address) as session:
            return session.transact(outgoing)
    except _BrokenTls:
        logger.info("%s [%s]: STARTTLS is broken there; once more without", host, address)
    with _Session(route, host, address, may_start_tls=False) as session:
        return session.transact(outgoing)


class _BrokenTls(Exception):
    """STARTTLS was offered and did not work, and nobody asked for TLS."""


class _Connection(smtplib.SMTP):
    """smtplib with bounded replies, connected to an address under the host's name."""

    def __init__(self, host: str, address: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(local_hostname=settings.MAIL_HOST_NAME, timeout=CONNECT_SECONDS)
        self._address = address
        self._implicit = context
        self._name = host.strip("[]")
        self.greeting = self.connect(address, port)
        self._host = self._name  # what STARTTLS verifies and names in SNI

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self._address, port), timeout)
        if self._implicit is None:
            return plain
        return self._implicit.wrap_socket(plain, server_hostname=self._name)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply, of bounded length: the library would read continuation lines for ever."""
        if self.file is None:
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("not connected")
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while len(lines) < _MOST_REPLY_LINES:
            line = self.file.readline(_LONGEST_REPLY_LINE + 1)
            if not line:
                self.close()
                raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
            if len(line) > _LONGEST_REPLY_LINE or not line[:3].isdigit():
                break
            lines.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)
        self.close()
        raise smtplib.SMTPResponseException(450, b"The host answered something that is no reply")

    def wait_at_most(self, seconds: float) -> None:
        """Bound how long one reading or writing may take from now on."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def write(self, octets: bytes) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        for start in range(0, len(octets), _CHUNK):
            self.sock.sendall(octets[start : start + _CHUNK])

    def end_session(self) -> None:
        """Break whatever waits on the socket, from another thread."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Session:
    def __init__(self, route: Route, host: str, address: str, *, may_start_tls: bool = True) -> None:
        self.route = route
        self.host = host
        self.address = address
        self.may_start_tls = may_start_tls
        self._connected: _Connection | None = None
        self._watchdog: threading.Timer | None = None

    @property
    def connection(self) -> "_Connection":
        assert self._connected is not None, "the session is used inside its with block"
        return self._connected

    def __enter__(self) -> "_Session":
        relay = self.route.relay
        context = _context(relay.verifies) if relay is not None and relay.is_implicit_tls else None
        try:
            self._connected = _Connection(self.host, self.address, self.route.port, context)
            self._watchdog = threading.Timer(LONGEST_SESSION_SECONDS, self.connection.end_session)
            self._watchdog.daemon = True
            self._watchdog.start()
            self._greet()
        except (OSError, smtplib.SMTPException) as error:
            self.__exit__()
            raise Trouble(self._reply_about(error)) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._connected is not None:
            try:
                self._connected.wait_at_most(5.0)
                self._connected.docmd("QUIT")
            except (OSError, smtplib.SMTPException, ValueError):
                pass
            self._connected.close()

    def _greet(self) -> None:
        code, text = self.connection.greeting
        if code != 220:
            raise Trouble(self._for_now(code, text))
        if self.route.relay is None and _names_us(text):
            raise Trouble(Reply("5.4.6", f"Mail for {self.host} comes back to this host", 0, self.host))
        self.connection.wait_at_most(COMMAND_SECONDS)
        self._hello()
        self._secure()
        if self.route.relay is not None and self.route.relay.user:
            self.connection.login(self.route.relay.user, self.route.relay.password)

    def _hello(self) -> None:
        code, text = self.connection.ehlo()
        if not is_success(code):
            code, text = self.connection.helo()
            if not is_success(code):
                raise Trouble(self._for_now(code, text))

    def _secure(self) -> None:
        relay = self.route.relay
        if relay is not None and (relay.is_implicit_tls or relay.starttls == "never"):
            return
        must = self.route.must_verify or (relay is not None and relay.starttls == "always")
        if not self.connection.has_extn("starttls"):
            if must:
                raise Trouble(Reply("4.7.4", "The host offers no TLS, which is required here", 0, self.host))
            return
        if not must and not self.may_start_tls:
            return
        verifies = self.route.must_verify or (relay is not None and relay.verifies and must)
        try:
            code, text = self.connection.starttls(context=_context(verifies))
            if not is_success(code):
                raise smtplib.SMTPResponseException(code, text)
        except (ssl.SSLError, OSError, smtplib.SMTPException) as error:
            if not must:
                raise _BrokenTls from error
            raise Trouble(Reply("4.7.5", f"TLS as required here did not work: {error}", 0, self.host)) from error
        self._hello()

    def transact(self, outgoing: Outgoing) -> Sent:
        try:
            return self._transact(outgoing)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Trouble(self._reply_about(error)) from error

    def _transact(self, outgoing: Outgoing) -> Sent:
        connection = self.connection
        octets = outgoing.octets
        utf8 = outgoing.is_utf8
        if utf8 and not connection.has_extn("smtputf8"):
            reply = Reply("5.6.7", "The host cannot take addresses or headers beyond ASCII", 0, self.host)
            return Sent((reply,) * len(outgoing.destinations))
        if not octets.isascii() and not connection.has_extn("8bitmime"):
            octets = outgoing.as_seven_bit()
        size_limit = natural(connection.esmtp_features.get("size", ""))  # none, or 0: it does not say (RFC 1870)
        if size_limit and size_limit < len(octets):
            reply = Reply("5.3.4", f"The host takes at most {size_limit} octets", 0, self.host)
            return Sent((reply,) * len(outgoing.destinations))
        connection.command_encoding = "utf-8" if utf8 else "ascii"
        code, text = connection.docmd("MAIL", self._mail_arguments(outgoing, octets))
        if not is_success(code):
            return self._all(outgoing, code, text)
        replies = [self._name_recipient(destination) for destination in outgoing.destinations]
        taken = [index for index, reply in enumerate(replies) if is_success(reply.code)]
        if not taken:
            return Sent(tuple(replies))
        code, text = connection.docmd("DATA")
        final = self._understand(code, text) if code != 354 else self._hand_in(octets)
        for index in taken:
            replies[index] = final
        return Sent(tuple(replies), connection.has_extn("dsn"))

    def _hand_in(self, octets: bytes) -> Reply:
        """Send the message and return what the host says to it.

        When the connection breaks here nobody knows whether the host has it. It gets it again later, rather than
        another host now: most often both are the same house.
        """
        try:
            self._write(octets)
            self.connection.wait_at_most(END_OF_DATA_SECONDS)
            return self._understand(*self.connection.getreply())
        except (OSError, smtplib.SMTPException) as error:
            return self._reply_about(error)

    def _mail_arguments(self, outgoing: Outgoing, octets: bytes) -> str:
        connection = self.connection
        words = [f"FROM:<{_path(outgoing.reverse_path)}>"]
        if connection.has_extn("size"):
            words.append(f"SIZE={len(octets)}")
        if connection.has_extn("8bitmime") and not octets.isascii():
            words.append("BODY=8BITMIME")
        if outgoing.is_utf8:
            words.append("SMTPUTF8")
        if connection.has_extn("dsn"):
            words += [f"RET={outgoing.ret}"] if outgoing.ret else []
            words += [f"ENVID={outgoing.envid}"] if outgoing.envid else []
        return " ".join(words)

    def _name_recipient(self, destination: Destination) -> Reply:
        words = [f"TO:<{_path(destination.address)}>"]
        if self.connection.has_extn("dsn"):
            words += [f"NOTIFY={','.join(destination.notify)}"] if destination.notify else []
            words += [f"ORCPT={destination.orcpt}"] if destination.orcpt else []
        code, text = self.connection.docmd("RCPT", " ".join(words))
        if code == 421:
            raise smtplib.SMTPResponseException(code, text)
        return self._understand(code, text)

    def _write(self, octets: bytes) -> None:
        """Send the message, dots doubled (RFC 5321 §4.5.2), every line ended by CRLF."""
        octets = header_fields.with_line_ends(octets)
        if octets.startswith(b"."):
            octets = b"." + octets
        octets = octets.replace(b"\r\n.", b"\r\n..")
        if not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        self.connection.write(octets + b".\r\n")

    def _all(self, outgoing: Outgoing, code: int, text: bytes) -> Sent:
        reply = self._understand(code, text)
        if not is_permanent(code):
            raise Trouble(reply)
        return Sent((reply,) * len(outgoing.destinations))

    def _understand(self, code: int, text: bytes | str) -> Reply:
        return understand(code, text, self.host)

    def _for_now(self, code: int, text: bytes | str) -> Reply:
        """A host that does not talk to us today may do so tomorrow, whatever it says: nothing was said of the mail."""
        reply = self._understand(code, text)
        return Reply("4" + reply.enhanced_status_code[1:], reply.text, reply.code, self.host)

    def _reply_about(self, error: Exception) -> Reply:
        if isinstance(error, smtplib.SMTPResponseException):
            return self._for_now(error.smtp_code, error.smtp_error)
        if isinstance(error, TimeoutError):
            return Reply("4.4.1", f"{self.host} did not answer in time", 0, self.host)
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return Reply("4.4.2", f"{self.host} closed the connection", 0, self.host)
        return Reply("4.4.1", f"{self.host}: {type(error).__name__}", 0, self.host)


def _context(verifies: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verifies:  # better than no TLS: nobody who only listens can read along (RFC 7435)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _names_us(greeting: bytes) -> bool:
    words = greeting.decode("ascii", "replace").split()
    return bool(words) and words[0].lower() == settings.MAIL_HOST_NAME.lower() != "localhost"


def _path(address: str) -> str:
    """Return an address for the wire: nothing in it that ends the command, the domain in A-labels."""
    if any(ord(c) < 32 or ord(c) == 127 or c in "<>" for c in address):
        raise ValueError("an address with control characters")
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}{at}{domain if domain.isascii() else ascii_domain(domain)}"
