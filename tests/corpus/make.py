"""Writes the messages of this folder. Run it as ``python -m tests.corpus.make`` from the top of the checkout."""

# ruff: noqa: E501  (messages, one to a line as far as they go)

import binascii
import quopri
from collections.abc import Callable
from pathlib import Path

from tests.corpus import make_broken, make_security
from tests.corpus.building import (
    HTML,
    PDF,
    PICTURE_HTML,
    TEXT,
    attached,
    b64,
    compressed_rich_text,
    crlf,
    message,
    multipart,
    part,
    png,
    tnef,
)

HERE = Path(__file__).parent


def structure() -> dict[str, bytes]:
    inner = message("The inner text.\n", subject="The inner message", from_="chloe@example.test")
    logo = attached("image/png", "logo.png", png(20, 90, 110), "inline", "Content-ID: <logo@example.test>")
    alternative = multipart("alt", part("text/plain; charset=utf-8", TEXT), part("text/html; charset=utf-8", HTML))
    related = multipart("rel", part("text/html; charset=utf-8", PICTURE_HTML), logo)
    everything = multipart(
        "mix",
        part(
            'multipart/alternative; boundary="alt"',
            multipart(
                "alt",
                part("text/plain; charset=utf-8", TEXT),
                part('multipart/related; boundary="rel"; type="text/html"', related),
            ),
        ),
        attached("application/pdf", "figures.pdf", PDF),
        attached("text/csv", "figures.csv", b"month,euro\nOctober,4200\n"),
    )
    winmail = tnef(
        text="The text inside.\r\n", files=(("Bericht für Oktober.pdf", PDF), ("notes.txt", b"some notes\r\n"))
    )
    rich = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}\f0 Only rich text \'e9t\'e9.\par Second line.}"
    uu = f"begin 644 hello.txt\n{binascii.b2a_uu(b'Hello, world!').decode()}`\nend\n"
    return {
        "plain.eml": message(TEXT, subject="Figures of October"),
        "no-mime.eml": b"From: alice@example.test\nTo: bob@example.test\nSubject: As in 1982\n\nPlain words, bare line ends.\n",
        "flowed.eml": message(
            "This is a paragraph that was \nwritten with format=flowed and \nbelongs together.\n\n> A quoted paragraph that \n"
            "> flows, too.\n\n-- \nAlice\n",
            subject="Flowed text",
            kind="text/plain; charset=utf-8; format=flowed",
        ),
        "flowed-delsp.eml": message(
            "これは長い \n段落です。\n",
            subject="Flowed without spaces",
            kind="text/plain; charset=utf-8; format=flowed; delsp=yes",
        ),
        "quoted-printable.eml": message(
            quopri.encodestring("Très cher Bob,\r\n\r\nà bientôt = bis bald.\r\n".encode()),
            subject="Quoted-printable",
            encoding="quoted-printable",
        ),
        "html-only.eml": message(HTML, subject="HTML only", kind="text/html; charset=utf-8"),
        "alternative.eml": message(alternative, subject="Two ways", kind='multipart/alternative; boundary="alt"'),
        "related.eml": message(related, subject="A picture inside", kind='multipart/related; boundary="rel"'),
        "everything.eml": message(
            everything, subject="Mixed, alternative, related", kind='multipart/mixed; boundary="mix"'
        ),
        "related-by-location.eml": message(
            multipart(
                "rel",
                part("text/html; charset=utf-8", '<p>Map</p><img src="http://maps.example.test/map.png" alt="Map">\n'),
                attached(
                    "image/png", "map.png", png(1, 2, 3), "inline", "Content-Location: http://maps.example.test/map.png"
                ),
            ),
            subject="Picture by location",
            kind='multipart/related; boundary="rel"',
        ),
        "unused-related-picture.eml": message(
            multipart("rel", part("text/html", "<p>No picture is shown.</p>\n"), logo),
            subject="A picture nobody refers to",
            kind='multipart/related; boundary="rel"',
        ),
        "text-picture-text.eml": message(
            multipart(
                "mix",
                part("text/plain; charset=utf-8", "Before the picture.\n"),
                attached("image/png", "between.png", png(200, 30, 30), "inline"),
                part("text/plain; charset=utf-8", "After the picture.\n"),
            ),
            subject="Text, picture, text",
            kind='multipart/mixed; boundary="mix"',
        ),
        "html-with-footer.eml": message(
            multipart(
                "mix",
                part("text/html; charset=utf-8", HTML),
                part("text/plain; charset=utf-8", "_______\nThe list: https://lists.example.test/\n"),
            ),
            subject="A list adds its footer",
            kind='multipart/mixed; boundary="mix"',
        ),
        "attachments.eml": message(
            multipart(
                "mix",
                part("text/plain; charset=utf-8", "Three files.\n"),
                attached("application/pdf", "report.pdf", PDF),
                attached("text/plain", "notes.txt", "Über alles Mögliche\n".encode()),
                attached("application/octet-stream", "picture.png", png(9, 9, 9)),
                preamble="This is a message with several parts.\n",
            ),
            subject="Three files",
            kind='multipart/mixed; boundary="mix"',
        ),
        "attachment-names.eml": message(
            multipart(
                "mix",
                part("text/plain", "Names.\n"),
                part(
                    "application/pdf",
                    b64(PDF),
                    encoding="base64",
                    more="Content-Disposition: attachment;\n filename*0*=utf-8''%D0%94%D0%BE%D0%B3%D0%BE;\n"
                    " filename*1*=%D0%B2%D0%BE%D1%80;\n filename*2=.pdf",
                ),
                part(
                    'application/pdf; name="=?utf-8?B?0J7RgtGH0ZHRgi5wZGY=?="',
                    b64(PDF),
                    encoding="base64",
                    more="Content-Disposition: attachment",
                ),
                part("application/pdf", b64(PDF), encoding="base64", more="Content-Disposition: attachment"),
                part(
                    "application/pdf",
                    b64(PDF),
                    encoding="base64",
                    more="Content-Disposition: attachment; filename=a name without quotes.pdf",
                ),
            ),
            subject="Names of files",
            kind='multipart/mixed; boundary="mix"',
        ),
        "attachment-only.eml": message(
            b64(PDF), subject="Only a file", kind='application/pdf; name="alone.pdf"', encoding="base64"
        ),
        "message-attached.eml": message(
            multipart("mix", part("text/plain", "See the message attached.\n"), part("message/rfc822", inner)),
            subject="Forwarded as a file",
            kind='multipart/mixed; boundary="mix"',
        ),
        "message-attached-base64.eml": message(
            multipart("mix", part("text/plain", "See it.\n"), part("message/rfc822", b64(inner), encoding="base64")),
            subject="A message in base64",
            kind='multipart/mixed; boundary="mix"',
        ),
        "message-in-message-in-message.eml": message(
            message(inner, subject="The middle message", kind="message/rfc822"),
            subject="The outer",
            kind="message/rfc822",
        ),
        "digest.eml": message(
            multipart("dig", b"\r\n" + inner, b"\r\n" + message("The second.\n", subject="The second message")),
            subject="A digest",
            kind='multipart/digest; boundary="dig"',
        ),
        "winmail-dat.eml": message(
            multipart(
                "mix",
                part("text/plain", "The text outside.\n"),
                attached("application/ms-tnef", "winmail.dat", winmail),
            ),
            subject="Outlook and its file",
            kind='multipart/mixed; boundary="mix"',
        ),
        "winmail-dat-only.eml": message(
            b64(tnef(text="Only inside winmail.dat.\r\n")),
            subject="Nothing but winmail.dat",
            kind='application/ms-tnef; name="winmail.dat"',
            encoding="base64",
        ),
        "winmail-dat-rich-text.eml": message(
            multipart("mix", attached("application/ms-tnef", "winmail.dat", tnef(rich=compressed_rich_text(rich)))),
            subject="Rich text in winmail.dat",
            kind='multipart/mixed; boundary="mix"',
        ),
        "uuencoded.eml": message(f"A file in the text:\n\n{uu}\nThat was it.\n", subject="Uuencoded"),
        "enriched.eml": message(
            "<bold>Now</bold> is the time for <<all\n\ngood people.\n",
            subject="Enriched",
            kind="text/enriched; charset=us-ascii",
        ),
        "apple-double.eml": message(
            multipart(
                "mix",
                part("text/plain", "From an old Mac.\n"),
                part(
                    'multipart/appledouble; boundary="dbl"',
                    multipart(
                        "dbl",
                        part("application/applefile", b64(b"\0\5\x16\7" + bytes(22)), encoding="base64"),
                        attached("image/png", "Bild.png", png(5, 5, 5)),
                    ),
                ),
            ),
            subject="AppleDouble",
            kind='multipart/mixed; boundary="mix"',
        ),
        "similar-boundaries.eml": message(
            multipart(
                "part",
                part(
                    'multipart/alternative; boundary="part1"',
                    multipart("part1", part("text/plain", "plain\n"), part("text/html", "<p>rich</p>\n")),
                ),
                attached("application/pdf", "x.pdf", PDF),
            ),
            subject="One boundary begins with the other",
            kind='multipart/mixed; boundary="part"',
        ),
        "important.eml": message("Now.\n", subject="Important", more="Importance: high\nX-Priority: 1 (Highest)"),
        "groups.eml": message(
            "Hello.\n",
            subject="Groups of people",
            to='Team: bob@example.test, "Chloe, head of design" <chloe@example.test>;, dmitri@example.test (Dmitri)',
            more="Cc: undisclosed-recipients:;",
        ),
    }


