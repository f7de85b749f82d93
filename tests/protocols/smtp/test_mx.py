"""The MX port, as other mail servers meet it: what it takes, and what it refuses with which words."""

import socket
import time
from collections.abc import Callable

import pytest

from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from tests.factories import make_group, make_organization, make_user
from tests.protocols.smtp.conftest import RunningServer
from tests.services.dialogue import Dialogue

Connect = Callable[..., Dialogue]


@pytest.fixture
def alice(transactional_db: None, celery_queued: None):
    """alice@example.test, and nobody who takes mail out of transit."""
    return make_user(make_organization("example", domain="example.test"), "alice", aliases=["al"])


def accepted() -> OpenTransit:
    """Return the one message in transit."""
    return OpenTransit(Transit.objects.get())


# --- Taking mail -----------------------------------------------------------------------------------------------


def test_a_message_is_accepted(alice, connect: Connect):
    """RFC 5321 appendix D."""
    reply = (
        connect()
        .plays("""
        S: 220 mail.example.test ESMTP
        C: EHLO client.example
        S: 250-mail.example.test greets you
        S: 250-SIZE 41943040
        S: 250-8BITMIME
        S: 250-PIPELINING
        S: 250-CHUNKING
        S: 250-SMTPUTF8
        S: 250-DSN
        S: 250-ENHANCEDSTATUSCODES
        S: 250-STARTTLS
        S: 250 HELP
        C: MAIL FROM:<sender@example.org>
        S: 250 2.1.0
        C: RCPT TO:<Alice@Example.Test>
        S: 250 2.1.5
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: From: sender@example.org
        C: Subject: Hello
        C:
        C: ..a line with a dot
        C: .
        S: 250 2.6.0 Accepted as
        C: QUIT
        S: 221 2.0.0
    """)
        .heard[-2]
    )
    transit = accepted()
    assert transit.row.trace_id in reply
    assert transit.envelope.reverse_path == "sender@example.org"
    assert [recipient.address for recipient in transit.envelope.recipients] == ["Alice@example.test"]
    received, _, rest = transit.raw.partition(b"From: ")
    assert received.startswith(b"Received: from client.example ([127.0.0.1])")
    assert rest == b"sender@example.org\r\nSubject: Hello\r\n\r\n.a line with a dot\r\n"
    assert b"Hello" not in bytes(transit.row.envelope) + bytes(transit.row.content_key)


def test_old_clients_say_helo(alice, connect: Connect):
    connect().plays("""
        S: 220
        C: HELO client.example
        S: 250 mail.example.test
        C: MAIL FROM:<>
        S: 250 2.1.0
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5
        C: DATA
        S: 354
        C: .
        S: 250 2.6.0
    """)
    assert accepted().envelope.is_from_nobody
    assert accepted().envelope.protocol == "SMTP"


def test_commands_may_come_all_at_once(alice, mx: Dialogue):
    """RFC 2920: and each gets its reply in order."""
    mx.send(
        b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<nobody@example.test>\r\nDATA\r\n"
        b"Subject: x\r\n\r\ny\r\n.\r\nMAIL FROM:<b@example.org>\r\nRSET\r\nQUIT\r\n"
    )
    assert [mx.line()[:3] for _ in range(8)] == ["250", "250", "550", "354", "250", "250", "250", "221"]
    assert mx.is_over()


def test_a_client_that_closes_its_half_still_gets_its_replies(alice, mx: Dialogue):
    mx.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nx: y\r\n\r\n.\r\nQUIT\r\n")
    mx.socket.shutdown(socket.SHUT_WR)
    assert [mx.line()[:3] for _ in range(5)] == ["250", "250", "354", "250", "221"]
    assert Transit.objects.count() == 1


def test_two_messages_in_one_connection_do_not_mix(alice, mx: Dialogue):
    for sender in ("a@example.org", "b@example.org"):
        mx.plays(f"""
            C: MAIL FROM:<{sender}>
            S: 250
            C: RCPT TO:<alice@example.test>
            S: 250
            C: DATA
            S: 354
            C: From: {sender}
            C: .
            S: 250 2.6.0
        """)
    found = [OpenTransit(row) for row in Transit.objects.order_by("created_at")]
    assert [transit.envelope.reverse_path for transit in found] == ["a@example.org", "b@example.org"]
    assert all(len(transit.envelope.recipients) == 1 for transit in found)


