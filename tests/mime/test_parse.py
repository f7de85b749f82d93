"""Reading messages: every kind in the corpus, everything that can be wrong, and whatever octets there are."""

import random
import time
from base64 import encodebytes

import pytest
from hypothesis import strategies as st

from mailapp.mime import imap, limits, render
from mailapp.mime.headers import header_block
from mailapp.mime.model import ParsedMessage, Person
from mailapp.mime.parse import header_fields, nested, parse, part_content, part_contents
from tests.mime.conftest import OWN_MESSAGES, name_of
from tests.mime.laws import law


def files(parsed: ParsedMessage) -> list[tuple[str, str]]:
    return [(part.number, part.file_name) for part in parsed.attachments]


def everything(raw: bytes) -> ParsedMessage:
    """Do all that can be done with a message, and check what must hold for any."""
    parsed = parse(raw)
    assert parse(raw) == parsed
    for text in (parsed.text, parsed.html or "", parsed.subject, parsed.preview):
        text.encode("utf-8")
        assert "\0" not in text
        assert "\r" not in text
    assert len(parsed.preview) <= limits.MAX_PREVIEW_CHARACTERS
    assert "\n" not in parsed.subject + parsed.preview
    for part in (*parsed.attachments, *parsed.inline_parts, *parsed.calendar_parts, *parsed.other_parts):
        content = part_content(raw, part.number)
        assert (content.content_type, content.file_name) == (part.content_type, part.file_name)
        assert len(content.octets) == part.size_bytes
        assert part.file_name
    numbers = [part.number for part in (*parsed.attachments, *parsed.inline_parts, *parsed.other_parts)]
    assert len(set(numbers)) == len(numbers)
    assert raw.replace(b"\r", b"\n").startswith(header_block(raw).replace(b"\r", b"\n"))
    header_fields(raw)
    imap.envelope(raw)
    imap.bodystructure(raw)
    render.render(raw)
    return parsed


# --- Every kind ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", OWN_MESSAGES, ids=name_of)
def test_every_message_of_our_own_is_read(path):
    raw = path.read_bytes()
    parsed = everything(raw)
    is_blank = path.name in ("empty.eml", "only-line-end.eml", "all-blank.eml")
    assert is_blank is not bool(parsed.text or parsed.attachments or parsed.subject or parsed.calendar_parts)


ALTERNATIVES = "Good morning,\n\nthe figures of October are in the table below.\n\nAlice"


@pytest.mark.parametrize(
    "name, text",
    [
        ("structure/plain.eml", ALTERNATIVES),
        ("structure/no-mime.eml", "Plain words, bare line ends."),
        ("structure/alternative.eml", ALTERNATIVES),
        ("structure/html-only.eml", "Good morning,\n\nthe figures of October are in the table below."),
        ("structure/quoted-printable.eml", "Très cher Bob,\n\nà bientôt = bis bald."),
        ("structure/text-picture-text.eml", "Before the picture.\n\nAfter the picture."),
        ("structure/flowed-delsp.eml", "これは長い段落です。"),
        ("structure/enriched.eml", "Now is the time for <all\ngood people."),
        ("structure/uuencoded.eml", "A file in the text:\n\n\nThat was it."),
        ("structure/winmail-dat.eml", "The text outside."),
        ("structure/winmail-dat-only.eml", "Only inside winmail.dat."),
        ("structure/winmail-dat-rich-text.eml", "Only rich text été.\nSecond line."),
        ("charsets/said-utf-8-is-not.eml", "Grüße aus Köln, très bien"),
        ("charsets/unknown-charset.eml", "Grüße aus Köln"),
        ("charsets/html-meta-charset.eml", "Привет"),
        ("charsets/utf-7.eml", "Hi Mom -☺-! Grüße"),
        ("charsets/utf-16.eml", "Grüße"),
        ("charsets/gb2312-with-more.eml", "您好：\n\n請查收，谢谢。镕"),
        ("charsets/iso-8859-1-with-more.eml", "Der Preis beträgt 40 € – “netto”."),
        ("charsets/windows-874.eml", "สวัสดีครับ"),
        ("broken/base64-no-padding.eml", "Grüße aus dem Text in base64, lang genug für zwei Zeilen von Buchstaben."),
        ("broken/base64-junk.eml", "Grüße aus dem Text in base64, lang genug für zwei Zeilen von Buchstaben."),
        ("broken/base64-with-footer.eml", "Grüße aus dem Text in base64, lang genug für zwei Zeilen von Buchstaben."),
        ("broken/base64-that-is-text.eml", "This is plain text, whatever the header says.\nReally."),
        ("broken/base64-two-runs.eml", "FirstSecond"),
        ("broken/quoted-printable-broken.eml", "Café =ZZ 100=%25 end of linenext "),
        ("broken/encoding-with-comment.eml", "Grüße"),
        ("broken/boundary-not-closed.eml", "The text.\n\nMore"),
        ("broken/boundary-not-declared.eml", "The text.\n\nMore"),
        ("broken/boundary-other.eml", "The text.\n\nMore"),
        ("broken/boundary-never-used.eml", "Only words."),
        ("broken/boundary-in-nested.eml", "Inner, not closed.\n\nAfter it."),
        ("broken/part-without-header.eml", "No header at all.\n\nno empty line either"),
        ("broken/no-header.eml", "Just words, no header.\n\nA second paragraph."),
        ("broken/header-not-ended.eml", "This is the text already.\nMore of it."),
        ("broken/bare-cr.eml", ALTERNATIVES),
        ("broken/nul.eml", ALTERNATIVES),
        ("broken/lines-of-all-kinds.eml", "one\ntwo\nthree\nfour"),
        ("broken/mbox-line-quoted.eml", ALTERNATIVES),
        ("security/smime-opaque.eml", "Signed words."),
        ("security/smime-signed.eml", "Signed words."),
        ("security/pgp-signed.eml", "Signed words."),
    ],
)
def test_the_text_of_a_message_is_found(message, name, text):
    assert parse(message(name)).text == text