def charsets() -> dict[str, bytes]:
    russian = "Здравствуйте, коллеги!\n\nВысылаю отчёт за октябрь.\n\nС уважением,\nДмитрий\n"
    japanese = "こんにちは。\n\n十月の報告書をお送りします。よろしくお願いいたします。\n"
    texts = {
        "koi8-r": (russian, "koi8-r", "koi8-r"),
        "windows-1251": (russian, "windows-1251", "cp1251"),
        "iso-8859-5": (russian.replace("ё", "е"), "iso-8859-5", "iso8859_5"),
        "ibm866": (russian, "ibm866", "cp866"),
        "x-mac-cyrillic": (russian, "x-mac-cyrillic", "mac_cyrillic"),
        "iso-2022-jp": (japanese, "ISO-2022-JP", "iso2022_jp"),
        "shift-jis": (japanese, "x-sjis", "cp932"),
        "euc-jp": (japanese, "EUC-JP", "euc_jp"),
        "gb2312-with-more": ("您好：\n\n請查收，谢谢。镕\n", "gb2312", "gb18030"),
        "gb18030": ("您好：\n\n十月的报告请查收。\n", "gb18030", "gb18030"),
        "big5": ("您好：\n\n十月的報告請查收。\n", "big5", "big5"),
        "ks-c-5601": ("안녕하세요.\n\n시월 보고서를 보내 드립니다.\n", "ks_c_5601-1987", "cp949"),
        "iso-8859-1-with-more": ("Der Preis beträgt 40 € – “netto”.\n", "iso-8859-1", "cp1252"),
        "iso-8859-2": ("Příliš žluťoučký kůň\n", "ISO-8859-2", "iso8859_2"),
        "iso-8859-8-i": ("שלום, מה שלומך?\n", "iso-8859-8-i", "iso8859_8"),
        "windows-1256": ("مرحبا بكم\n", "windows-1256", "cp1256"),
        "windows-874": ("สวัสดีครับ\n", "windows-874", "cp874"),
        "cp-850": ("Grüße aus Köln\n", "cp-850", "cp850"),
        "utf-7": ("Hi Mom -☺-! Grüße\n", "unicode-1-1-utf-7", "utf-7"),
        "utf8mb4": ("Party 🎉 heute\n", "utf8mb4", "utf-8"),
        "utf-16": ("Grüße\n", "utf-16", "utf-16"),
    }
    found = {
        f"{name}.eml": message(
            b64(crlf(text).encode(codec)),
            subject=f"Charset {name}",
            kind=f'text/plain; charset="{label}"',
            encoding="base64",
        )
        for name, (text, label, codec) in texts.items()
    }
    eight_bit = {
        "unlabelled-utf-8": ("Grüße aus Köln, à bientôt\n", "utf-8"),
        "unlabelled-windows-1251": (russian, "cp1251"),
        "unlabelled-koi8-r": (russian, "koi8-r"),
        "unlabelled-windows-1252": ("Grüße aus München, déjà vu\n", "cp1252"),
    }
    for name, (text, codec) in eight_bit.items():
        found[f"{name}.eml"] = message(
            crlf(text).encode(codec), subject=f"Charset {name}", kind="text/plain", encoding="8bit"
        )
    found["unknown-charset.eml"] = message(
        "Grüße aus Köln\n", subject="Unknown charset", kind="text/plain; charset=x-unknown", encoding="8bit"
    )
    found["said-utf-8-is-not.eml"] = message(
        "Grüße aus Köln, très bien\n",
        subject="It says UTF-8",
        kind="text/plain; charset=utf-8",
        encoding="8bit",
        codec="cp1252",
    )
    found["html-meta-charset.eml"] = message(
        crlf('<html><head><meta charset="windows-1251"></head><body>Привет</body></html>\n').encode("cp1251"),
        subject="Charset in the HTML",
        kind="text/html",
        encoding="8bit",
    )
    found["header-words.eml"] = message(
        "See the header.\n",
        subject="=?utf-8?Q?Caf=C3=A9_?= =?utf-8?B?4oKs?= =?iso-8859-1?q?_d=E9j=E0?= =?windows-1251?B?z/Do4uXy?=",
        from_="=?koi8-r?B?5M3J1NLJyg==?= <dmitri@example.test>",
        to='"=?utf-8?Q?Chlo=C3=A9?=" <chloe@example.test>, =?utf-8?Q?Stone,_Bob?= <bob@example.test>',
    )
    found["header-words-broken.eml"] = message(
        "See the header.\n",
        subject="=?utf-8?B?0J/RgNC40LLQ?=\n =?utf-8?B?tdGC?= =?utf-8?Q?not encoded blanks?= =?utf-8?B?QQ?=",
    )
    found["header-raw-windows-1251.eml"] = message(
        crlf("Текст\n").encode("cp1251"),
        subject="Привет всем",
        kind="text/plain; charset=windows-1251",
        from_="Дмитрий <dmitri@example.test>",
        codec="cp1251",
    )
    found["header-raw-utf-8.eml"] = message(
        "RFC 6532.\n", subject="Grüße an alle", from_="Jörg Müller <jörg@müller.example>", to="用户@例子.example"
    )
    return found


