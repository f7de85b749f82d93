"""Saving and discarding a draft: from the script every few seconds, from a plain form by its button."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import drafts, linking, rows, uploads
from mailapp.composing.models import Draft
from mailapp.files import uses
from mailapp.jobs.files import PIECE_BYTES
from mailapp.store.models import Folder
from mailapp.web import acting, answers, undoing
from mailapp.web.compose import forms, pages
from mailapp.web.compose.files import refuse_large
from workmail.errors import LimitExceeded, Stale
from workmail.ui import formats, refusals


@refuse_large
@login_required
@require_POST
def save(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Save; a plain form may bring files along, or name one to remove."""
    mailbox = access.open_own_mailbox(request.actor)
    form = forms.bound(request, mailbox)
    if not form.is_valid():
        return refused(request, mailbox, draft_id, form)
    is_script = refusals.wants_json(request)
    try:
        draft = drafts.save(
            mailbox, draft_id, form.state(), form.page(), settle=not is_script or bool(request.POST.get("settle"))
        )
        take_files(request, mailbox, draft_id)
    except (Stale, LimitExceeded) as error:
        if is_script:
            return as_json(error)
        return pages.page(request, mailbox, draft_id, form, problem=error, status=refusals.status_of(error))
    if is_script:
        return JsonResponse(saved(draft))
    # The page that is shown next is the same writer at the same work, not another editor.
    answers.remember(request, saved(draft)["sentence"])
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))


@login_required
@require_POST
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Move the draft to Deleted; Undo brings it back."""
    mailbox = access.open_own_mailbox(request.actor)
    undo = ""
    if rows.find(mailbox, draft_id) is not None:
        moved = drafts.discard(mailbox, draft_id)
        if moved is not None:
            deleted = access.folder_by_role(mailbox, Folder.Role.DELETED)
            source = access.folder_by_role(mailbox, Folder.Role.DRAFTS)
            undo = undoing.token(mailbox, [acting.move_step(deleted, source, [moved.uid])])
    sentence = _("Draft moved to Deleted.") if undo else _("Draft discarded.")
    answers.remember(request, sentence, undo)
    target = pages.way_back(request)
    if refusals.wants_json(request):
        return JsonResponse({"sentence": sentence, "url": target})
    return HttpResponseRedirect(target)


def take_files(request: HttpRequest, mailbox: OpenMailbox, draft_id: UUID) -> None:
    """Do what a plain form asks about files: take one out, make one a link, put some in."""
    named = request.POST.get("remove", "")
    if named:
        for file in uploads.files_of(mailbox, draft_id):
            if str(file.id) == named:
                uploads.remove(mailbox, draft_id, file.id)
        for carried in uses.of_draft(mailbox, draft_id):
            if str(carried.id) == named:
                linking.unlink(mailbox, draft_id, carried.id)
    if chosen := request.POST.get("as_link", ""):
        for file in uploads.files_of(mailbox, draft_id):
            if str(file.id) == chosen:
                linking.turn_into_link(mailbox, draft_id, file.id)
    for sent in request.FILES.getlist("files"):
        if linking.is_large(mailbox, sent.size):
            linking.receive(mailbox, draft_id, sent.name or "", sent.chunks(PIECE_BYTES), sent.size)
            continue
        uploads.check_room(mailbox, draft_id, sent.size)
        uploads.attach(mailbox, draft_id, sent.name or "", sent.read(), content_type=sent.content_type or "")


def saved(draft: Draft) -> dict[str, Any]:
    """Return what a page learns from a save."""
    return {
        "draft": str(draft.pk),
        "revision": draft.revision,
        "url": reverse("mail:compose_edit", args=[draft.pk]),
        "time": formats.clock(draft.saved_at),
        # Translators: {time} is a time of day such as 09:54
        "sentence": _("Draft saved at {time}.").format(time=formats.clock(draft.saved_at)),
    }


def refused(request: HttpRequest, mailbox: OpenMailbox, draft_id: UUID, form: forms.ComposeForm) -> HttpResponse:
    """Answer a form that cannot be used."""
    if refusals.wants_json(request):
        message = next((str(text) for texts in form.errors.values() for text in texts), "")
        return JsonResponse({"code": "invalid", "message": message, "fields": list(form.errors)}, status=400)
    return pages.page(request, mailbox, draft_id, form, status=400)


def as_json(error: Stale | LimitExceeded) -> JsonResponse:
    """Return the refusal with what a page needs to go on from there."""
    saved_at = error.details.get("saved_at") or timezone.now()
    return JsonResponse(
        {
            "code": error.code,
            "message": str(error),
            "reason": error.details.get("reason", ""),
            "revision": error.details.get("revision", 0),
            "time": formats.clock(saved_at),
        },
        status=refusals.status_of(error),
    )
