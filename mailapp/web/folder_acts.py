"""Making, renaming, moving, deleting and emptying folders, each with its undo; and the tree as a fragment."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.store import folders, moving
from mailapp.store.models import Folder
from mailapp.web import answers, idempotency, navigation, pages, undoing
from workmail.errors import Invalid

_EMPTIED_AT_ONCE = 2_000
_CAN_BE_EMPTIED = (Folder.Role.JUNK, Folder.Role.DELETED)


@login_required
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """The folder tree alone, for pages that hear it has changed."""
    mailbox = access.open_own_mailbox(request.actor)
    current = request.GET.get("current", "")
    views = navigation.tree(mailbox, _uuid(current) if current else None)
    return render(request, "mail/components/tree.html", {"tree": views})


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """All folders with what one may do to each: plain forms, which work without script."""
    mailbox = access.open_own_mailbox(request.actor)
    return render(request, "mail/folders.html", pages.frame_context(request, mailbox))


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    parent = _parent(mailbox, request.POST.get("parent", ""))

    def act() -> dict[str, Any]:
        made = folders.create(mailbox, request.POST.get("name", ""), parent)
        name = folders.name_of(made.folder, made.keys)
        return {
            "sentence": _("Folder %(name)s made.") % {"name": name},
            "undo": undoing.token(mailbox, [{"do": "remove folder", "folder": made.folder.pk.hex}]),
            "folder": str(made.folder.pk),
            "name": name,
        }

    return _answer(request, mailbox, act)


@login_required
@require_POST
def rename(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    folder = access.open_folder(request.actor, folder_id)

    def act() -> dict[str, Any]:
        before = _sealed_name(folder)
        folders.rename(folder, request.POST.get("name", ""))
        step = {"do": "rename folder", "folder": folder.folder.pk.hex, "name": before}
        return {
            "sentence": _("The folder is now named %(name)s.") % {"name": folders.name_of(folder.folder, folder.keys)},
            "undo": undoing.token(folder.mailbox, [step]),
        }

    return _answer(request, folder.mailbox, act)


@login_required
@require_POST
def move(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    folder = access.open_folder(request.actor, folder_id)
    parent = _parent(folder.mailbox, request.POST.get("parent", ""))

    def act() -> dict[str, Any]:
        before = folder.folder.parent_id
        folders.move(folder, parent)
        name = folders.name_of(folder.folder, folder.keys)
        sentence = _("Folder %(name)s moved to the top.") % {"name": name}
        if parent is not None:
            values = {"name": name, "parent": folders.name_of(parent.folder, parent.keys)}
            sentence = _("Folder %(name)s moved into %(parent)s.") % values
        step = {"do": "move folder", "folder": folder.folder.pk.hex, "parent": before.hex if before else ""}
        return {"sentence": sentence, "undo": undoing.token(folder.mailbox, [step])}

    return _answer(request, folder.mailbox, act)


@login_required
@require_POST
def delete(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    """Move the folder with all it holds into Deleted; one that is there already goes for good, if that was asked."""
    folder = access.open_folder(request.actor, folder_id)

    def act() -> dict[str, Any]:
        name, parent = folders.name_of(folder.folder, folder.keys), folder.folder.parent_id
        if _is_in_deleted(folder) and not request.POST.get("forever"):
            raise Invalid(_("This folder is in Deleted already. Delete it for ever instead."))
        sealed = _sealed_name(folder)
        if folders.delete(folder):
            return {"sentence": _("Folder %(name)s deleted for ever.") % {"name": name}, "undo": ""}
        steps = [
            {"do": "move folder", "folder": folder.folder.pk.hex, "parent": parent.hex if parent else ""},
        ]
        if folders.name_of(folder.folder, folder.keys) != name:  # Deleted had one of that name: it got a number
            steps.append({"do": "rename folder", "folder": folder.folder.pk.hex, "name": sealed})
        return {
            "sentence": _("Folder %(name)s moved to Deleted.") % {"name": name},
            "undo": undoing.token(folder.mailbox, steps),
        }

    return _answer(request, folder.mailbox, act, to=reverse("mail:home"))


@login_required
@require_POST
def empty(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    """Remove for good what is in Junk or Deleted. A script asks again while there is more; a plain form gets it all."""
    folder = access.open_folder(request.actor, folder_id)
    if folder.folder.role not in _CAN_BE_EMPTIED:
        raise Invalid(_("Only Junk and Deleted can be emptied."))
    folder.require(Right.EXPUNGE)
    at_once = request.headers.get("Accept", "").startswith("application/json")
    gone = 0
    while True:
        uids = list(folder.messages.order_by("uid").values_list("uid", flat=True)[:_EMPTIED_AT_ONCE])
        gone += len(moving.expunge(folder, uids)) if uids else 0
        if at_once or len(uids) < _EMPTIED_AT_ONCE:
            break
    more = folder.messages.exists()
    if not more and folder.mailbox.is_whole:  # the folders below may be none of those that are shared
        for child in Folder.objects.filter(parent=folder.folder):
            folders.delete(access.folder_in(folder.mailbox, child.pk))
    sentence = ngettext("%(count)d message deleted for ever.", "%(count)d messages deleted for ever.", gone) % {
        "count": gone
    }
    return answers.done(
        request,
        {
            "sentence": sentence,
            "undo": "",
            "count": gone,
            "more": more,
            "counts": navigation.counts(folder.mailbox),
        },
    )


def _answer(
    request: HttpRequest, mailbox: OpenMailbox, act: Callable[[], dict[str, Any]], *, to: str = ""
) -> HttpResponse:
    return answers.done(request, idempotency.once(mailbox, idempotency.key_of(request), act), to=to)


def _parent(mailbox: OpenMailbox, text: str) -> OpenFolder | None:
    return access.folder_in(mailbox, _uuid(text)) if text else None


def _is_in_deleted(folder: OpenFolder) -> bool:
    ancestor = folder.folder.parent
    while ancestor is not None:
        if ancestor.role == Folder.Role.DELETED:
            return True
        ancestor = ancestor.parent
    return False


def _sealed_name(folder: OpenFolder) -> str:
    return undoing.sealed(folder.mailbox, folders.name_of(folder.folder, folder.keys))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid from error
