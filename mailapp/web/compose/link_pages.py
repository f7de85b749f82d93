"""Files of a draft that travel as links: coming in pieces, made of an attachment, taken out again."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import checks, linking, rows
from mailapp.files import storing, uses
from mailapp.files.uses import LinkedFile
from mailapp.web.files import uploads
from workmail.errors import NotFound
from workmail.ui import refusals


@login_required
@require_POST
def begin(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Begin a file that comes in pieces: ``name`` and ``size``."""
    mailbox = access.open_own_mailbox(request.actor)
    draft = rows.find(mailbox, draft_id)
    if draft is not None:
        rows.require_editing(draft)
    return uploads.begun(
        request, mailbox, lambda file_id: reverse("mail:compose_link_finish", args=[draft_id, file_id])
    )


@login_required
@require_POST
def finish(request: HttpRequest, draft_id: UUID, file_id: UUID) -> HttpResponse:
    """The file is there: link it."""
    mailbox = access.open_own_mailbox(request.actor)
    file = storing.finish(mailbox, file_id, draft_id=draft_id)
    if file.draft_id != draft_id:
        raise NotFound
    linking.link(mailbox, draft_id, storing.find(mailbox, file_id))
    return carried_answer(request, mailbox, draft_id, file_id)


@login_required
@require_POST
def turn_into_link(request: HttpRequest, draft_id: UUID, upload_id: UUID) -> HttpResponse:
    """Send an attached file as a link instead."""
    mailbox = access.open_own_mailbox(request.actor)
    file = linking.turn_into_link(mailbox, draft_id, upload_id)
    if refusals.wants_json(request):
        return carried_answer(request, mailbox, draft_id, file.pk)
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))


@login_required
@require_POST
def remove(request: HttpRequest, draft_id: UUID, file_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    linking.unlink(mailbox, draft_id, file_id)
    if refusals.wants_json(request):
        return JsonResponse({"removed": str(file_id)})
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))


def carried_answer(request: HttpRequest, mailbox: OpenMailbox, draft_id: UUID, file_id: UUID) -> HttpResponse:
    """Tell the script about a link that the draft carries now. Its octets do not count towards the message."""
    carried = next((each for each in uses.of_draft(mailbox, draft_id) if each.id == file_id), None)
    if carried is None:
        raise NotFound
    shown = described(draft_id, carried)
    answer = {
        "id": str(file_id),
        "name": carried.name,
        "size": 0,
        "sentence": _("“%(name)s” is sent as a link.") % {"name": carried.name},
        "html": render_to_string("mail/compose/linked.html", {"file": shown}, request),
    }
    return JsonResponse(answer, status=201)


def described(draft_id: UUID, carried: LinkedFile) -> dict[str, Any]:
    """Return what the composer shows of a linked file."""
    return {
        "id": str(carried.id),
        "name": carried.name,
        "facts": carried.facts if carried.url else _("The link has run out."),
        "is_over": not carried.url,
        "url": reverse("mail:file", args=[carried.id]),
        "remove_url": reverse("mail:compose_link_remove", args=[draft_id, carried.id]),
        "extension": checks.extension(carried.name)[:4].upper(),
    }