@pytest.mark.parametrize(
    "name", ["koi8-r", "windows-1251", "ibm866", "x-mac-cyrillic", "unlabelled-windows-1251", "unlabelled-koi8-r"]
)
def test_russian_is_read_in_each_of_its_charsets(message, name):
    assert parse(message(f"charsets/{name}.eml")).text.startswith("Здравствуйте, коллеги!\n\nВысылаю отчёт")


@pytest.mark.parametrize("name", ["iso-2022-jp", "shift-jis", "euc-jp"])
def test_japanese_is_read_in_each_of_its_charsets(message, name):
    assert (
        parse(message(f"charsets/{name}.eml")).text
        == "こんにちは。\n\n十月の報告書をお送りします。よろしくお願いいたします。"
    )


@pytest.mark.parametrize(
    "name, expected",
    [
        ("structure/attachments.eml", [("2", "report.pdf"), ("3", "notes.txt"), ("4", "picture.png")]),
        (
            "structure/attachment-names.eml",
            [("2", "Договор.pdf"), ("3", "Отчёт.pdf"), ("4", "attachment-3.pdf"), ("5", "a name without quotes.pdf")],
        ),
        ("structure/attachment-only.eml", [("1", "alone.pdf")]),
        ("structure/everything.eml", [("2", "figures.pdf"), ("3", "figures.csv")]),
        ("structure/message-attached.eml", [("2", "The inner message.eml")]),
        ("structure/digest.eml", [("1", "The inner message.eml"), ("2", "The second message.eml")]),
        ("structure/winmail-dat.eml", [("2.tnef.1", "Bericht für Oktober.pdf"), ("2.tnef.2", "notes.txt")]),
        ("structure/uuencoded.eml", [("1.uu.1", "hello.txt")]),
        ("structure/apple-double.eml", [("2.2", "Bild.png")]),
        ("structure/unused-related-picture.eml", [("2", "logo.png")]),
        ("structure/similar-boundaries.eml", [("2", "x.pdf")]),
        ("security/pgp-encrypted.eml", [("2", "encrypted.asc")]),
        ("security/smime-signed.eml", []),
        ("reports/bounce.eml", [("3", "Are you there.eml")]),
        (
            "security/names-of-files.eml",
            [
                ("2", "passwd"),
                ("3", "cmd.exe"),
                ("4", "invoicefdp.exe"),
                ("5", "_nul.txt"),
                ("6", "_htaccess"),
                ("7", "a b.pdf"),
                ("8", "attachment-7.pdf"),
            ],
        ),
    ],
)
def test_the_files_of_a_message_are_found(message, name, expected):
    parsed = parse(message(name))
    assert files(parsed) == expected
    assert parsed.has_attachments is bool(expected)


