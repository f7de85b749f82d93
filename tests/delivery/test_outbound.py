"""Mail to other houses: a real SMTP host takes it, a real name server says where that is."""

import email
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import dkim
import pytest
import trustme
from django.db import connection
from django.utils import timezone

from mailapp.delivery import deliveries, dkim_keys, quotas, reporting, resolver, rewriting
from mailapp.delivery.envelope import Recipient
from mailapp.delivery.models import Delivery, Destination, DkimKey, StsPolicy, Transit
from mailapp.delivery.outbound import engine, queue, sts
from mailapp.store.models import Content
from tests.delivery.conftest import RAW, House
from tests.factories import make_group, make_message_bytes, make_user
from tests.services.dns import FAILING, DnsServer
from tests.services.sink import MailSink

pytestmark = pytest.mark.usefixtures("quiet", "name_server")
MakeSink = Callable[..., MailSink]


def only() -> Delivery:
    return Delivery.objects.get(kind=Delivery.Kind.REMOTE)


def reply() -> Any:
    return deliveries.reply_of(only())


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


# --- Sending ---------------------------------------------------------------------------------------------------


def test_a_message_arrives_elsewhere_signed(house: House, sink: MailSink):
    house.send(house.alice, "bob@example.net")
    house.work()
    (received,) = sink.messages
    assert (received.reverse_path, received.recipients) == ("alice@example.test", ("bob@example.net",))
    assert not received.is_encrypted
    key = DkimKey.objects.get()
    name, record = dkim_keys.dns_record(key)
    found = dkim.DKIM(received.octets)
    assert found.verify(dnsfunc=lambda asked, timeout=5: record.encode() if asked.decode() == f"{name}." else None)
    signed = {field.decode().lower() for field in found.include_headers}
    assert {"from", "to", "subject", "date", "message-id"} <= signed
    assert found.verify(dnsfunc=lambda asked, timeout=5: record.encode())
    forged = b"From: ceo@example.test\r\n" + received.octets
    assert not dkim.DKIM(forged).verify(dnsfunc=lambda asked, timeout=5: record.encode())
    row = Transit.objects.get()
    assert (row.state, row.content_id) == (Transit.State.DONE, None)
    assert reply().code == 250


def test_dots_and_line_ends_arrive_as_they_were(house: House, sink: MailSink):
    body = ".\r\n..two\r\n.one\r\nlast without end"
    raw = f"From: alice@example.test\r\nTo: bob@example.net\r\n\r\n{body}".encode()
    house.send(house.alice, "bob@example.net", raw=raw.replace(b"\r\n..two", b"\n..two"))
    house.work()
    assert sink.messages[0].octets.partition(b"\r\n\r\n")[2] == body.encode() + b"\r\n"


def test_a_local_recipient_never_leaves_the_house(house: House, sink: MailSink, name_server: DnsServer):
    name_server.zone["example.test"] = {"MX": ["10 mx.example.net."]}
    house.send(house.alice, "bob@example.test", "al@example.test")
    house.work()
    assert sink.messages == []
    assert len(house.messages(house.bob)) == len(house.messages(house.alice)) == 1


def test_recipients_of_one_house_travel_together(house: House, sink: MailSink, name_server: DnsServer):
    name_server.zone["example.com"] = {"MX": ["10 MX.example.net."]}
    house.send(house.alice, "a@example.net", "b@example.net", "c@example.com")
    house.work()
    assert [sorted(received.recipients) for received in sink.messages] == [
        ["a@example.net", "b@example.net", "c@example.com"]
    ]