def conversation() -> dict[str, bytes]:
    quoted = "> Good morning,\n>\n> the figures of October are below.\n>\n>> And before that?\n"
    gmail = (
        '<div dir="ltr">Thank you!</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        'On Tue, 3 Nov 2026 at 09:15, Alice &lt;<a href="mailto:alice@example.test">alice@example.test</a>&gt; wrote:<br>'
        '</div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">'
        "Good morning, the figures are below.</blockquote></div>\n"
    )
    outlook = (
        '<html><body><div class="WordSection1"><p class="MsoNormal">Thank you!</p><div><div style="border:none;border-top:'
        'solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Alice<br><b>Sent:</b> Tuesday<br>'
        '<b>To:</b> Bob<br><b>Subject:</b> Figures</p></div></div><p class="MsoNormal">Good morning.</p></div></body></html>\n'
    )
    thunderbird = (
        '<html><body><p>Thank you!</p><div class="moz-cite-prefix">On 03.11.26 09:15, Alice wrote:<br></div>'
        '<blockquote type="cite" cite="mid:a@example.test">Good morning.</blockquote></body></html>\n'
    )
    between = (
        '<html><body><div class="moz-cite-prefix">On 03.11.26, Alice wrote:</div><blockquote type="cite">First?</blockquote>'
        '<p>Yes.</p><blockquote type="cite">Second?</blockquote><p>No.</p></body></html>\n'
    )
    forwarded = (
        '<div dir="ltr">Look at this.<div class="gmail_quote">---------- Forwarded message ---------<br>From: Alice<br>'
        "Good morning.</div></div>\n"
    )
    answer = {"more": "In-Reply-To: <a@example.test>\nReferences: <z@example.test> <a@example.test>"}
    return {
        "plain-answer.eml": message(
            f"Thank you!\n\nOn Tue, 3 Nov 2026, Alice Martin wrote:\n{quoted}", subject="Re: Figures", **answer
        ),
        "plain-answer-french.eml": message(
            f"Merci !\n\nLe 3 nov. 2026, Alice a écrit :\n{quoted}", subject="Re: Chiffres", **answer
        ),
        "plain-answer-russian.eml": message(
            f"Спасибо!\n\n3 ноября 2026 г. Алиса пишет:\n{quoted}", subject="Re: Отчёт", **answer
        ),
        "plain-between.eml": message(
            "Alice wrote:\n> First?\nYes.\n> Second?\nNo.\n", subject="Re: Two questions", **answer
        ),
        "plain-outlook.eml": message(
            "Thank you!\n\n-----Original Message-----\nFrom: Alice\nSent: Tuesday\nTo: Bob\nSubject: Figures\n\nGood morning.\n",
            subject="RE: Figures",
            **answer,
        ),
        "signature.eml": message("The text.\n\n-- \nAlice Martin\nExample Ltd.\n", subject="A signature"),
        "html-gmail.eml": message(gmail, subject="Re: Figures (Gmail)", kind="text/html; charset=utf-8", **answer),
        "html-outlook.eml": message(
            outlook, subject="Re: Figures (Outlook)", kind="text/html; charset=utf-8", **answer
        ),
        "html-thunderbird.eml": message(
            thunderbird, subject="Re: Figures (Thunderbird)", kind="text/html; charset=utf-8", **answer
        ),
        "html-between.eml": message(
            between, subject="Re: Two questions (HTML)", kind="text/html; charset=utf-8", **answer
        ),
        "html-forwarded.eml": message(forwarded, subject="Fwd: Figures", kind="text/html; charset=utf-8"),
    }