def test_chunks_make_a_message(alice, mx: Dialogue):
    """RFC 3030: dots are plain octets, and a chunk may hold anything."""
    mx.plays("""
        C: MAIL FROM:<a@example.org> BODY=8BITMIME
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: BDAT 13
        C: Subject: x\\r\\n\\r\\c
        S: 250 2.0.0 13 octets received
        C: BDAT 10 LAST
        C: \\n.\\r\\n\\xc3\\xa9 y\\r\\n\\c
        S: 250 2.6.0 Accepted
    """)
    assert accepted().raw.endswith("Subject: x\r\n\r\n.\r\né y\r\n".encode())


def test_chunks_may_come_all_at_once(alice, mx: Dialogue):
    mx.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\n")
    mx.send(b"BDAT 6\r\nA: 1\r\nBDAT 8 LAST\r\nB: 2\r\n\r\nQUIT\r\n")
    assert [mx.line()[:3] for _ in range(5)] == ["250", "250", "250", "250", "221"]
    assert accepted().raw.endswith(b"A: 1\r\nB: 2\r\n\r\n")


@pytest.mark.parametrize(
    "commands, codes",
    [
        (b"BDAT 3 LAST\r\nQUI", ["503"]),  # octets of a refused chunk are no commands
        (
            b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nBDAT 2\r\nABDATA\r\n",
            ["250", "250", "250", "503"],
        ),
        (b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nBDAT 3 LAST\r\na\nb", ["250", "250", "554"]),
        (b"MAIL FROM:<a@example.org>\r\nBDAT x\r\n", ["250", "501"]),
        (b"MAIL FROM:<a@example.org>\r\nBDAT 99999999999999\r\n", ["250", "501"]),
    ],
)
def test_chunks_out_of_order_are_refused(alice, mx: Dialogue, commands: bytes, codes: list[str]):
    mx.send(commands)
    assert [mx.line()[:3] for _ in codes] == codes
    assert not Transit.objects.exists()


def test_addresses_in_utf8_need_smtputf8(transactional_db, celery_queued, connect: Connect):
    make_user(make_organization("books", domain="bücher.test"), "zoë")
    connect(greeted=True).plays("""
        C: MAIL FROM:<дмитрий@example.org>
        S: 553 5.6.7
        C: MAIL FROM:<дмитрий@example.org> SMTPUTF8
        S: 250
        C: RCPT TO:<ZOË@BÜCHER.test>
        S: 250
        C: DATA
        S: 354
        C: Subject: élan
        C: .
        S: 250 2.6.0
    """)
    assert accepted().envelope.is_utf8
    assert accepted().envelope.protocol == "UTF8SMTP"


def test_source_routes_are_dropped_and_postmaster_is_known(alice, mx: Dialogue):
    mx.plays("""
        C: MAIL FROM:<@relay.example:a@example.org>
        S: 250
        C: RCPT TO:<@relay.example,@other.example:alice@example.test>
        S: 250
        C: RCPT TO:<postmaster>
        S: 250
        C: RCPT TO:<Postmaster@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250
    """)
    assert [r.address for r in accepted().envelope.recipients] == [
        "alice@example.test",
        "postmaster@example.test",
        "Postmaster@example.test",
    ]


def test_what_the_sender_wants_to_know_is_kept(alice, mx: Dialogue):
    """RFC 3461."""
    mx.plays("""
        C: MAIL FROM:<a@example.org> RET=HDRS ENVID=QQ314159
        S: 250
        C: RCPT TO:<alice@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;al@example.org
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250
    """)
    envelope = accepted().envelope
    assert (envelope.ret, envelope.envid) == ("HDRS", "QQ314159")
    assert envelope.recipients[0].notify == ("SUCCESS", "DELAY")
    assert envelope.recipients[0].orcpt == "rfc822;al@example.org"


def test_recipients_of_two_organizations_become_two_transits_of_one_content(alice, mx: Dialogue):
    make_user(make_organization("other", domain="other.test"), "bob")
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: RCPT TO:<bob@other.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250
    """)
    rows = list(Transit.objects.all())
    assert len({row.organization_id for row in rows}) == 2
    assert len({row.content_id for row in rows}) == 1
    assert {tuple(r.address for r in OpenTransit(row).envelope.recipients) for row in rows} == {
        ("alice@example.test",),
        ("bob@other.test",),
    }


def test_only_we_say_who_passed_our_checks_and_who_sent_it(alice, mx: Dialogue):
    """RFC 8601 §5, RFC 5321 §4.4."""
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: Return-Path: <forged@example.test>
        C: Authentication-Results: mail.example.test; dmarc=pass
        C:  header.from=bank.example
        C: Authentication-Results: mx.example.org; spf=pass
        C: Subject: x
        C: .
        S: 250
    """)
    raw = accepted().raw
    assert b"forged" not in raw
    assert b"bank.example" not in raw
    assert b"Authentication-Results: mx.example.org; spf=pass\r\nSubject: x\r\n" in raw


