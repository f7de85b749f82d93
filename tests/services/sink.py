"""A real SMTP server for tests that keeps what it is sent: somebody else's mail host, as well-behaved as told."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    """One message, with its envelope."""

    reverse_path: str
    recipients: tuple[str, ...]
    octets: bytes
    is_encrypted: bool
    mail_options: tuple[str, ...] = ()
    user: str = ""


@dataclass
class Manners:
    """How the host behaves. Replies are whole lines such as ``550 5.1.1 No such user``."""

    recipients: dict[str, str] = field(default_factory=dict)  # address -> reply to RCPT
    sender: str = ""  # reply to MAIL
    data: str = ""  # reply after the message
    greeting: str = ""  # instead of 220
    drops_after_data: bool = False  # takes the message and hangs up without a word
    seconds_per_message: float = 0.0


class MailSink:
    """``sink.messages`` holds what arrived. The manners may be changed at any time."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        host_name: str = "sink.example.net",
        eight_bit: bool = True,
        utf8: bool = True,
        credentials: tuple[str, str] | None = None,
        size_limit: int = 50_000_000,
    ) -> None:
        self.messages: list[Received] = []
        self.manners = Manners()
        self.most_connections = 0
        self._connections = 0
        self._tls, self._host_name, self._eight_bit, self._utf8 = tls, host_name, eight_bit, utf8
        self._credentials, self._size_limit = credentials, size_limit
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail sink", daemon=True)
        self._server: asyncio.Server | None = None
        self._arrived = threading.Condition()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def start(self) -> "MailSink":
        self._thread.start()
        create = self._loop.create_server(self._make_session, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(create, self._loop).result(10)
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Received]:
        """Return the messages once there are so many."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.messages) >= count, seconds):
                raise AssertionError(f"{len(self.messages)} of {count} messages arrived within {seconds} seconds")
            return list(self.messages)

    def _make_session(self) -> SMTP:
        return _Session(self, self._loop)

    def keep(self, received: Received) -> None:
        with self._arrived:
            self.messages.append(received)
            self._arrived.notify_all()


class _Session(SMTP):
    def __init__(self, sink: MailSink, loop: asyncio.AbstractEventLoop) -> None:
        self.sink = sink
        super().__init__(
            _Handler(sink),
            hostname=sink._host_name,
            ident="ESMTP sink",
            tls_context=sink._tls,
            enable_SMTPUTF8=sink._utf8,
            decode_data=False,
            data_size_limit=sink._size_limit,
            authenticator=sink_authenticator(sink),
            auth_required=sink._credentials is not None,
            auth_require_tls=sink._tls is not None,
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self.sink._connections += 1
            self.sink.most_connections = max(self.sink.most_connections, self.sink._connections)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.sink._connections -= 1
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 ") and "ESMTP" in text and self.sink.manners.greeting:
            await super().push(self.sink.manners.greeting)
            self.transport.close()
            return
        if not self.sink._eight_bit and text.startswith("250-8BITMIME"):
            return
        await super().push(status)


class _Handler:
    def __init__(self, sink: MailSink) -> None:
        self.sink = sink

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        if self.sink.manners.sender:
            return self.sink.manners.sender
        envelope.mail_from = address or "<>"
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        if reply := self.sink.manners.recipients.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        manners = self.sink.manners
        await asyncio.sleep(manners.seconds_per_message)
        if manners.data:
            return manners.data
        mail_from = envelope.mail_from or ""
        self.sink.keep(
            Received(
                "" if mail_from == "<>" else mail_from,
                tuple(envelope.rcpt_tos),
                bytes(envelope.content or b""),
                session.ssl is not None,
                tuple(envelope.mail_options),
                str(session.auth_data or ""),
            )
        )
        if manners.drops_after_data:
            server.transport.close()
        return "250 2.6.0 Taken"


def sink_authenticator(sink: MailSink) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login) -> AuthResult:
        user, password = login.login.decode(), login.password.decode()
        return AuthResult(success=(user, password) == sink._credentials, handled=False, auth_data=user)

    return check
