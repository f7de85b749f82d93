"""The submission ports, as people's programs meet them: TLS before the password, and nobody's name but one's own."""

from base64 import b64encode
from collections.abc import Callable

import pytest

from mailapp.delivery import quotas
from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from tests.factories import make_organization, make_user
from tests.protocols.smtp.conftest import RunningServer
from tests.services.dialogue import Dialogue
from tests.services.environment import PASSWORD

Connect = Callable[..., Dialogue]


@pytest.fixture
def alice(transactional_db: None, celery_queued: None):
    return make_user(make_organization("example", domain="example.test"), "alice", aliases=["al"])


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


PLAIN = encoded(f"\0alice@example.test\0{PASSWORD}")


@pytest.fixture
def signed_in(alice, connect: Connect, smtp_server: RunningServer) -> Dialogue:
    return connect(smtp_server.submissions_port, tls=True, greeted=True).plays(f"""
        C: AUTH PLAIN {PLAIN}
        S: 235 2.7.0
    """)


def message(from_: str = "alice@example.test", *lines: str) -> bytes:
    return "\r\n".join([f"From: {from_}", "Subject: Hello", *lines, "", "Text", ".", ""]).encode()


def test_starttls_comes_before_everything(alice, connect: Connect, smtp_server: RunningServer):
    dialogue = connect(smtp_server.submission_port).plays("""
        S: 220
        C: EHLO client.example
        S: 250-mail
        S: 250-SIZE
        S: 250-8BITMIME
        S: 250-PIPELINING
        S: 250-CHUNKING
        S: 250-SMTPUTF8
        S: 250-DSN
        S: 250-ENHANCEDSTATUSCODES
        S: 250-STARTTLS
        S: 250 HELP
        C: AUTH PLAIN AGEAYg==
        S: 538 5.7.11
        C: MAIL FROM:<alice@example.test>
        S: 530 5.7.0
        C: RCPT TO:<alice@example.test>
        S: 530 5.7.0
        C: DATA
        S: 530 5.7.0
        C: BDAT 2
        C: ab\\c
        S: 530 5.7.0
        C: VRFY alice
        S: 530 5.7.0
        C: STARTTLS now
        S: 501 5.5.4
        C: STARTTLS
        S: 220 2.0.0
    """)
    dialogue.start_tls(smtp_server.client_tls)
    dialogue.plays("""
        C: MAIL FROM:<alice@example.test>
        S: 503 5.5.1
        C: EHLO client.example
    """)
    lines = dialogue.reply()
    assert "250-AUTH PLAIN LOGIN" in lines
    assert "250-STARTTLS" not in lines
    dialogue.plays(f"""
        C: STARTTLS
        S: 503 5.5.1
        C: MAIL FROM:<alice@example.test>
        S: 530 5.7.0
        C: AUTH PLAIN {PLAIN}
        S: 235 2.7.0
        C: AUTH PLAIN {PLAIN}
        S: 503 5.5.1
    """)


def test_what_was_sent_along_with_starttls_is_not_taken_for_encrypted(alice, connect: Connect, smtp_server):
    """CVE-2024-34083."""
    for port in (smtp_server.submission_port, smtp_server.mx_port):
        dialogue = connect(port, greeted=True)
        dialogue.send(b"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n")
        dialogue.hears("503 5.5.1")
        assert dialogue.is_over()


def test_a_broken_handshake_ends_the_connection(alice, connect: Connect, smtp_server: RunningServer):
    dialogue = connect(smtp_server.mx_port, greeted=True).plays("C: STARTTLS\nS: 220")
    dialogue.send(b"this is no TLS\r\n" * 20)
    dialogue._file.read()
    assert connect(greeted=True)


def test_tls_on_the_mx_port_is_written_into_received(alice, connect: Connect, smtp_server: RunningServer):
    dialogue = connect(greeted=True).plays("C: STARTTLS\nS: 220")
    dialogue.start_tls(smtp_server.client_tls)
    dialogue.say("EHLO client.example")
    dialogue.reply()
    dialogue.plays("""
        C: MAIL FROM:<a@example.org>
        S: 250
        C: RCPT TO:<alice@example.test>
        S: 250
        C: DATA
        S: 354
        C: .
        S: 250
    """)
    received = " ".join(OpenTransit(Transit.objects.get()).raw.decode().split())
    assert "with ESMTPS (TLSv1.3-" in received


