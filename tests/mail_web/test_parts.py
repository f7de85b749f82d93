"""Parts of messages come from a stranger and from our address: what they may do in the browser, under which name."""

import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.mime.model import PartContent
from mailapp.web.part_pages import kind_of, with_unique_names
from tests import factories

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def get(client: Client, user: Any, file_name: str, content_type: str, octets: bytes, **query: str) -> Any:
    message = factories.store_message(
        user, factories.make_message_bytes(attachments=[(file_name, content_type, octets)])
    )
    return client.get(reverse("mail:part", args=[message.key, "2", "x"]), query)


@pytest.mark.parametrize(
    ("file_name", "content_type", "octets", "shown_as"),
    [
        ("a.png", "image/png", PNG, "image/png"),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        ("a.gif", "image/gif", b"GIF89a rest", "image/gif"),
        ("a.webp", "image/webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("a.png", "application/octet-stream", PNG, "image/png"),
        ("a.pdf", "application/pdf", b"%PDF-1.7 rest", "application/pdf"),
        ("a.txt", "text/plain", b"hello", "text/plain; charset=utf-8"),
        ("a.svg", "image/svg+xml", SVG, None),
        ("a.png", "image/png", SVG, None),
        ("a.png", "image/png", HTML, None),
        ("a.html", "text/html", HTML, None),
        ("a.xhtml", "application/xhtml+xml", HTML, None),
        ("a.xml", "text/xml", HTML, None),
        ("a.js", "text/javascript", b"alert(1)", None),
        ("a.css", "text/css", b"*{}", None),
        ("a.pdf", "application/pdf", HTML, None),
        ("a.html", "text/html", b"%PDF-1.7 <script>", None),
        ("a.html", "text/html", PNG + HTML, None),
        ("a.swf", "application/x-shockwave-flash", b"FWS", None),
        ("a.zip", "application/zip", b"PK\x03\x04", None),
        ("a.ics", "text/calendar", b"BEGIN:VCALENDAR", None),
    ],
)
def test_only_pictures_pdf_and_plain_text_are_shown(
    alice: Any, browser_of_alice: Client, file_name: str, content_type: str, octets: bytes, shown_as: str | None
) -> None:
    response = get(browser_of_alice, alice, file_name, content_type, octets)
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert "allow-scripts" not in response["Content-Security-Policy"]
    if shown_as is None:
        assert response["Content-Disposition"].startswith("attachment")
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Security-Policy"].endswith("sandbox")
    else:
        assert response["Content-Disposition"].startswith("inline")
        assert response["Content-Type"] == shown_as
        if shown_as != "application/pdf":
            assert response["Content-Security-Policy"].endswith("sandbox")


def test_a_text_that_is_markup_stays_text(alice: Any, browser_of_alice: Client) -> None:
    response = get(browser_of_alice, alice, "a.txt", "text/plain", HTML)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_download_is_the_octets_as_they_came(alice: Any, browser_of_alice: Client) -> None:
    octets = "Grüße".encode("latin-1")
    response = get(browser_of_alice, alice, "a.txt", "text/plain", octets, download="")
    assert response.content == octets
    assert response["Content-Disposition"].startswith("attachment")


NAMES = [
    "../../etc/passwd",
    "..\\..\\x.bat",
    'a"b.txt',
    "line\r\nX-Evil: yes.txt",
    "отчёт.pdf",
    "\u202egpj.exe",
    "." * 300,
    "con",
]


@pytest.mark.parametrize("file_name", NAMES)
def test_no_name_leaves_its_place_or_the_header(alice: Any, browser_of_alice: Client, file_name: str) -> None:
    raw = factories.make_message_bytes(attachments=[("x.bin", "application/x-any", b"x")])
    encoded = file_name.encode().replace(b'"', b'\\"').replace(b"\r\n", b" ")
    raw = raw.replace(b'"x.bin"', b'"' + encoded + b'"')
    message = factories.store_message(alice, raw)
    response = browser_of_alice.get(reverse("mail:part", args=[message.key, "2", "x"]))
    disposition = response["Content-Disposition"]
    assert response.status_code == 200
    assert not set(disposition) & set("\r\n/\u202e")
    assert "\\" not in disposition.replace('\\"', "")
    assert "X-Evil" not in response
    page = browser_of_alice.get(reverse("mail:message", args=[message.folder_id, message.key])).content.decode()
    assert "/part/2/../" not in page
    assert "\u202e" not in page


def test_all_attachments_in_one_file_have_names_of_their_own(alice: Any, browser_of_alice: Client) -> None:
    files = [("a.txt", "text/plain", b"1"), ("A.txt", "text/plain", b"2"), ("../a.txt", "text/plain", b"3")]
    message = factories.store_message(alice, factories.make_message_bytes(attachments=files))
    response = browser_of_alice.get(reverse("mail:archive", args=[message.key]))
    assert response["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(response.content)) as packed:
        names = packed.namelist()
        assert len({name.casefold() for name in names}) == 3
        assert not any("/" in name or "\\" in name or name.startswith(".") for name in names)
        assert sorted(packed.read(name) for name in names) == [b"1", b"2", b"3"]


def test_names_in_an_archive_never_climb() -> None:
    wanted = ("../x", "/etc/x", "a\\b", "..", "", "x", "x", "x.txt")
    contents = [PartContent("text/plain", name, b"") for name in wanted]
    names = [name for name, _ in with_unique_names(contents)]
    assert len(set(names)) == len(names)
    assert all(name and not set(name) & set("/\\") and not name.startswith(".") for name in names)


@pytest.mark.parametrize("number", ["9", "0", "1.1.1", "2.tnef.7", "x"])
def test_a_part_that_is_not_there_is_not_found(alice: Any, browser_of_alice: Client, number: str) -> None:
    message = factories.store_message(alice)
    assert browser_of_alice.get(reverse("mail:part", args=[message.key, number, "x"])).status_code == 404
    assert browser_of_alice.get(reverse("mail:preview", args=[message.key, number])).status_code == 404


@pytest.mark.parametrize(
    ("file_name", "content_type", "octets", "has"),
    [
        ("a.png", "image/png", PNG, '<p class="preview"><img'),
        ("a.pdf", "application/pdf", b"%PDF-1.7", '<iframe class="preview-frame"'),
        ("a.txt", "text/plain", b"<script>alert(1)</script>", "&lt;script&gt;alert(1)"),
        ("a.svg", "image/svg+xml", SVG, "This file cannot be shown here."),
        ("a.html", "text/html", HTML, "This file cannot be shown here."),
    ],
)
def test_the_preview_shows_what_is_safe_to_show(
    alice: Any, browser_of_alice: Client, file_name: str, content_type: str, octets: bytes, has: str
) -> None:
    raw = factories.make_message_bytes(attachments=[(file_name, content_type, octets)])
    message = factories.store_message(alice, raw)
    page = browser_of_alice.get(reverse("mail:preview", args=[message.key, "2"])).content.decode()
    assert has in page
    assert "<script>alert" not in page


def test_a_text_in_an_old_charset_is_readable(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(attachments=[("a.txt", "text/plain", "Привет, мир".encode("koi8-r"))])
    raw = raw.replace(
        b"Content-Type: text/plain\r\nContent-Tr", b"Content-Type: text/plain; charset=koi8-r\r\nContent-Tr"
    )
    message = factories.store_message(alice, raw)
    page = browser_of_alice.get(reverse("mail:preview", args=[message.key, "2"])).content.decode()
    assert "Привет, мир" in page


def test_kinds_go_by_the_octets() -> None:
    assert kind_of(PartContent("image/png", "x", b"\xff\xd8\xff")).content_type == "image/jpeg"
    assert not kind_of(PartContent("text/html", "x", PNG)).is_shown
