"""Whatever is put into whatever field: the message has the fields we gave it, and goes to whom we named."""

import pytest

from mailapp.composing.sending import Unconfirmed
from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import parse
from workmail.errors import Invalid

pytestmark = pytest.mark.django_db
BREAKERS = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\r\n\r\n",
    "\n.\n",
    "%0d%0a",
    "=?utf-8?q?=0d=0a?=",
]
EVIL = "evil@example.net"


def outcome(writer, **values):
    """Send, and return the raw message with its envelope; None when it was refused."""
    try:
        writer.send(confirmed=("subject", "attachment"), **values)
    except (Invalid, Unconfirmed):
        assert Transit.objects.count() == 0
        return None
    transit = OpenTransit(Transit.objects.get())
    return transit.raw, [recipient.address for recipient in transit.envelope.recipients]


def check(raw, addresses, *, expected):
    header, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in header.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    for once in (b"from", b"to", b"subject", b"message-id", b"mime-version", b"date"):
        assert names.count(once) <= 1, names
    assert b"bcc" not in names
    assert b"x-evil" not in names
    assert b"\n" not in raw.replace(b"\r\n", b""), "a bare line feed"
    assert b"\0" not in raw
    assert set(addresses) <= expected


@pytest.mark.parametrize("breaker", BREAKERS)
def test_a_subject_cannot_add_fields(writer, breaker):
    found = outcome(writer, to="carol@example.org", subject=f"Hi{breaker}Bcc: {EVIL}{breaker}X-Evil: 1")
    assert found is not None
    check(*found, expected={"carol@example.org"})
    assert "Hi" in parse(found[0]).subject


@pytest.mark.parametrize("breaker", BREAKERS)
@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_a_recipient_cannot_add_fields(writer, field, breaker):
    values = {"to": "carol@example.org"} | {field: f'"Carol{breaker}X-Evil: 1" <carol@example.org>'}
    found = outcome(writer, **values)
    if found is not None:
        check(*found, expected={"carol@example.org"})


@pytest.mark.parametrize("breaker", BREAKERS)
def test_an_address_cannot_smuggle_a_recipient_into_the_envelope(writer, breaker):
    found = outcome(writer, to=f"carol@example.org>{breaker}RCPT TO:<{EVIL}")
    if found is not None:
        check(*found, expected={"carol@example.org", EVIL})
        assert all(not set("\r\n<> \0") & set(address) for address in found[1])


@pytest.mark.parametrize("breaker", BREAKERS)
def test_the_senders_address_cannot_add_fields(writer, breaker):
    # It is no address that the writer may use: nothing leaves.
    assert outcome(writer, to="carol@example.org", from_address=f"alice@example.test{breaker}X-Evil: 1") is None


@pytest.mark.parametrize("breaker", BREAKERS)
def test_a_file_name_cannot_add_fields_or_leave_its_folder(writer, breaker):
    writer.attach(
        f"../../etc/pass{breaker}wd\r\nX-Evil: 1.pdf", b"%PDF", content_type=f"application/pdf{breaker}X-Evil: 1"
    )
    found = outcome(writer, to="carol@example.org")
    assert found is not None
    check(*found, expected={"carol@example.org"})
    [part] = parse(found[0]).attachments
    assert "/" not in part.file_name
    assert "\\" not in part.file_name
    assert b"\nX-Evil" not in found[0]


@pytest.mark.parametrize("text", ["a\rb", "a\n.\nb", "\0", "a\r\n.\r\nMAIL FROM:<x@y>", "\ud800"])
def test_a_text_has_only_whole_line_ends(writer, text):
    found = outcome(writer, to="carol@example.org", text=text)
    assert found is not None
    check(*found, expected={"carol@example.org"})


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg><animate onbegin=alert(1)></svg>",
        "<style>@import url(https://evil.test)</style>",
        '<iframe src="https://evil.test"></iframe>',
        '<form action="https://evil.test"><input name=x></form>',
        '<img src="cid:x" style="background:url(javascript:alert(1))">',
    ],
)
def test_html_goes_out_clean(writer, html):
    found = outcome(writer, to="carol@example.org", html=f"<p>Hello</p>{html}", text="", is_plain=False)
    assert found is not None
    sent = (parse(found[0]).html or "").lower()
    for word in ("<script", "onerror", "javascript:", "onbegin", "<iframe", "<form", "@import", "<svg"):
        assert word not in sent


def test_an_address_of_every_unusable_kind_is_refused_not_guessed(writer):
    for address in (
        '"a@evil.test"@',
        "a@b@c",
        "<>",
        "a@-b",
        "a@b..c",
        "a@c.test(x",
        "@b.test",
        "a@[1.2.3]",
    ):
        with pytest.raises(Invalid):
            writer.send(to=address)
    assert Transit.objects.count() == 0
