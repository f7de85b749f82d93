"""How much of the mailbox is used, by what, and how to make room."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.store import folders, usage
from mailapp.store.models import Folder
from mailapp.web import answers

_MOST_FOLDERS = 10


@dataclass(frozen=True, slots=True)
class LargeMessage:
    """A message that takes much room, ready for the template."""

    key: UUID
    subject: str
    sender: str
    folder: str
    size_bytes: int
    at: Any
    url: str
    is_deleted: bool
    no_subject: str


@login_required
@require_GET
def storage(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    nodes = folders.flat(folders.tree(mailbox))
    names = {node.id: node.name for node in nodes}
    after = usage.Place.parsed(request.GET.get("after", ""))
    found = usage.large_messages(mailbox, after=after)
    by_role = {node.folder.role: node for node in nodes if node.folder.role}
    deleted = by_role.get(Folder.Role.DELETED)
    context = {
        "usage": usage.of(mailbox),
        "warning": warning_of(mailbox),
        "folders": _largest(nodes),
        "messages_list": [
            LargeMessage(
                key=row.message.key,
                subject=row.summary.subject,
                sender=", ".join(person.display_name or person.addr_spec for person in row.summary.from_),
                folder=names.get(row.message.folder_id, ""),
                is_deleted=deleted is not None and row.message.folder_id == deleted.id,
                size_bytes=row.message.size_bytes,
                at=row.message.internal_date,
                url=reverse("mail:message", args=[row.message.folder_id, row.message.key]),
                no_subject=_("(no subject)"),
            )
            for row in found.rows
        ],
        "next": f"{reverse('mail:storage')}?after={found.next}#messages" if found.next else "",
        "first": reverse("mail:storage") + "#messages" if after else "",
        "least_bytes": usage.LARGE_BYTES,
        "emptied": [by_role[role] for role in (Folder.Role.DELETED, Folder.Role.JUNK) if role in by_role],
        **answers.said(request),
    }
    return render(request, "storage/storage.html", context)


def warning_of(mailbox: OpenMailbox) -> dict[str, str] | None:
    """Return the warning that stands on every page while the mailbox is nearly full."""
    level = usage.of(mailbox).level
    if not level:
        return None
    return {"level": str(level), "text": usage.sentence(level), "url": reverse("mail:storage"), "link": _("Make room")}


def _largest(nodes: list[folders.FolderNode]) -> list[folders.FolderNode]:
    filled = [node for node in nodes if node.folder.size_bytes]
    return sorted(filled, key=lambda node: -node.folder.size_bytes)[:_MOST_FOLDERS]
