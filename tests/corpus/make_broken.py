"""Messages that are wrong in the ways in which real ones are."""

# ruff: noqa: E501  (messages, one to a line as far as they go)

from tests.corpus.building import PDF, TEXT, b64, crlf, message, multipart, part

KIND = 'multipart/mixed; boundary="mix"'


def messages() -> dict[str, bytes]:
    return {**_encodings(), **_boundaries(), **_headers(), **_dates(), **_identifiers(), **_texts()}


def _encodings() -> dict[str, bytes]:
    letters = b64("Grüße aus dem Text in base64, lang genug für zwei Zeilen von Buchstaben.\n".encode())
    return {
        "base64-no-padding.eml": message(letters.rstrip("\r\n="), subject="No padding", encoding="base64"),
        "base64-junk.eml": message(letters[:20] + "*!\n " + letters[20:], subject="Junk inside", encoding="base64"),
        "base64-one-letter-more.eml": message(letters.rstrip("\r\n=") + "A", subject="One letter more", encoding="base64"),
        "base64-with-footer.eml": message(
            letters + "\n_______________________\nThe list: http://lists.example.test/\n", subject="Footer", encoding="base64"
        ),
        "base64-that-is-text.eml": message(
            "This is plain text, whatever the header says.\nReally.\n", subject="No base64 at all", encoding="base64"
        ),
        "base64-two-runs.eml": message(
            "Rmlyc3Q=\nU2Vjb25k\n", subject="Padding in the middle", encoding="base64"
        ),
        "quoted-printable-broken.eml": message(
            "Caf=C3=A9 =ZZ 100=%25 end=\n of line=  \nnext =\n", subject="Broken quoted-printable", encoding="quoted-printable"
        ),
        "encoding-unknown.eml": message(TEXT, subject="Unknown encoding", encoding="x-mystery"),
        "encoding-eight-bit-in-seven.eml": message("Grüße\n", subject="8 bit in 7 bit", encoding="7bit"),
        "encoding-with-comment.eml": message("Gr=C3=BC=C3=9Fe\n", subject="Encoding; more", encoding="Quoted-Printable;"),
        "attachment-base64-broken.eml": message(
            multipart(
                "mix",
                part("text/plain", "A damaged file.\n"),
                part(
                    "application/pdf", b64(PDF).replace("\r\n", "!\r\n", 1)[:-4], encoding="base64",
                    more='Content-Disposition: attachment; filename="damaged.pdf"',
                ),
            ),
            subject="A damaged file",
            kind=KIND,
        ),
    }  # fmt: skip


def _boundaries() -> dict[str, bytes]:
    whole = multipart("mix", part("text/plain", "The text.\n"), part("text/html", "<p>More</p>\n"))
    return {
        "boundary-not-closed.eml": message(whole.rsplit(b"\r\n--mix--", 1)[0], subject="Not closed", kind=KIND),
        "boundary-not-declared.eml": message(whole, subject="Boundary not declared", kind="multipart/mixed"),
        "boundary-other.eml": message(whole, subject="Another boundary", kind='multipart/mixed; boundary="other"'),
        "boundary-never-used.eml": message("Only words.\n", subject="Boundary never used", kind=KIND),
        "boundary-empty-multipart.eml": message("--mix--\n", subject="Empty multipart", kind=KIND),
        "boundary-in-nested.eml": message(
            multipart(
                "mix",
                part(
                    'multipart/alternative; boundary="alt"',
                    b"--alt\r\nContent-Type: text/plain\r\n\r\nInner, not closed.\r\n",
                ),
                part("text/plain", "After it.\n"),
            ),
            subject="The inner one is not closed",
            kind=KIND,
        ),
        "part-without-header.eml": message(
            b"--mix\r\n\r\nNo header at all.\r\n--mix\r\nno empty line either\r\n--mix--\r\n",
            subject="No header",
            kind=KIND,
        ),
    }