def test_each_recipient_has_an_answer_of_its_own(house: House, sink: MailSink):
    sink.manners.recipients = {"no@example.net": "550 5.1.1 No such user", "later@example.net": "450 4.2.0 Greylisted"}
    house.send(house.alice, "yes@example.net", "no@example.net", "later@example.net")
    house.work()
    assert sink.messages[0].recipients == ("yes@example.net",)
    by_address = {
        deliveries.addressee_of(d).address: d.state for d in Delivery.objects.filter(kind=Delivery.Kind.REMOTE)
    }
    assert by_address == {"yes@example.net": "done", "no@example.net": "failed", "later@example.net": "deferred"}
    assert len(house.messages(house.alice)) == 1  # the report about one of them
    sink.manners.recipients = {}
    house.later(minutes=6)
    house.work()
    assert [received.recipients for received in sink.messages] == [("yes@example.net",), ("later@example.net",)]
    assert set(Transit.objects.values_list("state", flat=True)) == {Transit.State.DONE}


def test_hosts_are_tried_in_their_order(house: House, sink: MailSink, name_server: DnsServer):
    name_server.zone |= {
        "example.net": {"MX": ["20 mx.example.net.", "10 dead.example.net.", "5 missing.example.net."]},
        "dead.example.net": {"A": ["127.0.0.9"]},
    }
    house.send(house.alice, "bob@example.net")
    house.work()
    assert len(sink.messages) == 1


def test_without_mx_the_domain_itself_is_the_host(house: House, sink: MailSink, name_server: DnsServer):
    name_server.zone["example.net"] = {"A": ["127.0.0.1"]}
    house.send(house.alice, "bob@example.net", "carol@[127.0.0.1]")
    house.work()
    assert sorted(received.recipients[0] for received in sink.messages) == ["bob@example.net", "carol@[127.0.0.1]"]


@pytest.mark.parametrize(
    "zone, status, state",
    [
        ({"MX": ["0 ."]}, "5.1.10", "failed"),  # RFC 7505
        (None, "5.1.2", "failed"),
        (FAILING, "4.4.3", "deferred"),
        ({}, "4.4.4", "deferred"),
        ({"MX": ["10 private.example.net."]}, "5.4.4", "failed"),
    ],
)
def test_a_domain_without_a_host_says_why(house: House, name_server: DnsServer, zone, status: str, state: str):
    name_server.zone["private.example.net"] = {"A": ["127.0.0.1", "10.0.0.1"], "AAAA": ["::1"]}
    if zone is not None:
        name_server.zone["example.net"] = zone
    house.send(house.alice, "bob@example.net")
    house.work()
    assert (reply().enhanced_status_code, only().state) == (status, state)


def test_a_host_that_is_away_is_left_alone_for_a_moment(house: House, name_server: DnsServer, settings):
    settings.OUTBOUND_ALLOW_PRIVATE, settings.OUTBOUND_MX_PORT = True, 9
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net")
    house.work()
    assert (reply().enhanced_status_code, only().attempts) == ("4.4.1", 1)
    assert timedelta(minutes=4) < only().next_attempt_at - timezone.now() <= timedelta(minutes=5)
    assert Destination.objects.get().resting_until > timezone.now()
    house.send(house.alice, "carol@example.net")
    house.work()
    waiting = Delivery.objects.order_by("id").last()
    assert (waiting.attempts, waiting.state) == (0, "pending")
    assert waiting.next_attempt_at > timezone.now() + timedelta(seconds=20)


@pytest.mark.parametrize(
    "manners, status, state",
    [
        ({"sender": "550 5.7.1 Not you"}, "5.7.1", "failed"),
        ({"sender": "451 4.3.0 Not now"}, "4.3.0", "deferred"),
        ({"data": "554 5.7.1 Spam"}, "5.7.1", "failed"),
        ({"data": "452 4.3.1 Full"}, "4.3.1", "deferred"),
        ({"greeting": "554 No service"}, "4.0.0", "deferred"),
        ({"greeting": "421 4.7.0 Go away"}, "4.7.0", "deferred"),
        ({"greeting": "nonsense"}, "4.0.0", "deferred"),
    ],
)
def test_whatever_the_host_says_is_understood(house: House, sink: MailSink, manners, status: str, state: str):
    for name, value in manners.items():
        setattr(sink.manners, name, value)
    house.send(house.alice, "bob@example.net")
    house.work()
    assert (reply().enhanced_status_code, only().state) == (status, state)
    assert reply().host == "mx.example.net"


