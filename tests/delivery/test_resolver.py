"""Asking the DNS: what there is, what there is not, and how long silence may last."""

import time

import pytest

from mailapp.delivery import resolver
from tests.services.dns import FAILING, SILENT, DnsServer


def test_records_are_found(name_server: DnsServer):
    name_server.zone["example.org"] = {"MX": ["10 mx.example.org."], "TXT": ["v=spf1 -all", "x" * 300]}
    assert [record.preference for record in resolver.lookup("example.org", "MX")] == [10]
    assert sorted(resolver.texts("Example.ORG.")) == ["v=spf1 -all", "x" * 300]


def test_a_name_without_such_records_has_none(name_server: DnsServer):
    name_server.zone["example.org"] = {"A": ["192.0.2.1"]}
    assert resolver.lookup("example.org", "MX") == []


@pytest.mark.parametrize("name", ["missing.example.org", "a..b", "x" * 64 + ".org", "", "\ud800.org"])
def test_a_name_that_cannot_exist_does_not(name_server: DnsServer, name: str):
    with pytest.raises(resolver.NoSuchDomain):
        resolver.lookup(name, "MX")
    assert resolver.texts(name) == []


def test_a_failing_server_is_trouble_and_not_an_answer(name_server: DnsServer):
    name_server.zone["example.org"] = FAILING
    with pytest.raises(resolver.DnsTrouble):
        resolver.lookup("example.org", "TXT")


def test_silence_costs_its_time_once(name_server: DnsServer):
    name_server.zone["example.org"] = SILENT
    with resolver.budget(0.4), pytest.raises(resolver.DnsTrouble):
        resolver.lookup("example.org", "TXT")
    began = time.monotonic()
    with pytest.raises(resolver.DnsTrouble):
        resolver.lookup("example.org", "TXT")
    assert time.monotonic() - began < 0.1


def test_a_budget_holds_for_all_questions_together(name_server: DnsServer):
    for number in range(20):
        name_server.zone[f"n{number}.example.org"] = SILENT
    began = time.monotonic()
    with resolver.budget(0.5):
        for number in range(20):
            with pytest.raises(resolver.DnsTrouble):
                resolver.lookup(f"n{number}.example.org", "TXT")
    assert time.monotonic() - began < 1.5


def test_while_nothing_answers_mail_does_not_wait_long(name_server: DnsServer):
    names = [f"n{number}.example.org" for number in range(6)]
    name_server.zone |= dict.fromkeys(names, SILENT)
    for name in names[:3]:
        with resolver.budget(0.3), pytest.raises(resolver.DnsTrouble):
            resolver.lookup(name, "TXT")
    began = time.monotonic()
    with pytest.raises(resolver.DnsTrouble):
        resolver.lookup(names[3], "TXT")
    assert time.monotonic() - began < 1.0
    name_server.zone["alive.example.org"] = {"TXT": ["here"]}
    assert resolver.texts("alive.example.org") == ["here"]


def test_a_closed_port_is_an_error_at_once(settings):
    settings.DNS_SERVERS = ["127.0.0.1:9"]
    resolver.forget()
    began = time.monotonic()
    with pytest.raises(resolver.DnsTrouble):
        resolver.lookup("example.org", "A")
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "server, address, port",
    [
        ("192.0.2.53", "192.0.2.53", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("[::1]:53", "::1", 53),
        ("::1", "::1", 53),
    ],
)
def test_servers_are_named_with_or_without_a_port(server: str, address: str, port: int):
    assert resolver.server_address(server) == (address, port)


@pytest.mark.parametrize("server", ["resolver.example.org", "192.0.2.53:dns", "192.0.2.53:53:53", ""])
def test_a_name_server_is_no_name(server: str):
    with pytest.raises(ValueError):
        resolver.server_address(server)
