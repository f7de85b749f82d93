"""The SMTP server on free ports, in this process, with a certificate, and a way to talk to it."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from tests.services.dialogue import Dialogue


class RunningServer:
    """All three ports, served by a loop in a thread of its own."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_tls.minimum_version = ssl.TLSVersion.TLSv1_2
        authority.issue_cert("localhost").configure_cert(self._server_tls)
        self.client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client_tls.check_hostname = False
        self.client_tls.verify_mode = ssl.CERT_NONE
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="smtp", daemon=True)
        self.server: Any = None

    def start(self) -> None:
        self._thread.start()
        self.call(self._listen())

    async def _listen(self) -> None:
        from gateways.smtp import server

        self.server = server.Server(self._server_tls)
        for port in (server.MX, server.SUBMISSION, server.SUBMISSIONS):
            await self.server.listen(port, "127.0.0.1", 0)

    def call(self, coroutine: Any, seconds: float = 60.0) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def stop(self, seconds: float = 2.0) -> None:
        if not self.server.is_closing:
            self.call(self.server.close(seconds))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    @property
    def mx_port(self) -> int:
        return int(self.server.ports["mx"])

    @property
    def submission_port(self) -> int:
        return int(self.server.ports["submission"])

    @property
    def submissions_port(self) -> int:
        return int(self.server.ports["submissions"])


@pytest.fixture
def smtp_server(transactional_db: None, settings: Any) -> Iterator[RunningServer]:
    settings.MAIL_HOST_NAME = "mail.example.test"
    settings.DNS_SERVERS = ["127.0.0.1:9"]
    running = RunningServer()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connect(smtp_server: RunningServer) -> Iterator[Callable[..., Dialogue]]:
    """Open a connection to the MX port, or another; ``greeted=True`` says EHLO first."""
    opened: list[Dialogue] = []

    def open_one(port: int | None = None, *, greeted: bool = False, tls: bool = False) -> Dialogue:
        dialogue = Dialogue(port or smtp_server.mx_port, tls=smtp_server.client_tls if tls else None)
        opened.append(dialogue)
        if greeted:
            dialogue.hears("220 ")
            dialogue.say("EHLO client.example")
            assert dialogue.reply()[-1].startswith("250 ")
        return dialogue

    yield open_one
    for dialogue in opened:
        dialogue.close()


@pytest.fixture
def mx(connect: Callable[..., Dialogue]) -> Dialogue:
    """A connection to the MX port of a client that has said EHLO."""
    return connect(greeted=True)
