"""Writing messages: correct MIME, readable by ourselves and by the standard library, and no way to inject anything."""

# ruff: noqa: E501  (messages, one value to a line)

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from mailapp.mime import reports
from mailapp.mime.compose import Outgoing, OutgoingAttachment, compose, content_bytes, needs_smtputf8, size_as_mime
from mailapp.mime.headers import header_block
from mailapp.mime.model import InvalidField, Person
from mailapp.mime.parse import header_fields, parse, part_content
from tests.mime.laws import law

ALICE, BOB, CHLOE = (
    Person("Alice Martin", "alice@example.test"),
    Person("Bob", "bob@example.test"),
    Person("Chloé", "chloe@example.test"),
)
PLAIN = Outgoing(
    from_=ALICE, to=(BOB,), subject="Figures", text="Good morning.\n", date=datetime(2026, 11, 3, 9, 15, tzinfo=UTC)
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def check(raw: bytes) -> None:
    """RFC 5322 §2.1.1, RFC 2045: what any server may rely on."""
    assert raw.replace(b"\r\n", b"").count(b"\r") == raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert max(map(len, header_block(raw).split(b"\r\n"))) <= 100
    assert raw.isascii()


def test_a_plain_message_is_plain():
    raw = compose(replace(PLAIN, message_id="<1@example.test>"))
    assert raw == (
        b"From: Alice Martin <alice@example.test>\r\nTo: Bob <bob@example.test>\r\nSubject: Figures\r\n"
        b"Date: Tue, 03 Nov 2026 09:15:00 +0000\r\nMessage-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="us-ascii"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nGood morning.\r\n'
    )


def test_html_pictures_and_files_stand_where_they_belong():
    attachments = (
        OutgoingAttachment("Отчёт за октябрь.pdf", "application/pdf", b"%PDF-1.4"),
        OutgoingAttachment("logo.png", "image/png", PNG, content_id="logo@example.test"),
        OutgoingAttachment("notes.txt", "text/plain", "Über".encode()),
    )
    raw = compose(
        replace(PLAIN, html='<p>Grüße</p><img src="cid:logo@example.test">', text="", attachments=attachments)
    )
    check(raw)
    kinds = [part.get_content_type() for part in email.message_from_bytes(raw).walk()]
    assert kinds == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
        *("application/pdf", "text/plain"),
    ]
    parsed = parse(raw)
    assert parsed.text == "Grüße"
    assert [part.file_name for part in parsed.attachments] == ["Отчёт за октябрь.pdf", "notes.txt"]
    assert [part.content_id for part in parsed.inline_parts] == ["logo@example.test"]
    assert part_content(raw, "1.2.2").octets == PNG
    assert part_content(raw, "3").octets == "Über".encode()
    assert parsed.defects == ()


def test_bcc_never_leaves_the_house():
    outgoing = replace(PLAIN, bcc=(CHLOE,))
    assert b"chloe" not in compose(outgoing)
    assert parse(compose(outgoing, keep_bcc=True)).bcc == (CHLOE,)


def test_wishes_are_written_down():
    parsed = parse(
        compose(
            replace(PLAIN, importance="high", request_read_receipt=True, reply_to=(CHLOE,), sender=BOB, cc=(CHLOE,), language="fr",
                    in_reply_to="<a@example.test>", references=("<z@example.test>", "<a@example.test>", "not one"))
        )
    )  # fmt: skip
    assert parsed.importance == "high"
    assert parsed.disposition_notification_to == (ALICE,)
    assert (parsed.reply_to, parsed.sender, parsed.cc) == ((CHLOE,), (BOB,), (CHLOE,))
    assert parsed.references == ("<z@example.test>", "<a@example.test>")
    assert parsed.in_reply_to == "<a@example.test>"


def test_identifiers_are_new_and_in_the_domain_of_the_author():
    first, second = (parse(compose(replace(PLAIN, from_=Person("", "a@MÜLLER.example")))).message_id for _ in range(2))
    assert first != second
    assert first.endswith("@xn--mller-kva.example>")


