"""The list of a folder, the next stretch of it, and what changed in it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mailapp import access
from mailapp.access import OpenFolder
from mailapp.store.models import Folder
from mailapp.store.queries import Cursor
from mailapp.web import list_changes, list_pages, navigation, pages
from mailapp.web.acts import only_of
from mailapp.web.list_changes import Changes, Stretch
from mailapp.web.rows import Row
from mailapp.web.sharing import shown
from workmail.errors import HorizonPassed, Invalid
from workmail.ui.refusals import is_partial


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    folder = access.folder_by_role(mailbox, Folder.Role.INBOX)
    return HttpResponseRedirect(reverse("mail:folder", args=[folder.folder.pk]))


@login_required
@require_GET
def folder(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    """The whole page; for a partial update only the rows and the link to the next ones."""
    opened = access.open_folder(request.actor, folder_id)
    only, after = list_pages.asked(request)
    page = list_pages.read(opened, only=only, after=after)
    if request.GET.get("part") == "list":
        return render(request, "mail/components/list_rows.html", {"list": page})
    if is_partial(request) or request.GET.get("part") == "rows":
        return render(request, "mail/components/rows.html", {"list": page})
    return render(request, "mail/list.html", pages.list_context(request, page))


@login_required
@require_http_methods(["GET", "POST"])
def changes(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    """What changed since the page last asked; by POST, the difference to what it says it holds."""
    opened = access.open_folder(request.actor, folder_id)
    values = request.POST if request.method == "POST" else request.GET
    stretch = Stretch(
        in_conversations=list_pages.prefers_conversations(opened),
        only=only_of(values.get("show", "")),
        after=_cursor(values.get("after", "")),
        until=_cursor(values.get("until", "")),
    )
    query = list_pages.query_of(stretch.only)
    if request.method == "POST":
        answer = list_changes.compare(opened, stretch, list_changes.parse_held(values.get("held", "")), query=query)
    else:
        try:
            answer = list_changes.changes(opened, stretch, _since(values.get("since", "")), query=query)
        except HorizonPassed:
            answer = Changes(opened.folder.collection.highest_modseq, must_compare=True)
    return JsonResponse(_as_json(opened, answer))


def _as_json(folder: OpenFolder, answer: Changes) -> dict[str, Any]:
    folder.folder.refresh_from_db(fields=["message_count", "unread_count", "conversation_count"])
    name = shown.name_of(folder)
    arrived = sorted(answer.arrived, key=lambda row: row.order)
    return {
        "modseq": answer.modseq,
        "check": answer.check,
        "compare": answer.must_compare,
        "rows": [row_as_json(row) for row in answer.rows],
        "removed": answer.removed,
        "arrived": len(arrived),
        "arrived_from": arrived[-1].who if arrived else "",
        "title": navigation.title(name, folder.folder),
        "summary": navigation.summary(folder.folder),
        "total": folder.folder.conversation_count,
        **navigation.counts(folder.mailbox),
    }


def row_as_json(row: Row) -> dict[str, Any]:
    """Return a row as a change: its name, where it belongs, and its markup."""
    return {
        "name": row.name,
        "order": row.order,
        "version": f"{row.version:x}",
        "heading": row.heading,
        "html": row.html,
    }


@login_required
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The counts beside the folders, for pages that show no list of their own."""
    mailbox = access.open_own_mailbox(request.actor)
    answer = navigation.counts(mailbox)
    answer["folders"] |= shown.counts(mailbox)
    return JsonResponse(answer)


def _since(text: str) -> int:
    try:
        since = int(text)
    except ValueError as error:
        raise Invalid from error
    if not 0 <= since < 1 << 63:
        raise Invalid
    return since


def _cursor(text: str) -> Cursor | None:
    return Cursor.parse(text) if text else None