# --- Refusing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address, reply",
    [
        ("nobody@example.test", "550 5.1.1"),
        ("bob@elsewhere.test", "550 5.7.1"),
        ("a@[127.0.0.1]", "550 5.7.1"),
        ('"alice@example.test"@elsewhere.test', "550 5.7.1"),
        ("alice%example.test@elsewhere.test", "550 5.7.1"),
        ("disabled@example.test", "550 5.1.1"),
        ("bob@unverified.test", "550 5.7.1"),
        ("SRS0=aaaaaaaa=bb=example.org=a@example.test", "550 5.1.1"),
        ("alice", "553 5.1.3"),
        ("alice@", "553 5.1.3"),
        ("", "553 5.1.3"),
        ("a b@example.test", "553 5.1.3"),
    ],
)
def test_a_recipient_we_have_not_is_refused_at_once(alice, mx: Dialogue, address: str, reply: str):
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    make_user(alice.organization, "disabled", enabled=False)
    domain = services.add_domain(SYSTEM, alice.organization, "unverified.test")
    services.enable(SYSTEM, make_user(alice.organization, "bob", enabled=False), f"bob@{domain.name}")
    mx.plays(f"""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<{address}>
        S: {reply}
    """)


@pytest.mark.parametrize(
    "address", ["al@example.test", "alice+shop@example.test", "ALICE@EXAMPLE.TEST", "team@example.test"]
)
def test_aliases_tags_and_groups_are_recipients(alice, mx: Dialogue, address: str):
    make_group(alice.organization, "team", members=[alice])
    mx.plays(f"""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<{address}>
        S: 250 2.1.5
    """)


def test_a_full_mailbox_asks_to_come_again(alice, mx: Dialogue):
    from mailapp.store.models import Mailbox

    Mailbox.objects.filter(entity=alice).update(quota_bytes=10, used_bytes=10)
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 452 4.2.2
    """)


SMUGGLED = b"\r\nMAIL FROM:<ceo@example.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nSubject: smuggled\r\n\r\n.\r\n"


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n", b"\r\r\n.\r\r\n", b"\n.\r"],
)
def test_nothing_is_smuggled_past_another_server(alice, mx: Dialogue, end: bytes):
    """CVE-2023-51764: the message is read to its real end, refused as a whole, and the connection closed."""
    mx.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n")
    assert [mx.line()[:3] for _ in range(3)] == ["250", "250", "354"]
    mx.send(b"Subject: a\r\n\r\nb" + end + SMUGGLED)
    mx.hears("554 5.6.11")
    assert mx.is_over()
    assert not Transit.objects.exists()


def test_a_line_that_is_too_long_is_refused_and_the_next_message_taken(alice, mx: Dialogue):
    envelope = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n"
    for text, reply in ((b"x" * 999, "554 5.6.0"), (b"x" * 998, "250 2.6.0"), (b"x" * 200_000, "554 5.6.0")):
        mx.send(envelope + b"Subject: a\r\n\r\n" + text + b"\r\n.\r\n")
        assert [mx.line()[:3] for _ in range(3)] == ["250", "250", "354"]
        mx.hears(reply)
    assert Transit.objects.count() == 1


def test_a_message_that_is_too_big_is_refused_by_its_declaration_and_by_its_octets(alice, mx: Dialogue, settings):
    settings.SMTP_MAX_MESSAGE_BYTES = 10_000
    mx.plays("""
        C: MAIL FROM:<a@example.org> SIZE=10001
        S: 552 5.3.4
        C: MAIL FROM:<a@example.org> SIZE=5
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
    """)
    mx.send((b"x" * 98 + b"\r\n") * 101 + b".\r\n")
    mx.hears("552 5.3.4")
    mx.plays("""
        C: DATA
        S: 503 5.5.1
    """)
    assert not Transit.objects.exists()


def test_when_memory_is_short_the_client_comes_again(alice, mx: Dialogue, smtp_server: RunningServer):
    smtp_server.server.memory._limit = 5_000
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
    """)
    mx.send((b"x" * 98 + b"\r\n") * 100 + b".\r\n")
    mx.hears("452 4.3.1")
    assert smtp_server.server.memory._sum == 0