def test_international_addresses_travel_with_smtputf8_only_when_they_must():
    domain = replace(PLAIN, to=(Person("Jörg", "jorg@müller.example"),))
    local = replace(PLAIN, to=(Person("Jörg", "jörg@müller.example"),))
    assert not needs_smtputf8(domain)
    assert not needs_smtputf8(compose(domain))
    assert b"jorg@xn--mller-kva.example" in compose(domain)
    assert needs_smtputf8(local)
    assert needs_smtputf8(compose(local))
    assert parse(compose(local)).to[0].addr_spec == "jörg@xn--mller-kva.example"


def test_a_message_stays_a_message_where_it_can():
    plain = compose(PLAIN)
    raw = compose(replace(PLAIN, attachments=(OutgoingAttachment("", "message/rfc822", plain),)))
    assert plain in raw
    assert parse(raw).attachments[0].file_name == "Figures.eml"
    damaged = compose(
        replace(PLAIN, attachments=(OutgoingAttachment("x.eml", "message/rfc822", b"Subject: \xff\n\nx"),))
    )
    check(damaged)
    assert part_content(damaged, "2").octets == b"Subject: \xff\n\nx"


# --- What must not be ----------------------------------------------------------------------------------------------

BAD = ["\r\nBcc: x@example.test", "\n", "\r", "\0", "\u2028", "\u2029", "\x85", "\x0b", "\x1b", "\ud800"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "change",
    [
        lambda bad: {"subject": f"Hi{bad}x"},
        lambda bad: {"from_": Person(f"Alice{bad}", "alice@example.test")},
        lambda bad: {"to": (Person("", f"a@example.test{bad}"),)},
        lambda bad: {"cc": (Person(f"{bad}", "a@example.test"),)},
        lambda bad: {"reply_to": (Person("", f"{bad}a@example.test"),)},
        lambda bad: {"sender": Person("", f"a{bad}@example.test")},
        lambda bad: {"message_id": f"<a{bad}@example.test>"},
        lambda bad: {"language": f"fr{bad}"},
        lambda bad: {"extra_fields": (("X-Mine", f"a{bad}"),)},
        lambda bad: {"extra_fields": ((f"X-Mine{bad}", "a"),)},
        lambda bad: {"attachments": (OutgoingAttachment(f"a{bad}.pdf", "application/pdf", b""),)},
        lambda bad: {"html": "x", "attachments": (OutgoingAttachment("a", "image/png", b"", f"c{bad}@x"),)},
    ],
)
def test_nothing_can_become_a_field_of_its_own(change, bad):
    with pytest.raises(InvalidField):
        compose(replace(PLAIN, **change(bad)))


@pytest.mark.parametrize("bad", BAD)
def test_what_comes_from_other_messages_is_left_out_if_it_cannot_be_written(bad):
    raw = compose(replace(PLAIN, in_reply_to=f"<a{bad}@x>", references=(f"<b{bad}@x>", "<c@x>")))
    assert parse(raw).in_reply_to == ""
    assert parse(raw).references == ("<c@x>",)
    check(raw)


@pytest.mark.parametrize("name", ["Bcc", "content-type", "From", "Received"])
def test_extra_fields_cannot_stand_in_for_others(name):
    with pytest.raises(InvalidField):
        compose(replace(PLAIN, extra_fields=((name, "x"),)))


@pytest.mark.parametrize(
    "kind", ["multipart/mixed; boundary=x", "text/plain\r\nX: y", "nonsense", "message/partial", ""]
)
def test_a_file_cannot_have_a_type_that_means_something_else(kind):
    raw = compose(replace(PLAIN, attachments=(OutgoingAttachment("a.bin", kind, b"x"),)))
    check(raw)
    assert part_content(raw, "2").octets == b"x"
    assert "X" not in [name for name, _ in header_fields(raw)]


# --- Laws ----------------------------------------------------------------------------------------------------------

LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), max_size=120)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf")) | st.sampled_from("\n\t ."), max_size=400)
NAME = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf", "Co", "Cn")), min_size=1, max_size=60)