def test_a_host_that_sends_mail_back_to_us_ends_it(house: House, make_sink: MakeSink, name_server, settings):
    settings.OUTBOUND_MX_PORT = make_sink(host_name="mail.example.test").port
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net")
    house.work()
    assert (reply().enhanced_status_code, only().state) == ("5.4.6", "failed")


def test_a_message_beyond_the_hosts_size_is_not_even_sent(house: House, make_sink: MakeSink, name_server, settings):
    settings.OUTBOUND_MX_PORT = make_sink(size_limit=2_000).port
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net", raw=make_message_bytes(from_="alice@example.test") + b"x" * 3_000)
    house.work()
    assert (reply().enhanced_status_code, only().state) == ("5.3.4", "failed")


# --- Octets beyond ASCII ---------------------------------------------------------------------------------------

EIGHT_BIT = (
    "From: alice@example.test\r\nTo: bob@example.net\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nDéjà vu\r\n"
).encode()


def test_eight_bits_are_declared(house: House, sink: MailSink):
    house.send(house.alice, "bob@example.net", raw=EIGHT_BIT)
    house.work()
    assert "BODY=8BITMIME" in sink.messages[0].mail_options
    assert "Déjà vu".encode() in sink.messages[0].octets


def test_a_host_for_seven_bits_gets_seven_signed_anew(house: House, make_sink: MakeSink, name_server, settings):
    sink = make_sink(eight_bit=False)
    settings.OUTBOUND_MX_PORT = sink.port
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net", raw=EIGHT_BIT)
    house.work()
    octets = sink.messages[0].octets
    assert octets.isascii()
    assert email.message_from_bytes(octets).get_payload(decode=True).decode().strip() == "Déjà vu"
    record = dkim_keys.dns_record(DkimKey.objects.get())[1]
    assert dkim.DKIM(octets).verify(dnsfunc=lambda asked, timeout=5: record.encode())


def test_addresses_beyond_ascii_need_a_host_that_takes_them(house: House, make_sink: MakeSink, name_server, settings):
    sink, old = make_sink(), make_sink(utf8=False)
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    for host in (sink, old):
        settings.OUTBOUND_MX_PORT = host.port
        house.send(house.alice, "пётр@example.net")
        house.work()
    assert sink.messages[0].recipients == ("пётр@example.net",)
    assert "SMTPUTF8" in sink.messages[0].mail_options
    failed = Delivery.objects.get(state=Delivery.State.FAILED)
    assert deliveries.reply_of(failed).enhanced_status_code == "5.6.7"


def test_a_domain_beyond_ascii_is_written_in_ascii(house: House, sink: MailSink, name_server: DnsServer):
    name_server.zone["xn--bcher-kva.example"] = {"MX": ["10 mx.example.net."]}
    house.send(house.alice, "bob@bücher.example")
    house.work()
    assert sink.messages[0].recipients == ("bob@xn--bcher-kva.example",)


# --- TLS and the relay -----------------------------------------------------------------------------------------


def test_tls_is_used_when_offered_whoever_signed_it(house: House, make_sink: MakeSink, name_server, settings):
    sink = make_sink(tls=server_tls(trustme.CA(), "somebody.else"))
    settings.OUTBOUND_MX_PORT = sink.port
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net")
    house.work()
    assert sink.messages[0].is_encrypted


def test_broken_tls_does_not_keep_mail_back_that_nobody_wanted_encrypted(
    house: House, make_sink: MakeSink, name_server, settings
):
    useless = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # without a certificate no handshake succeeds
    sink = make_sink(tls=useless)
    settings.OUTBOUND_MX_PORT = sink.port
    name_server.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    house.send(house.alice, "bob@example.net")
    house.work()
    assert not sink.messages[0].is_encrypted