def test_too_many_recipients_are_left_for_the_next_transaction(alice, mx: Dialogue, settings):
    settings.SMTP_MAX_RECIPIENTS = 2
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice+1@example.test>
        S: 250
        C: RCPT TO:<alice+2@example.test>
        S: 250
        C: RCPT TO:<alice+3@example.test>
        S: 452 4.5.3
        C: DATA
        S: 354
        C: .
        S: 250 2.6.0
    """)
    assert len(accepted().envelope.recipients) == 2


def test_a_message_that_goes_round_in_circles_is_stopped(alice, mx: Dialogue):
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
    """)
    mx.send(b"Received: from a by b; Mon, 2 Nov 2026 09:30:00 +0000\r\n" * 51 + b"\r\n.\r\n")
    mx.hears("554 5.4.6")


@pytest.mark.parametrize(
    "text",
    [
        "C: MAIL FROM:<a@b.test> \nS: 503 5.5.1",
        "C: RCPT TO:<a@b.test>\nS: 503 5.5.1",
        "C: DATA\nS: 503 5.5.1",
        "C: NONSENSE\nS: 500 5.5.1",
        "C: \\xff\\xfe\nS: 500 5.5.1",
        "C:\nS: 500 5.5.1",
        "C: EHLO\nS: 501 5.5.4",
        "C: EXPN list\nS: 502 5.5.1",
        "C: VRFY alice\nS: 252 2.1.5",
        "C: VRFY\nS: 501 5.5.4",
        "C: NOOP anything\nS: 250 2.0.0",
        "C: HELP MAIL\nS: 214 2.0.0",
        "C: RSET\nS: 250 2.0.0",
        "C: AUTH PLAIN AGEAYg==\nS: 502 5.5.1",
        "C: ETRN x\nS: 502 5.5.1",
    ],
)
def test_before_the_greeting_each_command_has_its_answer(alice, connect: Connect, text: str):
    connect().plays("S: 220").plays(text)


@pytest.mark.parametrize(
    "text",
    [
        "C: MAIL a@b.test\nS: 501 5.5.4",
        "C: MAIL FROM:<a@b.test> SIZE=x\nS: 501 5.5.4",
        "C: MAIL FROM:<a@b.test> BODY=BINARYMIME\nS: 555 5.5.4",
        "C: MAIL FROM:<a@b.test> XYZ=1\nS: 555 5.5.4",
        "C: MAIL FROM:<a@b@c>\nS: 553 5.1.7",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: MAIL FROM:<a@b.test>\nS: 503 5.5.1",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: DATA\nS: 503 5.5.1",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: RCPT alice\nS: 501 5.5.4",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: RCPT TO:<alice@example.test> X=1\nS: 555 5.5.4",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: RCPT TO:<no@example.test>\nS: 550 5.1.1\nC: DATA\nS: 554 5.5.1",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: RSET\nS: 250\nC: RCPT TO:<alice@example.test>\nS: 503 5.5.1",
        "C: MAIL FROM:<a@b.test>\nS: 250\nC: HELO again.example\nS: 250\nC: RCPT TO:<alice@example.test>\nS: 503 5.5.1",
    ],
)
def test_commands_that_make_no_sense_have_their_answer(alice, mx: Dialogue, text: str):
    mx.plays(text)