def test_parts_come_out_as_they_went_in(message):
    assert part_content(message("structure/attachments.eml"), "3").octets == "Über alles Mögliche\n".encode()
    assert part_content(message("structure/winmail-dat.eml"), "2.tnef.2").octets == b"some notes\r\n"
    assert part_content(message("structure/uuencoded.eml"), "1.uu.1").octets == b"Hello, world!"
    assert part_content(message("structure/alternative.eml"), "2").content_type == "text/html"


def test_several_parts_come_for_one_reading(message):
    raw = message("structure/attachments.eml")
    assert list(part_contents(raw, ["4", "2", "9"])) == [part_content(raw, "4"), part_content(raw, "2")]


@pytest.mark.parametrize("number", ["", "0", "3", "1.1.1.1", "2.tnef.9", "x", "1.", "٢"])
def test_a_part_that_is_not_there_is_not_found(message, number):
    with pytest.raises(LookupError):
        part_content(message("structure/alternative.eml"), number)


def test_pictures_inside_the_text_are_no_attachments(message):
    parsed = parse(message("structure/related.eml"))
    assert [(part.number, part.content_id, part.is_inline) for part in parsed.inline_parts] == [
        ("2", "logo@example.test", True)
    ]
    assert parsed.attachments == ()
    assert [part.number for part in parse(message("structure/related-by-location.eml")).inline_parts] == ["2"]


def test_messages_inside_messages_are_numbered_as_imap_does(message):
    raw = message("structure/message-in-message-in-message.eml")
    assert parse(nested(raw, "1")).subject == "The middle message"
    assert parse(nested(raw, "1.1")).subject == "The inner message"
    assert part_content(raw, "1.1.1").octets.strip() == b"The inner text."
    for name in ("structure/message-attached.eml", "structure/message-attached-base64.eml"):
        assert parse(nested(message(name), "2")).text == "The inner text."
        assert part_content(message(name), "2.1").octets.strip() == b"The inner text."
    with pytest.raises(LookupError):
        nested(message("structure/attachments.eml"), "2")


@pytest.mark.parametrize(
    "name, kind, is_signed, is_encrypted",
    [
        ("smime-signed", "smime", True, False),
        ("smime-opaque", "smime", True, False),
        ("smime-enveloped", "", False, True),
        ("pgp-signed", "openpgp", True, False),
        ("pgp-encrypted", "", False, True),
        ("pgp-inline-signed", "openpgp", True, False),
        ("pgp-inline-encrypted", "", False, True),
    ],
)
def test_signed_and_encrypted_messages_are_known(message, name, kind, is_signed, is_encrypted):
    parsed = parse(message(f"security/{name}.eml"))
    assert (parsed.signature_kind, parsed.is_signed, parsed.is_encrypted) == (kind, is_signed, is_encrypted)


# --- Headers -------------------------------------------------------------------------------------------------------


def test_the_header_is_read(message):
    parsed = parse(message("charsets/header-words.eml"))
    assert parsed.subject == "Café € déjàПривет"
    assert parsed.from_ == (Person("Дмитрий", "dmitri@example.test"),)
    assert parsed.to == (Person("Chloé", "chloe@example.test"), Person("Stone, Bob", "bob@example.test"))
    assert parse(message("charsets/header-words-broken.eml")).subject == "Приветnot encoded blanksA"
    assert parse(message("charsets/header-raw-windows-1251.eml")).subject == "Привет всем"
    assert parse(message("charsets/header-raw-utf-8.eml")).from_ == (Person("Jörg Müller", "jörg@müller.example"),)
    assert parse(message("broken/latin-1-header.eml")).subject == "Grüße"
    assert parse(message("broken/folded-oddly.eml")).subject == "Folded in odd places"
    assert parse(message("structure/important.eml")).importance == "high"


def test_of_fields_that_stand_twice_the_first_counts(message):
    parsed = parse(message("broken/two-of-each.eml"))
    assert (parsed.subject, parsed.from_[0].addr_spec) == ("The first subject", "alice@example.test")
    assert [person.addr_spec for person in parsed.to] == ["bob@example.test", "chloe@example.test"]
    assert "header_duplicate" in parsed.defects