def test_a_relay_takes_everything_with_its_password(house: House, make_sink: MakeSink, settings):
    sink = make_sink(tls=server_tls(trustme.CA(), "localhost"), credentials=("us@er", "pass word"))
    settings.SMTP_RELAY_URL = f"smtp://us%40er:pass%20word@localhost:{sink.port}?verify=no"
    settings.OUTBOUND_ALLOW_PRIVATE = False  # a relay is the administrator's own choice
    house.send(house.alice, "a@example.net", "b@example.com")
    house.work()
    (received,) = sink.messages
    assert received.recipients == ("a@example.net", "b@example.com")
    assert received.is_encrypted
    assert received.user == "us@er"


@pytest.mark.parametrize("query", ["", "?verify=no&starttls=always"])
def test_a_relay_without_trustworthy_tls_gets_no_password(house: House, make_sink: MakeSink, settings, query: str):
    sink = make_sink(tls=None if query else server_tls(trustme.CA(), "localhost"))
    settings.SMTP_RELAY_URL = f"smtp://user:password@localhost:{sink.port}{query}"
    house.send(house.alice, "a@example.net")
    house.work()
    assert sink.messages == []
    assert reply().enhanced_status_code in ("4.7.4", "4.7.5")


@pytest.fixture
def sts_domain(house: House, make_sink: MakeSink, name_server: DnsServer, settings, monkeypatch):
    """example.net with a policy in enforce mode; ``authority`` signs, and is trusted."""
    authority = trustme.CA()

    def trusting() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    monkeypatch.setattr(sts, "ssl_context", trusting)
    monkeypatch.setattr("mailapp.delivery.outbound.client.ssl.create_default_context", trusting_factory(authority))
    name_server.zone |= {
        "example.net": {"MX": ["10 mx.example.net.", "5 mx.evil.test."]},
        "mx.example.net": {"A": ["127.0.0.1"]},
        "mx.evil.test": {"A": ["127.0.0.1"]},
        "_mta-sts.example.net": {"TXT": ["v=STSv1; id=1"]},
        "mta-sts.example.net": {"A": ["127.0.0.1"]},
    }
    return authority


def trusting_factory(authority: trustme.CA) -> Callable[[], ssl.SSLContext]:
    original = ssl.create_default_context

    def make() -> ssl.SSLContext:
        context = original()
        authority.configure_trust(context)
        return context

    return make


class PolicyServer:
    """Serves one policy over HTTPS."""

    def __init__(self, authority: trustme.CA, text: str, name: str = "mta-sts.example.net") -> None:
        import http.server

        content = text.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = server_tls(authority, name).wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve_policy(sts_domain: trustme.CA, monkeypatch):
    servers: list[PolicyServer] = []

    def serve(text: str, **options: str) -> None:
        servers.append(PolicyServer(sts_domain, text, **options))
        monkeypatch.setattr(sts, "HTTPS_PORT", servers[-1].port)

    yield serve
    for server in servers:
        server.stop()


POLICY = "version: STSv1\nmode: enforce\nmx: mx.example.net\nmax_age: 86400\n"


def test_mta_sts_is_honoured(house: House, sts_domain, serve_policy, make_sink: MakeSink, settings):
    serve_policy(POLICY)
    sink = make_sink(tls=server_tls(sts_domain, "mx.example.net"))
    settings.OUTBOUND_MX_PORT = sink.port
    house.send(house.alice, "bob@example.net")
    house.work()
    assert sink.messages[0].is_encrypted
    assert sink.most_connections == 1  # the host that the policy does not name was not asked
    assert StsPolicy.objects.get().mode == "enforce"