def test_a_long_command_is_refused_and_the_next_one_answered(alice, mx: Dialogue):
    mx.send(b"NOOP " + b"x" * 100_000 + b"\r\nNOOP\r\n")
    mx.plays("""
        S: 500 5.5.2
        S: 250 2.0.0
    """)


def test_somebody_who_only_makes_errors_is_sent_away(alice, mx: Dialogue):
    for _ in range(21):
        mx.plays("C: NONSENSE\nS: 500 5.5.1")
    mx.hears("421 4.7.0")
    assert mx.is_over()


def test_one_address_has_a_bounded_number_of_connections(alice, connect: Connect, settings):
    settings.SMTP_MAX_CONNECTIONS_PER_ADDRESS = 2
    first, second = connect(), connect()
    third = connect()
    third.hears("421 4.7.0")
    assert third.is_over()
    first.plays("S: 220\nC: QUIT\nS: 221")
    assert first.is_over()
    second.hears("220")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if connect().line().startswith("220"):
            return
    raise AssertionError("the place of the first was not given to anybody")


def test_silence_ends_with_a_word(alice, connect: Connect, settings):
    settings.SMTP_COMMAND_TIMEOUT_SECONDS = 0.3
    dialogue = connect()
    dialogue.plays("S: 220\nS: 421 4.4.2")
    assert dialogue.is_over()


def test_when_the_blob_store_is_full_the_client_comes_again(alice, mx: Dialogue, monkeypatch):
    from mailapp.store import blobs

    def full(name: str, octets: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blobs, "write", full)
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 452 4.3.1
        C: NOOP
        S: 250
    """)
    assert not Transit.objects.exists()


def test_when_the_database_refuses_the_client_comes_again_and_no_blob_stays(alice, mx: Dialogue, monkeypatch, settings):
    from pathlib import Path

    from django.db import OperationalError

    from mailapp.store.models import Content

    def broken(self, *args, **kwargs):
        raise OperationalError("gone")

    before = set(Path(settings.STORAGES["blobs"]["OPTIONS"]["location"]).rglob("*"))
    monkeypatch.setattr(Content, "save", broken)
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 451 4.3.0
    """)
    after = set(Path(settings.STORAGES["blobs"]["OPTIONS"]["location"]).rglob("*"))
    assert not [path for path in after - before if path.is_file()]


def test_mail_is_accepted_while_the_organizations_key_is_disabled(alice, mx: Dialogue):
    from workmail.keys.models import OrganizationKey
    from workmail.keys.services import set_organization_key_state

    key = OrganizationKey.objects.get(organization=alice.organization)
    set_organization_key_state(key, OrganizationKey.State.DISABLED)
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250 2.6.0
    """)


def test_mail_is_accepted_while_the_broker_is_gone(alice, mx: Dialogue, monkeypatch):
    from mailapp.delivery import tasks

    def refuse(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.deliver, "apply_async", refuse)
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250 2.6.0
    """)
    assert Transit.objects.get().state == Transit.State.WAITING


# --- Shutting down ---------------------------------------------------------------------------------------------


def test_a_message_that_is_arriving_still_arrives_at_shutdown(alice, mx: Dialogue, connect: Connect, smtp_server):
    idle = connect()
    idle.hears("220")
    mx.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: Subject: half
    """)
    import threading

    closing = threading.Thread(target=smtp_server.call, args=(smtp_server.server.close(10),))
    closing.start()
    idle.hears("421 4.3.2")
    with pytest.raises(OSError):
        connect()
    mx.plays("""
        C: .
        S: 250 2.6.0
        S: 421 4.3.2
    """)
    closing.join(10)
    assert Transit.objects.count() == 1