@pytest.mark.parametrize(
    "text",
    [
        f"C: AUTH PLAIN {PLAIN}\nS: 235 2.7.0",
        f"C: AUTH plain\nS: 334 \nC: {PLAIN}\nS: 235 2.7.0",
        (
            f"C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {encoded('alice@example.test')}\nS: 334 UGFzc3dvcmQ6\n"
            f"C: {encoded(PASSWORD)}\nS: 235 2.7.0"
        ),
        f"C: AUTH LOGIN {encoded('al@example.test')}\nS: 334 UGFzc3dvcmQ6\nC: {encoded(PASSWORD)}\nS: 235 2.7.0",
        f"C: AUTH PLAIN {encoded(f'alice@example.test{chr(0)}alice@example.test{chr(0)}{PASSWORD}')}\nS: 235 2.7.0",
        f"C: AUTH PLAIN {encoded(f'bob@example.test{chr(0)}alice@example.test{chr(0)}{PASSWORD}')}\nS: 501 5.5.2",
        f"C: AUTH PLAIN {encoded(f'{chr(0)}alice@example.test{chr(0)}wrong')}\nS: 535 5.7.8",
        f"C: AUTH PLAIN {encoded(f'{chr(0)}nobody@example.test{chr(0)}{PASSWORD}')}\nS: 535 5.7.8",
        "C: AUTH PLAIN\nS: 334\nC: *\nS: 501 5.7.0",
        "C: AUTH LOGIN\nS: 334\nC: *\nS: 501 5.7.0",
        "C: AUTH PLAIN !!!\nS: 501 5.5.2",
        "C: AUTH PLAIN =\nS: 501 5.5.2",
        "C: AUTH PLAIN //8=\nS: 501 5.5.2",
        "C: AUTH CRAM-MD5\nS: 504 5.5.4",
        "C: AUTH\nS: 504 5.5.4",
    ],
)  # fmt: skip
def test_signing_in(alice, connect: Connect, smtp_server: RunningServer, text: str):
    """RFC 4954, RFC 4616."""
    connect(smtp_server.submissions_port, tls=True, greeted=True).plays(text)


def test_too_many_wrong_passwords_lock_the_door(alice, connect: Connect, smtp_server: RunningServer):
    wrong = encoded("\0alice@example.test\0wrong")
    dialogue = connect(smtp_server.submissions_port, tls=True, greeted=True)
    for _ in range(12):
        dialogue.plays(f"C: AUTH PLAIN {wrong}\nS: 535 5.7.8")
    dialogue.plays(f"C: AUTH PLAIN {PLAIN}\nS: 535 5.7.8")


def test_a_message_is_taken_for_people_here_and_elsewhere(signed_in: Dialogue, alice):
    signed_in.plays("""
        C: MAIL FROM:<alice@example.test>
        S: 250 2.1.0
        C: RCPT TO:<bob@example.org>
        S: 250 2.1.5
        C: RCPT TO:<al@example.test>
        S: 250 2.1.5
        C: RCPT TO:<nobody@example.test>
        S: 550 5.1.1
        C: DATA
        S: 354
    """)
    signed_in.send(message("Alice <alice@example.test>", "Bcc: secret@example.org", "Return-Path: <x@y>"))
    signed_in.hears("250 2.6.0")
    transit = OpenTransit(Transit.objects.get())
    assert transit.is_submission
    assert transit.envelope.user_id == str(alice.pk)
    assert transit.envelope.protocol == "ESMTPSA"
    assert b"secret" not in transit.raw
    assert b"Return-Path" not in transit.raw
    assert b"127.0.0.1" not in transit.raw
    assert b"\r\nDate: " in transit.raw
    assert b"\r\nMessage-ID: <" in transit.raw
    assert quotas.spent(str(alice.pk)) == 1


@pytest.mark.parametrize("sender", ["alice@example.test", "AL@example.test", "alice+shop@example.test", ""])
def test_ones_own_addresses_may_be_used(signed_in: Dialogue, sender: str):
    signed_in.plays(f"""
        C: MAIL FROM:<{sender}>
        S: 250
        C: RCPT TO:<bob@example.org>
        S: 250
        C: DATA
        S: 354
    """)
    signed_in.send(message(sender or "alice@example.test"))
    signed_in.hears("250 2.6.0")


@pytest.mark.parametrize("sender", ["bob@example.test", "alice@example.org", "admin@example.test"])
def test_nobody_sends_with_the_address_of_another(signed_in: Dialogue, sender: str):
    signed_in.plays(f"""
        C: MAIL FROM:<{sender}>
        S: 550 5.7.1
    """)


@pytest.mark.parametrize(
    "from_, reply",
    [
        ("admin@example.test", "550 5.7.1"),
        ("Alice <alice@example.test>, admin@example.test", "550 5.7.1"),
        ("alice@example.test\r\nFrom: admin@example.test", "550 5.7.1"),
        ('"alice@example.test" <admin@example.test>', "550 5.7.1"),
        ("undisclosed:;", "554 5.6.0"),
    ],
)
def test_nobody_writes_in_the_name_of_another(signed_in: Dialogue, from_: str, reply: str):
    signed_in.plays("""
        C: MAIL FROM:<alice@example.test>
        S: 250
        C: RCPT TO:<bob@example.org>
        S: 250
        C: DATA
        S: 354
    """)
    signed_in.send(message(from_))
    signed_in.hears(reply)
    assert not Transit.objects.exists()


def test_the_days_limit_is_counted_and_kept(signed_in: Dialogue, alice, settings):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 2
    text = """
        C: MAIL FROM:<alice@example.test>
        S: 250
        C: RCPT TO:<bob@example.org>
        S: 250
        C: RCPT TO:<carol@example.org>
        S: 250
        C: DATA
        S: 354
    """
    signed_in.plays(text).send(message())
    signed_in.hears("250 2.6.0")
    signed_in.plays(text).send(message())
    signed_in.hears("452 4.7.1")
    assert quotas.spent(str(alice.pk)) == quotas.spent(alice.organization_id) == 2
    assert Transit.objects.count() == 1


def test_a_disabled_person_does_not_sign_in(alice, connect: Connect, smtp_server: RunningServer):
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    services.disable(SYSTEM, alice)
    connect(smtp_server.submissions_port, tls=True, greeted=True).plays(f"C: AUTH PLAIN {PLAIN}\nS: 535 5.7.8")