@pytest.mark.parametrize("names", [None, ("wrong.example.net",)])
def test_under_mta_sts_nothing_goes_without_good_tls(house, sts_domain, serve_policy, make_sink, settings, names):
    serve_policy(POLICY)
    sink = make_sink(tls=server_tls(sts_domain, *names) if names else None)
    settings.OUTBOUND_MX_PORT = sink.port
    house.send(house.alice, "bob@example.net")
    house.work()
    assert sink.messages == []
    assert only().state == "deferred"
    assert reply().enhanced_status_code in ("4.7.4", "4.7.5")


def test_a_known_policy_outlives_a_dns_that_was_silenced(house, sts_domain, serve_policy, name_server):
    serve_policy(POLICY)
    assert sts.policy_for("example.net").is_enforced
    StsPolicy.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    name_server.zone["_mta-sts.example.net"] = FAILING
    resolver.forget()
    assert sts.policy_for("example.net").is_enforced
    del name_server.zone["_mta-sts.example.net"]
    resolver.forget()
    assert sts.policy_for("example.net").is_enforced
    StsPolicy.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sts.policy_for("example.net") is None


def test_a_policy_from_the_wrong_place_is_none(house, sts_domain, serve_policy, settings):
    serve_policy(POLICY, name="somebody.else")
    assert sts.policy_for("example.net") is None
    settings.OUTBOUND_ALLOW_PRIVATE = False
    serve_policy(POLICY)
    assert sts.policy_for("example.net") is None  # a private address is no web server of others


# --- Reports ---------------------------------------------------------------------------------------------------


def test_a_permanent_refusal_is_reported_to_its_sender(house: House, sink: MailSink):
    """RFC 3464."""
    sink.manners.recipients = {"no@example.net": "550 5.1.1 No such user here"}
    raw = make_message_bytes(from_="alice@example.test", subject="Contract")
    house.send(house.alice, "no@example.net", raw=raw)
    house.work()
    (octets,) = house.messages(house.alice)
    report = email.message_from_bytes(octets)
    assert report["Return-Path"] == "<>"
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["Subject"] == "Not delivered: Contract"
    assert report["From"] == "Mail delivery <postmaster@example.test>"
    assert report["In-Reply-To"] == email.message_from_bytes(raw)["Message-ID"]
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    text, status, original = report.get_payload()
    words = text.get_payload(decode=True).decode()
    assert "no@example.net" in words
    assert "This address does not exist." in words
    assert "mx.example.net answered: 550 5.1.1 No such user here" in words
    message_fields, recipient_fields = status.get_payload()
    assert message_fields["Reporting-MTA"] == "dns; mail.example.test"
    assert recipient_fields["Final-Recipient"] == "rfc822; no@example.net"
    assert recipient_fields["Action"] == "failed"
    assert recipient_fields["Status"] == "5.1.1"
    assert recipient_fields["Remote-MTA"] == "dns; mx.example.net"
    assert recipient_fields["Diagnostic-Code"] == "smtp; 550 5.1.1 No such user here"
    assert original.get_content_type() == "message/rfc822"
    assert original.get_payload()[0]["Subject"] == "Contract"
    assert set(Transit.objects.values_list("state", flat=True)) == {Transit.State.DONE}


@pytest.mark.parametrize(
    "language, subject", [("fr", "Non remis"), ("ru", "Не доставлено")], ids=["french", "russian"]
)  # fmt: skip
def test_a_report_speaks_the_senders_language(house: House, sink: MailSink, monkeypatch, language: str, subject: str):
    from django.utils import translation

    spoken: list[str] = []
    original = reporting.reports.compose

    def compose(report):
        spoken.append(translation.get_language())
        return original(report)

    monkeypatch.setattr(reporting.reports, "compose", compose)
    writer = make_user(house.organization, "writer", language=language)
    sink.manners.sender = "550 5.7.1 No"
    house.send(writer, "no@example.net")
    house.work()
    assert len(house.messages(writer)) == 1
    assert spoken == [language]