def test_identifiers_are_found(message):
    parsed = parse(message("broken/references-broken.eml"))
    assert parsed.references == ("<a@x.example>", "<b@x.example>")
    assert parsed.in_reply_to == ""
    assert parse(message("broken/message-id-bare.eml")).message_id == "<bare.words@example.test>"
    assert parse(message("broken/message-id-missing.eml")).message_id == ""
    assert parse(message("conversation/plain-answer.eml")).references == ("<z@example.test>", "<a@example.test>")


def test_lists_and_automatic_messages_are_known(message):
    parsed = parse(message("reports/list.eml"))
    assert parsed.list_id == "news.lists.example.test"
    assert parsed.list_unsubscribe == (
        "mailto:news-off@lists.example.test?subject=off",
        "https://lists.example.test/off?u=1",
    )
    assert parsed.list_unsubscribe_one_click
    assert parse(message("reports/automatic-reply.eml")).auto_submitted == "auto-replied"
    assert parse(message("reports/bounce.eml")).is_bounce
    assert not parse(message("reports/receipt.eml")).is_bounce
    assert parse(message("reports/receipt-requested.eml")).disposition_notification_to == (
        Person("Alice", "alice@example.test"),
    )


def test_header_fields_come_decoded_and_in_order(message):
    fields = header_fields(message("charsets/header-words.eml"))
    assert [name for name, _ in fields[:3]] == ["From", "To", "Subject"]
    assert dict(fields)["Subject"] == "Café € déjàПривет"


def test_an_injected_field_stays_text(message):
    raw = message("security/header-injection.eml")
    parsed = parse(raw)
    assert parsed.bcc == ()
    assert parsed.subject == "Hello Bcc: victim@example.org evil"
    assert "Bcc" not in [name for name, _ in header_fields(raw)]


@pytest.mark.parametrize(
    "name, defect",
    [
        ("broken/base64-junk.eml", "base64_broken"),
        ("broken/boundary-other.eml", "boundary_missing"),
        ("broken/boundary-not-closed.eml", "boundary_not_closed"),
        ("broken/empty-body.eml", "body_missing"),
        ("charsets/unknown-charset.eml", "charset_guessed"),
        ("broken/date-missing.eml", "date_missing"),
        ("broken/date-garbage.eml", "date_unreadable"),
        ("broken/encoding-unknown.eml", "encoding_unknown"),
        ("broken/no-from.eml", "from_missing"),
        ("broken/from-two-addresses.eml", "address_unreadable"),
        ("broken/latin-1-header.eml", "header_8bit"),
        ("broken/line-without-colon.eml", "header_malformed"),
        ("broken/no-header.eml", "header_missing"),
        ("broken/message-id-missing.eml", "message_id_missing"),
        ("broken/nul.eml", "nul_octets"),
    ],
)
def test_what_is_wrong_is_said(message, name, defect):
    assert defect in parse(message(name)).defects


def test_previews_are_one_line_of_what_is_new(message):
    assert parse(message("conversation/plain-answer.eml")).preview == "Thank you!"
    assert parse(message("structure/plain.eml")).preview.startswith("Good morning, the figures of October")
    assert parse(message("broken/direction.eml")).preview == "Right to left and hidden."
    assert parse(message("security/smime-enveloped.eml")).preview == ""
    assert len(parse(message("broken/long-line.eml")).preview) <= 200


# --- Bounds --------------------------------------------------------------------------------------------------------


def timed(raw: bytes, seconds: float = 10) -> ParsedMessage:
    began = time.process_time()
    parsed = everything(raw)
    assert time.process_time() - began < seconds
    return parsed


def test_a_header_of_ten_megabytes_is_bounded():
    raw = (
        b"Subject: first\r\n" + b"X-Filler: " + b"x" * 10_000_000 + b"\r\nFrom: late@example.test\r\n\r\nThe text.\r\n"
    )
    parsed = timed(raw)
    assert (parsed.subject, parsed.text) == ("first", "The text.")
    assert "header_too_large" in parsed.defects
    many = b"".join(b"X-%d: y\r\n" % number for number in range(600_000)) + b"\r\nThe text.\r\n"
    assert timed(many).text == "The text."


@pytest.mark.parametrize("closes", [True, False])
def test_ten_thousand_multiparts_inside_each_other_are_bounded(closes):
    raw = b"From: a@example.test\r\n"
    for level in range(10_000):
        raw += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
    raw += b"\r\nThe innermost.\r\n"
    if closes:
        raw += b"".join(b"--b%d--\r\n" % level for level in reversed(range(10_000)))
    assert "too_deep" in timed(raw).defects


