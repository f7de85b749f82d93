"""Attachments and other parts of a message: downloading, showing, all as one archive.

A part was made by a stranger and comes from our address. So only pictures, PDF and plain text may be shown in the
browser; whatever else it claims to be is a download, and nothing of it may run (``nosniff``, ``sandbox``).
"""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mailapp.mime import charsets, parse
from mailapp.mime.model import PartContent
from mailapp.web.remote_images import image_type
from mailapp.web.sources import open_source
from workmail.errors import LimitExceeded, NotFound

# Nothing in it may run or load; a PDF needs its viewer, which a sandbox would forbid, so it gets no sandbox
# but no script, frame or object of its own either.
POLICY = "default-src 'none'; sandbox"
_PDF_POLICY = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'"
_SHOWN_IMAGES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_LARGEST_TEXT_SHOWN = 512 * 1024
_LARGEST_ARCHIVE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """How a part may be sent: its type for the browser, and whether it may be shown there."""

    content_type: str
    is_shown: bool
    name: str = ""  # image, pdf or text, for the preview


def kind_of(part: PartContent) -> Kind:
    """Decide by the octets as much as by what the message says: a picture that is none is a download."""
    declared = part.content_type.partition(";")[0].strip().lower()
    found = image_type(part.octets)
    if found and declared.startswith(("image/", "application/octet-stream")):
        return Kind(found, True, "image")
    if part.octets[:1024].lstrip().startswith(b"%PDF-") and declared in (
        "application/pdf",
        "application/x-pdf",
        "application/octet-stream",
    ):
        return Kind("application/pdf", True, "pdf")
    if declared == "text/plain":
        return Kind("text/plain; charset=utf-8", True, "text")
    return Kind("application/octet-stream", False)


@login_required
@require_GET
def part(request: HttpRequest, key: UUID, number: str, file_name: str = "", trail: str = "") -> HttpResponse:
    """Send one part: shown if that is safe, else or if asked for (``?download``) as a download."""
    return part_response(open_source(request, key, trail).raw, number, is_download="download" in request.GET)


def part_response(raw: bytes, number: str, *, is_download: bool = False) -> HttpResponse:
    content = content_of(raw, number)
    kind = kind_of(content)
    is_attachment = is_download or not kind.is_shown
    octets = content.octets
    if kind.name == "text" and not is_attachment:
        octets = text_of(raw, number, content).encode()
    response = HttpResponse(octets, content_type="application/octet-stream" if is_attachment else kind.content_type)
    disposition = content_disposition_header(is_attachment, content.file_name or _("part"))
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _PDF_POLICY if kind.name == "pdf" and not is_attachment else POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=86400, immutable"  # a message never changes
    return response


@login_required
@require_GET
def preview(request: HttpRequest, key: UUID, number: str, trail: str = "") -> HttpResponse:
    """A page that shows a picture, a PDF or a text, and says what it is."""
    source = open_source(request, key, trail)
    content = content_of(source.raw, number)
    kind = kind_of(content)
    text = text_of(source.raw, number, content) if kind.name == "text" else ""
    context = {
        "app": "mail",
        "kind": kind.name,
        "file_name": content.file_name or _("part"),
        "size_bytes": len(content.octets),
        "text": text[:_LARGEST_TEXT_SHOWN],
        "is_cut": len(text) > _LARGEST_TEXT_SHOWN,
        "url": source.part_address(number, content.file_name),
        "message_url": source.page_address,
    }
    return render(request, "mail/preview.html", context)


@login_required
@require_GET
def archive(request: HttpRequest, key: UUID, trail: str = "") -> HttpResponse:
    """All attachments in one ZIP file. Stored, not compressed again: most already are."""
    raw = open_source(request, key, trail).raw
    parsed = parse.parse(raw)
    if sum(attachment.size_bytes for attachment in parsed.attachments) > _LARGEST_ARCHIVE_BYTES:
        raise LimitExceeded(_("Together these files are too large. Download them one by one."))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        contents = parse.part_contents(raw, [attachment.number for attachment in parsed.attachments])
        for name, octets in with_unique_names(contents):
            packed.writestr(name, octets)
    response = HttpResponse(buffer.getvalue(), content_type="application/zip")
    name = f"{(parsed.subject or _('attachments'))[:80]}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name.replace("/", "_")) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    return response


def with_unique_names(contents: Iterable[PartContent]) -> Iterable[tuple[str, bytes]]:
    """Give every part a name of its own that stays inside the folder it is unpacked into."""
    used: set[str] = set()
    for content in contents:
        name = content.file_name.replace("/", "_").replace("\\", "_").lstrip(".") or _("part")
        stem, dot, ending = name.rpartition(".")
        number, unique = 1, name
        while unique.casefold() in used:
            number += 1
            unique = f"{stem} ({number}).{ending}" if dot else f"{name} ({number})"
        used.add(unique.casefold())
        yield unique, content.octets


def content_of(raw: bytes, number: str) -> PartContent:
    """Return a part of the message. Raises NotFound."""
    try:
        return parse.part_content(raw, number)
    except LookupError as error:
        raise NotFound from error


def text_of(raw: bytes, number: str, content: PartContent) -> str:
    """Return a text part as text: by the charset it declares, if the octets agree."""
    parsed = parse.parse(raw)
    parts = (*parsed.attachments, *parsed.inline_parts, *parsed.calendar_parts, *parsed.other_parts)
    charset = next((part.charset for part in parts if part.number == number), None)
    return charsets.decode(content.octets, charset)[0]