def test_one_report_tells_of_all_recipients_that_failed_together(house: House, sink: MailSink):
    sink.manners.data = "554 5.7.1 Spam"
    house.send(house.alice, "a@example.net", "b@example.net")
    house.work()
    (octets,) = house.messages(house.alice)
    assert octets.count(b"Action: failed") == 2


def test_after_hours_a_delay_is_told_once_and_after_days_it_is_given_up(house: House, sink: MailSink):
    sink.manners.data = "451 4.3.0 Not now"
    house.send(house.alice, "bob@example.net")
    house.work()
    reporting.report_delays()
    assert house.messages(house.alice) == []
    house.later(hours=4, minutes=1)
    for _ in range(2):
        house.work()
        reporting.report_delays()
        house.work()
    (delay,) = house.messages(house.alice)
    assert b"Action: delayed" in delay
    assert b"Will-Retry-Until: " in delay
    house.later(hours=44)
    house.work()
    delay, failure = house.messages(house.alice)
    assert b"Action: failed" in failure
    assert b"Status: 5.3.0" in failure
    assert only().state == "failed"
    assert set(Transit.objects.values_list("state", flat=True)) == {Transit.State.DONE}


@pytest.mark.parametrize("notify, count", [(("NEVER",), 0), (("SUCCESS",), 0), (("FAILURE",), 1), ((), 1)])
def test_a_sender_who_does_not_want_to_know_is_not_told(house: House, sink: MailSink, notify, count: int):
    sink.manners.data = "554 5.7.1 Spam"
    house.send(house.alice, Recipient("bob@example.net", notify))
    house.work()
    assert len(house.messages(house.alice)) == count


def test_success_is_reported_to_who_asked(house: House, sink: MailSink):
    house.send(house.alice, Recipient("bob@example.net", ("SUCCESS",)), Recipient("bob@example.test", ("SUCCESS",)))
    house.work()
    actions = sorted(octets.split(b"Action: ")[1].split(b"\r\n")[0] for octets in house.messages(house.alice))
    assert actions == [b"delivered", b"relayed"]


def test_a_report_about_a_report_is_never_written(house: House, sink: MailSink):
    sink.manners.data = "554 5.7.1 Spam"
    house.send(house.alice, "bob@example.net", reverse_path="")
    automatic = b"Auto-Submitted: auto-replied\r\n" + make_message_bytes(from_="alice@example.test")
    house.send(house.alice, "bob@example.net", raw=automatic)
    house.work()
    assert house.messages(house.alice) == []
    assert not Delivery.objects.filter(report_due=True).exists()


def test_strangers_are_not_told_in_the_name_of_others(house: House, name_server: DnsServer, sink: MailSink):
    """Backscatter: only who proved to be the sender hears of a failure after acceptance."""
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    name_server.zone |= {
        "example.net": {"MX": ["10 mx.example.net."], "TXT": ["v=spf1 ip4:192.0.2.7 -all"]},
        "example.org": {"MX": ["10 mx.example.net."], "TXT": ["v=spf1 -all"]},
    }
    for sender in ("proved@example.net", "forged@example.org"):
        house.receive("alice@example.test", reverse_path=sender)
    alias = house.alice.addresses.get(local_part="al")
    house.receive("al@example.test", reverse_path="")
    services.remove_alias(SYSTEM, alias)
    services.disable(SYSTEM, house.alice)
    house.work()
    assert [received.recipients for received in sink.messages] == [("proved@example.net",)]
    assert sink.messages[0].reverse_path == ""
    assert b"Action: failed" in sink.messages[0].octets


def test_a_report_that_a_crash_left_behind_is_sent_later(house: House, sink: MailSink, monkeypatch):
    sink.manners.data = "554 5.7.1 Spam"
    house.send(house.alice, "bob@example.net")
    with monkeypatch.context() as patched:
        patched.setattr(reporting, "report", lambda transit: None)
        house.work()
    assert house.messages(house.alice) == []
    Delivery.objects.update(finished_at=timezone.now() - timedelta(minutes=1))
    for _ in range(2):
        reporting.report_forgotten()
        house.work()
    assert len(house.messages(house.alice)) == 1


# --- Groups with members elsewhere ------------------------------------------------------------------------------


def test_a_group_passes_mail_on_under_our_own_path(house: House, sink: MailSink):
    make_group(house.organization, "team", members=[house.alice, "bob@example.net"])
    house.receive("team@example.test", reverse_path="sender@example.org")
    house.work()
    assert len(house.messages(house.alice)) == 1
    (received,) = sink.messages
    assert received.octets.endswith(RAW)
    assert received.reverse_path.endswith("@example.test")
    assert rewriting.restored(received.reverse_path.rpartition("@")[0]) == "sender@example.org"


def test_a_report_to_a_rewritten_path_goes_on_to_the_sender(house: House, sink: MailSink):
    path = rewriting.rewritten("sender@example.net", "example.test")
    house.receive(path, reverse_path="")
    house.work()
    assert sink.messages[0].recipients == ("sender@example.net",)
    assert sink.messages[0].reverse_path == ""


def test_members_elsewhere_count_for_the_days_limit(house: House, sink: MailSink, settings):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 2
    make_group(house.organization, "team", members=["a@example.net", "b@example.net"])
    house.send(house.alice, "c@example.net", "team@example.test")
    house.work()
    assert [received.recipients for received in sink.messages] == [("c@example.net",)]
    (report,) = house.messages(house.alice)
    assert report.count(b"Action: failed") == 2


# --- Hold and recall -------------------------------------------------------------------------------------------


def test_a_message_on_hold_can_be_taken_back(house: House, sink: MailSink):
    from mailapp.delivery import intake
    from tests.factories import open_mailbox

    held = house.send(house.alice, "bob@example.net", hold_until=timezone.now() + timedelta(seconds=10))
    house.work()
    assert sink.messages == []
    with pytest.raises(Exception, match="does not exist"):
        intake.recall(open_mailbox(house.bob), held)
    assert quotas.spent(str(house.alice.pk)) == quotas.spent(house.organization.pk) == 1
    assert intake.recall(open_mailbox(house.alice), held)
    assert not intake.recall(open_mailbox(house.alice), held)
    assert quotas.spent(str(house.alice.pk)) == quotas.spent(house.organization.pk) == 0
    house.later(minutes=1)
    house.work()
    assert sink.messages == []
    assert Content.objects.get().released_at is not None


def test_a_message_whose_hold_is_over_cannot(house: House, sink: MailSink):
    from mailapp.delivery import intake
    from tests.factories import open_mailbox

    held = house.send(house.alice, "bob@example.net", hold_until=timezone.now())
    assert not intake.recall(open_mailbox(house.alice), held)
    house.work()
    assert len(sink.messages) == 1


# --- Several at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_destination_has_few_connections_at_a_time(transactional_db, sink: MailSink, settings):
    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    sink.manners.seconds_per_message = 0.2
    for number in range(12):
        house.send(house.alice, f"bob{number}@example.net")
    engine.start()
    try:
        while Delivery.objects.filter(state__in=Delivery.OPEN).exists() or not Delivery.objects.exists():
            house.work()
            Delivery.objects.filter(lease_until__isnull=True).update(next_attempt_at=timezone.now())
    finally:
        engine.stop()
    assert len(sink.messages) == 12
    assert 1 < sink.most_connections <= queue.CONNECTIONS_PER_DESTINATION
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_send_each_message_once(transactional_db, sink: MailSink, settings):
    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    for number in range(8):
        house.send(house.alice, f"bob{number}@example.net")

    def work() -> None:
        house.work()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    Delivery.objects.filter(lease_until__isnull=True).update(next_attempt_at=timezone.now())
    house.work()
    assert sorted(received.recipients[0] for received in sink.messages) == [f"bob{n}@example.net" for n in range(8)]