@law(LINE, LINE, TEXT, TEXT, st.lists(st.tuples(NAME, st.binary(max_size=200)), max_size=3))
def test_what_is_written_is_read_back(subject, name, text, html, attached):
    attachments = tuple(
        OutgoingAttachment(file_name, "application/octet-stream", octets) for file_name, octets in attached
    )
    name = " ".join(name.split()).strip("'\" ")
    outgoing = replace(
        PLAIN,
        subject=subject,
        to=(Person(name, "bob@example.test"),),
        text=text,
        html=f"<p>{html}",
        attachments=attachments,
    )
    raw = compose(outgoing)
    check(raw)
    parsed = parse(raw)
    assert parsed.subject == " ".join(subject.split())
    assert parsed.to == (Person(" ".join(name.split()), "bob@example.test"),)
    if text.strip():
        assert parsed.text.split() == text.split()
    assert parsed.html is not None
    assert parsed.html.rstrip("\n") == f"<p>{html}".rstrip("\n")
    assert [part_content(raw, part.number).octets for part in parsed.attachments] == [octets for _, octets in attached]
    assert len(raw) <= size_as_mime(outgoing)
    declared = [part.get_filename() for part in email.message_from_bytes(raw).walk() if part.get_filename()]
    assert len(declared) == len(attached)


@law(TEXT)
def test_other_programs_read_the_same_text(text):
    raw = compose(replace(PLAIN, text=text))
    read = email.message_from_bytes(raw, policy=email.policy.default).get_content()
    assert read.replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


def test_sizes_are_estimated_from_above_and_closely():
    outgoing = replace(
        PLAIN, text="word " * 10_000, attachments=(OutgoingAttachment("x.bin", "application/zip", b"x" * 1_000_000),)
    )
    assert content_bytes(outgoing) == 1_050_000
    assert len(compose(outgoing)) <= size_as_mime(outgoing) <= len(compose(outgoing)) * 1.1


# --- Reports -------------------------------------------------------------------------------------------------------


def test_a_bounce_says_who_and_why(message):
    [detail] = reports.bounce_details(message("reports/bounce.eml"))
    assert detail == reports.RecipientReport(
        "nobody@elsewhere.example", "failed", "5.1.1", "550 5.1.1 No such user", "mx.elsewhere.example"
    )
    assert reports.bounce_details(message("reports/delay.eml"))[0].action == "delayed"
    assert reports.bounce_details(message("structure/plain.eml")) == ()
    assert reports.bounce_details(message("structure/message-attached.eml")) == ()


def test_a_report_is_read_as_it_was_written():
    about = compose(PLAIN)
    details = (reports.RecipientReport("x@elsewhere.example", "failed", "5.1.1", "550 No", "mx.elsewhere.example"),)
    raw = reports.delivery_status_notification(
        from_=Person("Mail delivery", "postmaster@example.test"), to="alice@example.test", subject="Nicht zugestellt: Grüße",
        text="Die Nachricht konnte nicht zugestellt werden.\n", reporting_mta="mx.example.test", recipients=details, about=about,
        message_id="<a@example.test>", original_envelope_id="42", arrived_at=datetime(2026, 11, 3, tzinfo=UTC),
    )  # fmt: skip
    check(raw)
    parsed = parse(raw)
    assert parsed.is_bounce
    assert parsed.auto_submitted == "auto-replied"
    assert parsed.in_reply_to == "<a@example.test>"
    assert parsed.text == "Die Nachricht konnte nicht zugestellt werden."
    assert reports.bounce_details(raw) == details
    assert part_content(raw, "3").octets == about
    with pytest.raises(InvalidField):
        reports.delivery_status_notification(
            from_=ALICE, to="a@example.test\r\nBcc: x", subject="", text="", reporting_mta="x", recipients=(), about=b""
        )


def test_a_receipt_is_read_as_it_was_written():
    raw = reports.disposition_notification(
        from_=BOB, to="alice@example.test", subject="Read: Figures", text="It was shown.\n", reporting_ua="mail.example.test; workmail",
        final_recipient="bob@example.test", message_id="<a@example.test>",
    )  # fmt: skip
    check(raw)
    parsed = parse(raw)
    assert not parsed.is_bounce
    assert [part.content_type for part in parsed.other_parts] == ["message/disposition-notification"]
    assert b"Disposition: manual-action/MDN-sent-manually; displayed" in part_content(raw, "2").octets
