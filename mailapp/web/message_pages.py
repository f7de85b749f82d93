"""The pages of conversations and messages: open, print, source, download, a message inside another."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.mime import charsets
from mailapp.mime.parse import header_block
from mailapp.web import body_pages, image_pages, list_pages, pages, reading, results
from mailapp.web.messages import MessagePane
from mailapp.web.part_pages import POLICY
from mailapp.web.reading import Reading
from mailapp.web.sources import open_source
from workmail.ui.refusals import is_partial

_LARGEST_SOURCE_SHOWN = 2_000_000
_PRINT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@login_required
@require_GET
def conversation(request: HttpRequest, folder_id: UUID, thread_id: UUID) -> HttpResponse:
    folder = access.open_folder(request.actor, folder_id)
    opened = reading.conversation(
        folder, thread_id, opened=_keys(request, "open"), images=_keys(request, "images"), query=_query(request)
    )
    return _pane_or_page(request, opened)


@login_required
@require_GET
def message(request: HttpRequest, folder_id: UUID, key: UUID) -> HttpResponse:
    """One message: as a page, in the reading pane, or (``part=message``) unfolded inside its conversation."""
    folder = access.open_folder(request.actor, folder_id)
    if request.GET.get("part") == "message":
        pane = reading.pane_of(folder.mailbox, open_source(request, key), images=bool(request.GET.get("images")))
        return render(request, "mail/components/message.html", {"pane": pane})
    opened = reading.single(folder, key, images=_keys(request, "images"), query=_query(request))
    return _pane_or_page(request, opened)


def _pane_or_page(request: HttpRequest, opened: Reading) -> HttpResponse:
    if is_partial(request) or request.GET.get("part") == "reading":
        return render(request, "mail/components/reading.html", {"reading": opened})
    if searched := request.GET.get("q", ""):
        page: pages.ShowsList = results.read(access.open_own_mailbox(request.actor), searched)
    else:
        only, after = list_pages.asked(request)
        page = list_pages.read(opened.folder, only=only, after=after)
    for row in page.rows:
        row.is_open = row.name == opened.name
    return render(request, "mail/list.html", {**pages.list_context(request, page), "reading": opened})


@login_required
@require_POST
def trust(request: HttpRequest, key: UUID) -> HttpResponse:
    """Always show remote images of this sender, from now on and in this message."""
    source = open_source(request, key)
    pane = reading.pane_of(source.mailbox, source)
    if pane.may_trust_sender:
        image_pages.trust(source.mailbox, pane.sender.addr_spec)
    pane = reading.pane_of(source.mailbox, source, images=True)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return render(request, "mail/components/message.html", {"pane": pane})
    return HttpResponseRedirect(source.page_address)


@login_required
@require_GET
def whole(request: HttpRequest, key: UUID, trail: str) -> HttpResponse:
    """A message inside a message, on a page of its own."""
    source = open_source(request, key, trail)
    pane = reading.pane_of(source.mailbox, source, images=bool(request.GET.get("images")))
    context = {"app": "mail", "pane": pane, "outer_url": source.outer_address}
    return render(request, "mail/nested.html", context)


@login_required
@require_GET
def source(request: HttpRequest, key: UUID, trail: str = "") -> HttpResponse:
    """The octets as text: header, then body."""
    opened = open_source(request, key, trail)
    raw = opened.raw
    header = header_block(raw)
    body = raw[len(header) :]
    context = {
        "app": "mail",
        "header": charsets.decode(header, "utf-8")[0],
        "text": charsets.decode(body[:_LARGEST_SOURCE_SHOWN], "utf-8")[0],
        "is_cut": len(body) > _LARGEST_SOURCE_SHOWN,
        "subject": opened.summary.subject,
        "eml_url": opened.address("eml"),
        "message_url": opened.page_address,
    }
    return render(request, "mail/source.html", context)


@login_required
@require_GET
def eml(request: HttpRequest, key: UUID, trail: str = "") -> HttpResponse:
    """The message as a file, octet by octet as it arrived."""
    opened = open_source(request, key, trail)
    response = HttpResponse(opened.raw, content_type="application/octet-stream")
    subject = opened.view().subject if trail else opened.summary.subject
    name = "".join(character for character in subject if character.isprintable() and character not in '/\\:*?"<>|')
    file_name = f"{name.strip('. ')[:100] or _('message')}.eml"
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    return response


@login_required
@require_GET
def print_message(request: HttpRequest, key: UUID, trail: str = "") -> HttpResponse:
    source = open_source(request, key, trail)
    return _print(request, [reading.pane_of(source.mailbox, source, images=bool(request.GET.get("images")))])


@login_required
@require_GET
def print_conversation(request: HttpRequest, folder_id: UUID, thread_id: UUID) -> HttpResponse:
    folder = access.open_folder(request.actor, folder_id)
    return _print(request, reading.panes_for_print(folder, thread_id))


def _print(request: HttpRequest, panes: Sequence[MessagePane]) -> HttpResponse:
    """Everything in one page: a frame would be cut where a sheet of paper ends."""
    printed: list[dict[str, Any]] = []
    for pane in panes:
        html = ""
        if pane.is_framed:
            view = pane.view
            html = body_pages.safe_html(pane.source, view, view.html + view.quoted_html, with_images=pane.shows_images)
        printed.append({"pane": pane, "html": html})
    response = render(request, "mail/print.html", {"panes": printed, "subject": panes[0].view.subject})
    response["Content-Security-Policy"] = _PRINT_POLICY
    return response


def _query(request: HttpRequest) -> str:
    """The part of the address that says which list stands beside what is open."""
    if searched := request.GET.get("q", ""):
        return f"?{urlencode({'q': searched})}"
    return list_pages.query_of(list_pages.asked(request)[0])


def _keys(request: HttpRequest, name: str) -> list[UUID]:
    keys = []
    for text in request.GET.getlist(name)[:20]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys
