"""Octets to text: charsets, transfer encodings, encoded words, parameters, dates, names of files."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from mailapp.mime import charsets, dates, encoded_words, file_names, headers, parameters, transfer
from mailapp.mime.model import InvalidField
from tests.mime.laws import law


@pytest.mark.parametrize(
    "name, codec",
    [
        ("ks_c_5601", "cp949"),
        ("x-sjis", "cp932"),
        ("unicode-1-1-utf-7", "utf-7"),
        ("cp-850", "cp850"),
        ("utf8mb4", "utf-8"),
        ("iso-8859-8-i", "iso8859_8"),
        ("gb2312", "gb18030"),
        ("windows-874", "cp874"),
        ("X-MAC-CYRILLIC", "mac_cyrillic"),
        ('"UTF-8"', "utf-8"),
        ("utf-8; format=flowed", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("KOI8-R", "koi8_r"),
        ("ibm037", "cp037"),
        ("zip", None),
        ("idna", None),
        ("unicode_escape", None),
        ("x" * 10_000, None),
        ("", None),
        (None, None),
    ],
)
def test_charsets_answer_to_many_names_and_to_no_others(name, codec):
    assert charsets.codec_of(name) == codec


def test_a_byte_order_mark_counts_more_than_the_label():
    assert charsets.decode(b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9fe", "iso-8859-1") == ("grüße", False)
    assert charsets.decode("grüße".encode("utf-16"), "utf-8") == ("grüße", False)


def test_japanese_of_windows_reads_though_python_does_not_know_it():
    assert charsets.decode(b"\x1b$B-!-j\x1b(B ok", "iso-2022-jp") == ("①㈱ ok", False)


@law(st.binary(max_size=200), st.sampled_from([*charsets.NAMES, "nonsense", ""]))
def test_any_octets_decode_in_any_charset(octets, charset):
    text, _ = charsets.decode(octets, charset)
    text.encode("utf-8")


# --- Transfer encodings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "octets, expected",
    [
        (b"SGVsbG8=", b"Hello"),
        (b"SGVsbG8", b"Hello"),
        (b"SGVsbG8===", b"Hello"),
        (b"SGVs\r\n bG8=\r\n", b"Hello"),
        (b"SG*Vs!bG8=", b"Hello"),
        (b"SGVsbG8=\r\nSGVsbG8=\r\n", b"HelloHello"),
        (b"SGVsbG8hIQ==\r\n-- \r\nA footer.\r\n", b"Hello!!"),
        (b"SGVsbG8A\r\n\r\n____\r\n", b"Hello\0"),
        (b"_-8=", b"\xff\xef"),
        (b"Plain words, no base64 at all.", b"Plain words, no base64 at all."),
        (b"", b""),
        (b"=", b""),
        (b"A", b""),
    ],
)
def test_base64_gives_what_can_be_saved(octets, expected):
    assert transfer.decode(octets, "base64")[0] == expected
    assert transfer.decoded_size(octets, "base64") == len(expected)


@law(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "7bit", "x-mystery"]))
def test_any_octets_can_be_decoded_and_measured(octets, encoding):
    assert len(transfer.decode(octets, encoding)[0]) == transfer.decoded_size(octets, encoding)


@law(st.binary(max_size=300))
def test_good_base64_is_decoded_exactly(octets):
    assert transfer.decode(base64.encodebytes(octets), "base64") == (octets, True)


def test_quoted_printable_forgives_blanks_after_a_soft_line_end():
    assert transfer.decode(b"one= \r\ntwo =ZZ=3D", "quoted-printable")[0] == b"onetwo =ZZ="


def test_a_text_that_talks_about_uuencode_is_no_file():
    assert transfer.uuencoded(b"begin 644 lines are how it begins\nand this is how it\nend\n") == []
    assert transfer.uuencoded(b"begin 644 a.txt\n" * 20_000 + b"end\n") == []


@pytest.mark.parametrize(
    "said, name",
    [
        ("Quoted-Printable;", "quoted-printable"),
        (" BASE64 ", "base64"),
        ('"7-bit"', "7bit"),
        ("text/html", "text/html"),
        ("", ""),
    ],
)
def test_transfer_encodings_are_written_in_many_ways(said, name):
    assert transfer.name_of(said) == name


# --- Encoded words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("=?utf-8?Q?Caf=C3=A9?=", "Café"),
        ("=?utf-8?B?Q2Fmw6k=?=", "Café"),
        ("=?UTF-8*fr?q?Caf=C3=A9?=", "Café"),
        ("=?utf-8?B?Q2Fmw?= =?utf-8?B?6k=?=", "Café"),  # cut inside a character
        ("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?=", "Café"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ("=?utf-8?Q?two words?=", "two words"),
        ("=?utf-8?Q?what??=", "what?"),
        ("=?utf-8?Q?what?=3F=?=", "what??"),
        ("=?utf-8?B?Q2Fmw6k?=", "Café"),
        ("=?utf-8?B?Q2Fm!w6k=?=", "Café"),
        ("=?x-unknown?Q?Caf=C3=A9?=", "Café"),
        ("=?iso-8859-1?Q?a=DFb?= and 8 bit ü", "aßb and 8 bit ü"),
        ("=?utf-8?Q??=", ""),
        ("=?utf-8?Z?x?=", "=?utf-8?Z?x?="),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("a =? b ?= c", "a =? b ?= c"),
        ("=?utf-8?Q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        ("=?utf-7?Q?+2AA-?=", "\ufffd"),
    ],
)
def test_encoded_words_are_read_however_they_are_broken(text, expected):
    assert encoded_words.decode(text) == expected


@law(st.text(max_size=200))
def test_any_text_survives_decoding(text):
    assert "\n" not in encoded_words.decode(text)


@law(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=200))
def test_written_words_read_back_the_same(text):
    words = encoded_words.encode(text)
    assert all(len(word) <= 75 and word.isascii() for word in words)
    assert encoded_words.decode(" ".join(words)) == text.strip()


def test_hostile_words_take_no_longer_than_long_ones():
    began = time.process_time()
    for text in (
        "=?a?q?" * 40_000,
        "=?a?q?x" * 30_000 + "?=",
        "=?utf-8?q?a?= " * 15_000,
        "=?a?b?" + "=" * 200_000 + "?=",
    ):
        encoded_words.decode(text)
    assert time.process_time() - began < 5


# --- Parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, name, expected",
    [
        ("text/plain; charset=utf-8", "charset", "utf-8"),
        ("text/plain;charset = 'utf-8'", "charset", "'utf-8'"),
        ('a/b; name="x;y.txt"', "name", "x;y.txt"),
        ('a/b; name="open.txt', "name", "open.txt"),
        ("a/b; name=two words.txt; x=y", "name", "two words.txt"),
        ('a/b; name="C:\\dir\\x.txt"', "name", "C:\\dir\\x.txt"),
        ('a/b; name="say \\"hi\\".txt"', "name", 'say "hi".txt'),
        ("a/b; name*=utf-8''%D0%B0.txt", "name", "а.txt"),
        ("a/b; name*0*=utf-8''%D0; name*1*=%B0.txt", "name", "а.txt"),
        ("a/b; name*1=b; name*0=a; name*2=c", "name", "abc"),
        ("a/b; name=\"plain\"; name*=utf-8''ext", "name", "ext"),
        ("a/b; name==?utf-8?Q?=D0=B0.txt?=", "name", "а.txt"),
        ("a/b; name=first; name=second", "name", "first"),
        ("a/b; name*=broken%ZZ%", "name", "broken%ZZ%"),
    ],
)
def test_parameters_are_read_however_they_are_written(body, name, expected):
    assert parameters.parse(body)[1][name] == expected


@law(st.text(max_size=300))
def test_any_text_may_stand_where_parameters_do(text):
    parameters.parse(text)
    parameters.content_type(text)


def test_hostile_parameters_take_no_longer_than_long_ones():
    began = time.process_time()
    for tail in (
        " " * 200_000,
        'x="' + "\\" * 200_000,
        "x=y;" * 60_000,
        "x" * 200_000,
        "=" * 200_000,
        "; " * 100_000,
        "x " * 100_000,
    ):
        parameters.content_type("a/b;" + tail)
    assert time.process_time() - began < 5


# --- Dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Tue, 3 Nov 2026 09:15:00 +0100", datetime(2026, 11, 3, 8, 15, tzinfo=UTC)),
        ("3 Nov 26 09:15 EST", datetime(2026, 11, 3, 14, 15, tzinfo=UTC)),
        ("Tue, 3 Nov 2026 09:15:00 GMT+0100 (CET)", datetime(2026, 11, 3, 8, 15, tzinfo=UTC)),
        ("Tue Nov  3 09:15:00 2026", datetime(2026, 11, 3, 9, 15, tzinfo=UTC)),
        ("Tue Nov 3 09:15:00 MSK 2026", datetime(2026, 11, 3, 6, 15, tzinfo=UTC)),
        ("2026-11-03T09:15:00.123+01:00", datetime(2026, 11, 3, 8, 15, tzinfo=UTC)),
        ("mar., 3 nov. 2026 09:15:00 +0100", datetime(2026, 11, 3, 8, 15, tzinfo=UTC)),
        ("Mon, 1 Jan 1900 00:00:00 +0000", datetime(1900, 1, 1, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -1200", dates.LATEST),
        ("Mon, 1 Jan 0001 00:00:00 +1400", dates.EARLIEST),
        ("31 Dec 99999 00:00:00 +0000", dates.LATEST),
        ("Tue, 31 Feb 2026 09:15:00 +0100", None),
        ("Tue, 3 Nov 2026 29:15:00 +0100", None),
        ("the day after tomorrow", None),
        ("", None),
    ],
)
def test_dates_are_read_in_many_forms(text, expected):
    assert dates.parse_date(text) == expected


@law(st.text(max_size=60) | st.from_regex(r"[0-9]{1,3} (Jan|Feb|Dec) [0-9]{1,5} [0-9]{1,2}:[0-9]{2} [+-][0-9]{4}"))
def test_any_date_can_be_shown_in_any_zone(text):
    moment = dates.parse_date(text)
    assert moment is None or dates.EARLIEST <= moment <= dates.LATEST


# --- Names of files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "declared, name",
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        (".htaccess", "_htaccess"),
        ("a\r\nb\0.txt", "ab.txt"),
        ('a:b?"<>|*.txt', "a_b______.txt"),
        ("a.txt. ", "a.txt"),
        ("..", ""),
        ("", ""),
    ],
)
def test_names_are_made_safe(declared, name):
    assert file_names.clean(declared) == name


@law(st.text(max_size=400))
def test_any_name_is_made_safe(declared):
    name = file_names.clean(declared)
    assert len(name) <= 200
    assert not set(name) & set('/\\:*?"<>|\r\n\0\u202e')
    assert name not in (".", "..")
    assert file_names.clean(name) == name


def test_a_long_name_keeps_its_ending():
    assert file_names.clean("x" * 500 + ".pdf") == "x" * 196 + ".pdf"


def test_a_file_without_a_name_gets_one():
    assert file_names.made_up("application/pdf", 2) == "attachment-2.pdf"
    assert file_names.for_message("Re: a/b") == "Re_ a-b.eml"


# --- Header octets -------------------------------------------------------------------------------------------------


def test_fields_are_put_in_front_and_taken_out_without_touching_the_rest():
    raw = b"Received: one\r\n two\r\nSubject: x\r\nreceived: three\r\n\r\nReceived: in the text\r\n"
    put = headers.prepend_header_fields(raw, [("Return-Path", "<>"), ("X-Long", "word " * 40)])
    assert put.endswith(raw)
    assert put.startswith(b"Return-Path: <>\r\nX-Long: word")
    assert all(len(line) <= 78 for line in put[: -len(raw)].split(b"\r\n"))
    assert headers.remove_header_fields(raw, ["Received"]) == b"Subject: x\r\n\r\nReceived: in the text\r\n"
    assert headers.remove_header_fields(raw, ["X-None"]) is raw


def test_a_field_in_front_of_a_text_without_header_does_not_swallow_it():
    put = headers.prepend_header_fields(b"Just words\n", [("Return-Path", "<>")])
    assert put == b"Return-Path: <>\n\nJust words\n"


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\0", "\u2028", "\x85", "\ud800"])
def test_no_value_can_become_a_field_of_its_own(bad):
    with pytest.raises(InvalidField):
        headers.prepend_header_fields(b"", [("Subject", f"a{bad}Bcc: x@example.test")])
    with pytest.raises(InvalidField):
        headers.prepend_header_fields(b"", [(f"Subject{bad}", "a")])


@law(st.binary(max_size=400))
def test_header_octets_are_never_lost(raw):
    block = headers.header_block(raw)
    assert raw.startswith(block)
    assert headers.remove_header_fields(raw, ["X-None"]) == raw
