"""A name server, mail hosts of others, and an organization whose people get mail."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.dns import DnsServer
from tests.services.sink import MailSink


@pytest.fixture
def name_server(settings: Any) -> Iterator[DnsServer]:
    """The only name server there is; its zone is empty."""
    from mailapp.delivery import resolver

    server = DnsServer()
    server.start()
    settings.DNS_SERVERS = [server.address]
    resolver.forget()
    yield server
    server.stop()
    resolver.forget()


@pytest.fixture
def make_sink(settings: Any) -> Iterator[Callable[..., MailSink]]:
    """Start mail hosts of others; mail to them may go to this machine."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
    sinks: list[MailSink] = []

    def make(**options: Any) -> MailSink:
        sink = MailSink(**options).start()
        sinks.append(sink)
        return sink

    yield make
    for sink in sinks:
        sink.stop()


@pytest.fixture
def sink(make_sink: Callable[..., MailSink], name_server: DnsServer, settings: Any) -> MailSink:
    """The mail host of example.net."""
    sink = make_sink()
    settings.OUTBOUND_MX_PORT = sink.port
    name_server.zone |= {
        "example.net": {"MX": ["10 mx.example.net."]},
        "mx.example.net": {"A": ["127.0.0.1"]},
    }
    return sink