def test_ten_thousand_messages_inside_each_other_are_bounded():
    raw = b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"Subject: inner\r\n\r\nText\r\n"
    assert "too_deep" in timed(raw).defects


def test_a_hundred_thousand_parts_are_bounded():
    raw = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    assert "too_many_parts" in timed(raw).defects


def test_a_very_long_text_is_cut_and_stays_downloadable():
    raw = b"Subject: long\r\n\r\n" + b"word " * 2_000_000
    parsed = timed(raw)
    assert len(parsed.text) <= limits.MAX_TEXT_CHARACTERS
    assert "text_truncated" in parsed.defects
    assert len(part_content(raw, "1").octets) == 10_000_000


def test_a_winmail_dat_that_lies_about_its_sizes_is_bounded(message):
    raw = part_content(message("structure/winmail-dat-only.eml"), "1").octets
    huge = raw[:6] + (b"\2\2\x90\6\0" + b"\0" * 4 + b"\0\0") * 500_000
    lying = raw.replace(b"\1\3\x90\6\0", b"\1\3\x90\6\0\xff\xff\xff\x7f"[:9], 1)
    for octets in (huge, lying, raw[:40], raw[:6], b"\x78\x9f\x3e\x22" + b"\xff" * 1000):
        mail = (
            b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + encodebytes(octets)
        )
        timed(mail)


# --- Whatever octets there are -------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"\0",
            b" ",
            b"\t",
            b":",
            b";",
            b"--b",
            b"--b--",
            b"=",
            b'"',
            b"<",
            b">",
            b"\xff",
            b"\xc3\xa9",
        ),
        *(
            b"From: a@b.example\r\n",
            b"From ",
            b"Subject: =?utf-8?B?",
            b"?=",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
        ),
        *(
            b"Content-Type: text/html; charset=utf-7\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"Content-Type: text/calendar\r\n",
        ),
        *(
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"Date: 1 Jan 0000\r\n",
        ),
        *(
            b"Content-Disposition: attachment; filename*0*=x''%\r\n",
            b"Content-Type: application/ms-tnef\r\n",
            b"begin 644 x\r\n",
        ),
        *(
            b"<style>",
            b"<img src=cid:x>",
            b"BEGIN:VEVENT\r\n",
            b"Content-ID: <x>\r\n",
            b"-----BEGIN PGP MESSAGE-----\r\n",
        ),
    ]
)


@law(st.binary(max_size=500))
def test_any_octets_are_a_message(raw):
    everything(raw)


@law(st.lists(PIECES | st.binary(max_size=20), max_size=40).map(b"".join))
def test_any_pieces_of_messages_are_a_message(raw):
    everything(raw)


@pytest.mark.parametrize("seed", range(6))
def test_damaged_messages_are_still_read(seed):
    chance = random.Random(seed)
    for path in chance.sample(OWN_MESSAGES, 25):
        octets = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 12)):
            if not octets:
                break
            place = chance.randrange(len(octets))
            match chance.randrange(4):
                case 0:
                    octets[place] = chance.randrange(256)
                case 1:
                    del octets[place : place + chance.randint(1, 60)]
                case 2:
                    octets[place:place] = chance.randbytes(chance.randint(1, 8))
                case _:
                    octets[place:place] = octets[place : place + chance.randint(1, 200)]
        everything(bytes(octets))


# --- Messages of others --------------------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["mail", "mail-filter"])
def test_every_message_of_others_is_read(shared_corpus, folder):
    read = 0
    for path in sorted(shared_corpus.joinpath(folder).rglob("*")):
        if path.is_file() and path.name != "LICENSE":
            raw = path.read_bytes()
            parsed = everything(raw)
            assert (
                not raw or parsed.from_ or parsed.subject or parsed.text or parsed.attachments or header_fields(raw)
            ), path
            read += 1
    assert read > 100


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore:Timezone")
def test_every_calendar_of_others_can_be_a_part(shared_corpus):
    for path in sorted(shared_corpus.joinpath("invitations").rglob("*.ics")):
        raw = b"Subject: calendar\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + path.read_bytes()
        assert everything(raw).calendar_parts, path
        view = render.render(raw)
        assert view.calendar_cards or view.attachments, path