def _headers() -> dict[str, bytes]:
    plain = message(TEXT, subject="Headers")
    return {
        "empty.eml": b"",
        "only-line-end.eml": b"\r\n",
        "no-header.eml": b"Just words, no header.\r\n\r\nA second paragraph.\r\n",
        "only-header.eml": b"From: alice@example.test\r\nSubject: Only a header\r\n",
        "header-not-ended.eml": b"From: alice@example.test\nSubject: No empty line\nThis is the text already.\nMore of it.\n",
        "mbox-line.eml": b"From alice@example.test Tue Nov  3 09:15:00 2026\r\n" + plain,
        "mbox-line-quoted.eml": b">From alice@example.test Tue Nov  3 09:15:00 2026\r\n" + plain,
        "line-without-colon.eml": plain.replace(b"To:", b"this line is no field\r\nTo:", 1),
        "blank-before-colon.eml": plain.replace(b"Subject:", b"Subject :", 1),
        "nul.eml": plain.replace(b"Headers", b"Hea\0ders", 1).replace(b"figures", b"fig\0ures", 1),
        "bare-cr.eml": plain.replace(b"\r\n", b"\r"),
        "bare-cr-in-subject.eml": plain.replace(b"Headers", b"Two\rlines", 1),
        "two-of-each.eml": message(
            TEXT, subject="The first subject",
            more="From: mallory@example.org\nSubject: The second subject\nDate: Mon, 1 Jan 2001 00:00:00 +0000\nTo: chloe@example.test",
        ),
        "no-from.eml": message(TEXT, subject="No author", from_=""),
        "from-unreadable.eml": message(TEXT, subject="An author nobody can read", from_="alice at example dot test"),
        "from-two-addresses.eml": message(
            TEXT, subject="An address in an address", from_="alice@example.test(<mallory@example.org>"
        ),
        "address-forms.eml": message(
            TEXT, subject="Forms of addresses",
            to='"Stone, Bob" <bob@example.test>; <chloe@example.test> dmitri@example.test (Dmitri), (nobody), "open <x@y.example>',
        ),
        "folded-oddly.eml": plain.replace(b"Headers", b"Folded\r\n\t in\r\n  odd\r\n\tplaces", 1),
        "latin-1-header.eml": message(
            TEXT, subject="Grüße", codec="latin-1", kind="text/plain; charset=iso-8859-1"
        ),
        "content-type-nonsense.eml": message(TEXT, subject="Nonsense type", kind="text; charset=utf-8"),
        "content-type-twice.eml": message(TEXT, subject="Two types", more="Content-Type: text/html"),
        "content-type-missing.eml": message(TEXT, subject="No type", kind=""),
        "all-blank.eml": message("", subject="", kind="", from_="", to="", date="", message_id="-"),
    }  # fmt: skip


def _dates() -> dict[str, bytes]:
    dates = {
        "1900": "Mon, 1 Jan 1900 00:00:00 +0000",
        "9999": "Fri, 31 Dec 9999 23:59:59 -1200",
        "year-0": "Sat, 1 Jan 0000 00:00:00 +1400",
        "year-99999": "Fri, 31 Dec 99999 23:59:59 +0000",
        "garbage": "the day after tomorrow",
        "impossible": "Tue, 31 Feb 2026 25:61:61 +9999",
        "two-digits": "3 Nov 26 09:15 EST",
        "iso": "2026-11-03T09:15:00+01:00",
        "localized": "mar., 3 nov. 2026 09:15:00 +0100",
        "comment": "Tue, 3 Nov 2026 09:15:00 +0100 (heure normale d'Europe centrale)",
    }
    found = {f"date-{name}.eml": message(TEXT, subject=f"Date {name}", date=date) for name, date in dates.items()}
    found["date-missing.eml"] = message(TEXT, subject="No date", date="")
    return found


def _identifiers() -> dict[str, bytes]:
    return {
        "message-id-missing.eml": message(TEXT, subject="No identifier", message_id="-"),
        "message-id-same-1.eml": message("The first.\n", subject="Same identifier, 1", message_id="<same@example.test>"),
        "message-id-same-2.eml": message("The second.\n", subject="Same identifier, 2", message_id="<same@example.test>"),
        "message-id-bare.eml": message(TEXT, subject="No brackets", message_id="bare.words@example.test"),
        "message-id-nonsense.eml": message(TEXT, subject="Nonsense identifier", message_id="<<>> ,;"),
        "references-broken.eml": message(
            TEXT, subject="Broken references",
            more='References: <a@x.example><b@x.example>\n garbage "Message of Tuesday" <c@x.example\nIn-Reply-To: Your message of Tuesday',
        ),
    }  # fmt: skip


def _texts() -> dict[str, bytes]:
    return {
        "empty-body.eml": message("", subject="No text"),
        "long-line.eml": message("word " * 2_000 + "\n", subject="One long line"),
        "lines-of-all-kinds.eml": message(b"one\ntwo\r\nthree\rfour\r\n", subject="Line ends of all kinds"),
        "controls.eml": message("A bell \x07, an escape \x1b[31m, a backspace \x08.\n", subject="Controls"),
        "direction.eml": message("Right \u202eto left\u202c and hidden\u200b\u200c\u200d\ufeff.\n", subject="Direction \u202eexe.pdf"),
        "html-broken.eml": message(
            crlf('<html><body><p>One<p>Two<table><tr><td>Cell<b>bold<i>both</b>italic<a href="http://x.example">open\n'),
            subject="Broken HTML", kind="text/html; charset=utf-8",
        ),
        "html-empty.eml": message("<html><body></body></html>\n", subject="Empty HTML", kind="text/html"),
    }  # fmt: skip