def invitations() -> dict[str, bytes]:
    event = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{uid}\nSEQUENCE:1\n"
        "DTSTAMP:20261103T080000Z\n{times}\nSUMMARY:Planning the year\nLOCATION:Room 4\nDESCRIPTION:Bring numbers.\\nAll of "
        "them.\nORGANIZER;CN=Alice Martin:mailto:alice@example.test\nATTENDEE;CN=Bob:mailto:bob@example.test\n"
        "ATTENDEE:mailto:chloe@example.test\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    times = "DTSTART;TZID=Europe/Paris:20261110T100000\nDTEND;TZID=Europe/Paris:20261110T113000"
    request = event.format(method="REQUEST", uid="1@example.test", times=times)
    whole_day = event.format(method="PUBLISH", uid="2@example.test", times="DTSTART;VALUE=DATE:20261224\nDURATION:P1D")
    cancel = event.format(
        method="CANCEL", uid="1@example.test", times="DTSTART:20261110T090000Z\nDTEND:20261110T103000Z"
    )
    kind = 'multipart/alternative; boundary="alt"'
    return {
        "request.eml": message(
            multipart(
                "mix",
                part(
                    kind,
                    multipart(
                        "alt",
                        part("text/plain; charset=utf-8", "You are invited.\n"),
                        part("text/html; charset=utf-8", "<p>You are invited.</p>\n"),
                        part("text/calendar; charset=utf-8; method=REQUEST", request),
                    ),
                ),
                attached("application/ics", "invite.ics", crlf(request).encode()),
            ),
            subject="Invitation: Planning the year",
            kind='multipart/mixed; boundary="mix"',
        ),
        "cancel.eml": message(
            multipart("alt", part("text/plain", "Cancelled.\n"), part("text/calendar; method=CANCEL", cancel)),
            subject="Cancelled: Planning the year",
            kind=kind,
        ),
        "whole-day.eml": message(
            multipart(
                "mix", part("text/plain", "The day.\n"), attached("text/calendar", "day.ics", crlf(whole_day).encode())
            ),
            subject="A whole day",
            kind='multipart/mixed; boundary="mix"',
        ),
        "only-calendar.eml": message(
            request, subject="Nothing but a calendar", kind="text/calendar; method=REQUEST; charset=utf-8"
        ),
        "broken-calendar.eml": message(
            multipart(
                "alt",
                part("text/plain", "Broken.\n"),
                part(
                    "text/calendar; method=REQUEST", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:yesterday\nRRULE:FREQ=X\n"
                ),
            ),
            subject="A broken calendar",
            kind=kind,
        ),
    }


