"""Rules of delivery that need no database: back-off, envelopes, header octets, trace fields, rewriting, relay URLs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.delivery import backoff, header_fields, srs, trace_fields
from mailapp.delivery import envelope as envelopes
from mailapp.delivery.envelope import Envelope, Notify, Recipient
from mailapp.delivery.outbound import networks, relay, seven_bit, sts_policy
from mailapp.delivery.replies import Reply, understand

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAYS = timedelta(days=1)


# --- Back-off --------------------------------------------------------------------------------------------------


def test_the_wait_begins_at_five_minutes_doubles_and_ends_at_four_hours():
    waits = [backoff.wait_after(attempts) for attempts in range(1, 10)]
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert waits[-1] == timedelta(hours=4)


@given(st.integers(1, 10_000))
def test_the_wait_never_shrinks_and_never_leaves_its_bounds(attempts: int):
    wait = backoff.wait_after(attempts)
    assert timedelta(minutes=5) <= wait <= timedelta(hours=4)
    assert wait <= backoff.wait_after(attempts + 1)


@given(st.integers(1, 50), st.timedeltas(timedelta(0), 4 * DAYS))
def test_a_delivery_is_tried_at_the_very_end_and_then_given_up(attempts: int, age: timedelta):
    again = backoff.next_attempt_at(attempts, NOW + age, NOW, give_up_after=2 * DAYS)
    if age >= 2 * DAYS:
        assert again is None
    else:
        assert again is not None
        assert NOW + age < again <= NOW + 2 * DAYS


def test_a_whole_queue_life_has_a_bounded_number_of_attempts():
    now, attempts = NOW, 0
    while now is not None:
        attempts += 1
        last, now = now, backoff.next_attempt_at(attempts, now, NOW, give_up_after=2 * DAYS)
    assert last == NOW + 2 * DAYS
    assert 10 < attempts < 25


def test_zero_finished_attempts_make_no_sense():
    with pytest.raises(ValueError):
        backoff.wait_after(0)


# --- Envelopes -------------------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@given(_TEXT, st.lists(st.builds(Recipient, _TEXT, st.tuples(_TEXT), _TEXT), max_size=4), st.booleans())
def test_an_envelope_survives_being_kept(reverse_path: str, recipients: list[Recipient], is_utf8: bool):
    kept = Envelope(reverse_path, tuple(recipients), helo="client", is_utf8=is_utf8, user_domains=("a.test",), hops=2)
    assert envelopes.load(envelopes.dump(kept)) == kept


def test_without_notify_failures_and_delays_are_reported():
    assert Recipient("a@example.org").wants(Notify.FAILURE)
    assert Recipient("a@example.org").wants(Notify.DELAY)
    assert not Recipient("a@example.org").wants(Notify.SUCCESS)
    assert not Recipient("a@example.org", ("NEVER",)).wants(Notify.FAILURE)
    assert not Recipient("a@example.org", ("SUCCESS",)).wants(Notify.FAILURE)


# --- Header octets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw, header, rest",
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", b"A: 1\r\nB: 2\r\n", b"\r\nbody"),
        (b"A: 1\n\nbody", b"A: 1\n", b"\nbody"),
        (b"\r\nbody\r\n\r\nmore", b"", b"\r\nbody\r\n\r\nmore"),
        (b"A: 1\r\n", b"A: 1\r\n", b""),
        (b"", b"", b""),
    ],
)
def test_a_message_is_split_at_its_first_empty_line(raw: bytes, header: bytes, rest: bytes):
    assert header_fields.split(raw) == (header, rest)


@given(st.binary(max_size=400))
def test_splitting_and_taking_out_nothing_changes_no_octet(raw: bytes):
    assert b"".join(header_fields.split(raw)) == raw
    assert b"".join(field.octets for field in header_fields.fields(raw)) == raw
    assert header_fields.without(raw, lambda field: False) is raw


def test_a_field_goes_with_its_folded_lines_and_the_body_stays():
    raw = b"A: 1\r\nBcc: x,\r\n y\r\n\tz\r\nC: 3\r\n\r\nBcc: in the body\r\n"
    assert header_fields.without(raw, lambda field: field.name == "bcc") == (
        b"A: 1\r\nC: 3\r\n\r\nBcc: in the body\r\n"
    )


def test_a_text_without_header_stays_a_text():
    assert header_fields.put_in_front(b"hello world\r\n", b"Received: x\r\n") == b"Received: x\r\n\r\nhello world\r\n"
    assert header_fields.put_in_front(b"A: 1\r\n\r\n", b"Received: x\r\n") == b"Received: x\r\nA: 1\r\n\r\n"


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b".", b"\r\n."]), max_size=40))
def test_no_bare_line_end_survives(pieces: list[bytes]):
    clean = header_fields.with_line_ends(b"".join(pieces))
    assert clean.count(b"\r") == clean.count(b"\n") == clean.count(b"\r\n")


# --- Trace fields ----------------------------------------------------------------------------------------------


def test_received_says_who_came_how_and_when():
    envelope = Envelope(
        "a@example.org",
        (Recipient("b@example.test"),),
        helo="mx.example.org",
        client_address="192.0.2.7",
        protocol="ESMTPS",
        cipher="TLSv1.3 TLS_AES_256_GCM_SHA384",
        received_at=NOW.isoformat(),
    )
    field = trace_fields.received(envelope, host_name="mail.example.test", trace_id="abc").decode()
    assert " ".join(field.split()) == (
        "Received: from mx.example.org ([192.0.2.7]) by mail.example.test with ESMTPS "
        "(TLSv1.3-TLS_AES_256_GCM_SHA384) id abc for <b@example.test>; Mon, 02 Nov 2026 09:30:00 +0000"
    )
    assert max(map(len, field.split("\r\n"))) <= 78


def test_received_hides_other_recipients_and_whence_our_people_write():
    envelope = Envelope(
        "a@example.test", (Recipient("b@x.org"), Recipient("c@x.org")), client_address="192.0.2.7", user_id="someone"
    )
    field = trace_fields.received(envelope, host_name="mail.example.test", trace_id="abc").decode()
    assert "x.org" not in field
    assert "192.0.2.7" not in field


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_stranger_says_a_trace_field_stays_one_field(helo: str, address: str):
    envelope = Envelope(address, (Recipient(address),), helo=helo, client_address="2001:db8::1")
    field = trace_fields.received(envelope, host_name="h.test", trace_id="abc")
    field += trace_fields.return_path(address) + trace_fields.delivered_to(address)
    assert [found.name for found in header_fields.fields(field)] == ["received", "return-path", "delivered-to"]
    assert header_fields.with_line_ends(field) == field


# --- Rewritten reverse paths -----------------------------------------------------------------------------------

KEY, TODAY = b"k" * 32, date(2026, 11, 2)


def test_a_rewritten_path_leads_back_to_its_sender():
    path = srs.rewrite(KEY, "John.Doe=x@example.org", "lists.test", TODAY)
    local_part, _, domain = path.rpartition("@")
    assert domain == "lists.test"
    assert srs.restore(KEY, local_part, TODAY + 20 * DAYS) == "John.Doe=x@example.org"
    assert srs.restore(KEY, local_part.upper().replace("JOHN.DOE", "John.Doe").replace("=X", "=x"), TODAY)


@pytest.mark.parametrize("local_part", ["SRS0=aaaaaaaa=bb=example.org=a", "SRS0=x", "srs0=", "alice", "SRS0====="])
def test_a_path_that_we_did_not_write_leads_nowhere(local_part: str):
    assert srs.restore(KEY, local_part, TODAY) is None


def test_a_path_grows_old_and_belongs_to_one_key():
    local_part = srs.rewrite(KEY, "a@example.org", "lists.test", TODAY).rpartition("@")[0]
    assert srs.restore(KEY, local_part, TODAY + 22 * DAYS) is None
    assert srs.restore(b"other" * 8, local_part, TODAY) is None
    assert srs.rewrite(KEY, "", "lists.test", TODAY) == ""


# --- Replies of other hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, text, status, words",
    [
        (550, b"5.1.1 No such user\n5.1.1 here", "5.1.1", "No such user here"),
        (550, b"unknown", "5.0.0", "unknown"),
        (451, b"5.7.1 contradicts itself", "4.0.0", "5.7.1 contradicts itself"),
        (250, b"2.6.0 <id> Queued", "2.6.0", "<id> Queued"),
        (550, b"", "5.0.0", ""),
        (-1, b"nonsense", "4.0.0", "nonsense"),
    ],
)
def test_a_reply_is_understood(code: int, text: bytes, status: str, words: str):
    assert understand(code, text, "mx.test") == Reply(status, words, code, "mx.test")


# --- Addresses and URLs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_public_addresses_may_be_written_to(address: str):
    assert networks.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
        "localhost",
        "",
    ],
)
def test_private_addresses_may_not(address: str):
    assert not networks.is_public(address)


def test_a_relay_with_a_password_requires_tls():
    assert relay.parse("") is None
    assert relay.parse("smtp://relay.test") == relay.Relay("relay.test", 587)
    with_password = relay.parse("smtp://us%40er:p%3Aw@relay.test:2525")
    assert (with_password.user, with_password.password, with_password.starttls) == ("us@er", "p:w", "always")
    assert relay.parse("smtps://relay.test?verify=no") == relay.Relay("relay.test", 465, True, "may", False)
    assert "p:w" not in repr(with_password)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x?starttls=perhaps", "smtp://x?tls=1"])
def test_a_relay_url_that_makes_no_sense_is_refused(url: str):
    with pytest.raises(ValueError):
        relay.parse(url)


# --- MTA-STS ---------------------------------------------------------------------------------------------------

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmx: *.mx.example.org\r\nmax_age: 86400\r\n"


def test_a_policy_names_hosts():
    policy = sts_policy.parse(POLICY)
    assert policy.is_enforced
    assert policy.allows("MAIL.example.org.")
    assert policy.allows("a.mx.example.org")
    assert not policy.allows("mx.example.org")
    assert not policy.allows("a.b.mx.example.org")
    assert not policy.allows("evil.test")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: STSv1\nmode: enforce\nmax_age: 1",
        POLICY.replace("STSv1", "STSv2"),
        POLICY.replace("86400", "-1"),
        POLICY.replace("enforce", "maybe"),
    ],
)
def test_a_broken_policy_is_none(text: str):
    with pytest.raises(ValueError):
        sts_policy.parse(text)


@pytest.mark.parametrize(
    "texts, found",
    [
        (["v=STSv1; id=20261102T1;"], "20261102T1"),
        (["v=spf1 -all", "v=STSv1; id=1"], "1"),
        (["v=STSv1; id=1", "v=STSv1; id=2"], None),
        (["v=STSv1;"], None),
        (["v=STSv1; id=not-valid"], None),
        ([], None),
    ],
)
def test_a_policy_is_announced_by_exactly_one_record(texts: list[str], found: str | None):
    assert sts_policy.policy_id(texts) == found


# --- Seven bits ------------------------------------------------------------------------------------------------


def test_eight_bits_become_seven_and_mean_the_same():
    import email

    raw = (
        b"From: a@example.test\r\nSubject: =?utf-8?q?=C3=A9?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "Déjà vu, élève.\r\n".encode()
    )
    converted = seven_bit.converted(raw)
    assert converted.isascii()
    assert email.message_from_bytes(converted).get_payload(decode=True).decode().split() == ["Déjà", "vu,", "élève."]
