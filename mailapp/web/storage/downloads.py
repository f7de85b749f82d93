"""Downloading what an export made: by its owner, until it expires, in stretches if the connection breaks."""

import re
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.jobs import files
from mailapp.jobs.models import JobFile
from mailapp.mime import file_names
from workmail.errors import NotFound

_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})\Z")


@login_required
@require_safe
def download(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    mailbox = access.open_own_mailbox(request.actor)
    file = files.find(mailbox, file_id)
    if not (file.is_download and file.is_complete):
        raise NotFound
    name = file_names.clean(files.name_of(mailbox, file)) or "mail"
    return response_of(request, mailbox, file, name, "application/zip" if name.endswith(".zip") else "application/mbox")


def response_of(
    request: HttpRequest, mailbox: OpenMailbox, file: JobFile, name: str, content_type: str
) -> HttpResponseBase:
    """Send a sealed file, or the stretch of it that was asked for, as a download in which nothing can run."""
    start, end, is_partial = 0, file.size_bytes, False
    if found := _RANGE.match(request.headers.get("Range", "")):
        first, last = int(found[1]), int(found[2]) if found[2] else file.size_bytes - 1
        if first >= file.size_bytes or last < first:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size_bytes}"})
        start, end, is_partial = first, min(last + 1, file.size_bytes), True
    body = _streamed(files.readers(mailbox, file, start, end)) if request.method == "GET" else _streamed([])
    response = StreamingHttpResponse(body, status=206 if is_partial else 200, content_type=content_type)
    response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    if is_partial:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


async def _streamed(readers: list[Callable[[], bytes]]) -> AsyncIterator[bytes]:
    """One piece in memory at a time: a list would be read whole before the first octet left."""
    for read in readers:
        yield await sync_to_async(read, thread_sensitive=False)()