def reports() -> dict[str, bytes]:
    original = message("Are you there?\n", subject="Are you there", to="nobody@elsewhere.example")
    status = (
        "Reporting-MTA: dns; mx.elsewhere.example\nArrival-Date: Tue, 3 Nov 2026 09:15:00 +0100\n\n"
        "Final-Recipient: rfc822; nobody@elsewhere.example\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.elsewhere.example\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n"
    )
    delayed = (
        status.replace("failed", "delayed").replace("5.1.1", "4.4.1").replace("No such user", "Connection timed out")
    )
    receipt = (
        "Reporting-UA: mail.example.test; workmail\nFinal-Recipient: rfc822; bob@example.test\n"
        "Original-Message-ID: <a@example.test>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    )
    kind = 'multipart/report; report-type={}; boundary="rep"'
    daemon = "Mail Delivery System <MAILER-DAEMON@elsewhere.example>"
    return {
        "bounce.eml": message(
            multipart(
                "rep",
                part("text/plain", "Your message could not be delivered.\n"),
                part("message/delivery-status", status),
                part("message/rfc822", original),
            ),
            subject="Undelivered Mail Returned to Sender",
            kind=kind.format("delivery-status"),
            from_=daemon,
            more="Auto-Submitted: auto-replied\nReturn-Path: <>",
        ),
        "bounce-header-only.eml": message(
            multipart(
                "rep",
                part("text/plain", "Your message could not be delivered.\n"),
                part("message/delivery-status", status),
                part("text/rfc822-headers", original.split(b"\r\n\r\n")[0].decode() + "\n"),
            ),
            subject="Undeliverable: Are you there",
            kind=kind.format("delivery-status"),
            from_=daemon,
        ),
        "delay.eml": message(
            multipart("rep", part("text/plain", "Still trying.\n"), part("message/delivery-status", delayed)),
            subject="Delayed",
            kind=kind.format("delivery-status"),
            from_=daemon,
        ),
        "bounce-without-words.eml": message(
            multipart("rep", part("message/delivery-status", status)),
            subject="A bounce without words",
            kind=kind.format("delivery-status"),
            from_=daemon,
        ),
        "receipt.eml": message(
            multipart(
                "rep",
                part("text/plain", "Your message was displayed.\n"),
                part("message/disposition-notification", receipt),
            ),
            subject="Read: Figures",
            kind=kind.format("disposition-notification"),
            more="In-Reply-To: <a@example.test>",
        ),
        "receipt-requested.eml": message(
            "Please confirm.\n",
            subject="Please confirm",
            more="Disposition-Notification-To: Alice <alice@example.test>",
        ),
        "automatic-reply.eml": message(
            "I am away until Monday.\n",
            subject="Automatic reply: Figures",
            more="Auto-Submitted: auto-replied (vacation)",
        ),
        "list.eml": message(
            "News of the list.\n",
            subject="[news] Number 5",
            more="List-Id: The news <news.lists.example.test>\nList-Unsubscribe: <mailto:news-off@lists.example.test?subject=off>,\n"
            " <https://lists.example.test/off?u=1>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nPrecedence: list",
        ),
    }


FOLDERS: dict[str, Callable[[], dict[str, bytes]]] = {
    "structure": structure,
    "charsets": charsets,
    "conversation": conversation,
    "invitations": invitations,
    "reports": reports,
    "broken": make_broken.messages,
    "security": make_security.messages,
}


def main() -> None:
    for folder, make in FOLDERS.items():
        files = make()
        (HERE / folder).mkdir(exist_ok=True)
        for name, octets in files.items():
            (HERE / folder / name).write_bytes(octets)


if __name__ == "__main__":
    main()
