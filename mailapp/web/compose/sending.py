"""Sending, and taking back what has not left yet."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import drafts, sending
from mailapp.composing.sending import Outcome, Unconfirmed
from mailapp.web import answers
from mailapp.web.compose import forms, pages, saving, schedule, scheduled_pages
from mailapp.web.compose.files import refuse_large
from workmail.accounts import preferences
from workmail.errors import Stale, WorkmailError
from workmail.ui import formats, refusals


@refuse_large
@login_required
@require_POST
def send(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    form = forms.bound(request, mailbox)
    if not form.is_valid():
        return saving.refused(request, mailbox, draft_id, form)
    sends_later = bool(request.POST.get("send_at"))
    hold = timedelta(seconds=preferences.of(request.user).effective_undo_send_seconds)
    try:
        if request.FILES:
            drafts.save(mailbox, draft_id, form.state(), form.page())
            saving.take_files(request, mailbox, draft_id)
        outcome = sending.send(
            mailbox,
            draft_id,
            form.state(),
            form.page(),
            hold=hold,
            confirmed=request.POST.getlist("confirmed"),
            send_at=schedule.asked(request),
        )
    except (WorkmailError, OSError) as error:
        return _not_sent(request, mailbox, draft_id, form, error)
    return _sent_later(request, outcome) if sends_later else _sent(request, outcome)


@login_required
@require_POST
def take_back(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Undo send: the draft is open again."""
    mailbox = access.open_own_mailbox(request.actor)
    try:
        draft = sending.take_back(mailbox, draft_id)
    except Stale as error:
        if refusals.wants_json(request):
            raise
        answers.remember(request, str(error))
        return HttpResponseRedirect(pages.way_back(request))
    target = reverse("mail:compose_edit", args=[draft.pk])
    sentence = _("Not sent. The message is a draft again.")
    if refusals.wants_json(request):
        return JsonResponse({"sentence": sentence, "url": target})
    answers.remember(request, sentence)
    return HttpResponseRedirect(target)


def _sent_later(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    target, sentence = pages.way_back(request), scheduled_pages.said(outcome.draft)
    undo_url = reverse("mail:compose_take_back", args=[outcome.draft.pk])
    answers.remember(request, sentence, undo_url=undo_url)
    if refusals.wants_json(request):
        return JsonResponse({"sentence": sentence, "undo": undo_url, "url": target})
    return HttpResponseRedirect(target)


def _sent(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    target = pages.way_back(request)
    seconds = round(outcome.seconds_left)
    sentence, undo_url = _("Message sent."), ""
    if seconds > 0:
        undo_url = reverse("mail:compose_take_back", args=[outcome.draft.pk])
        sentence = ngettext(
            "Sending in %(count)s second. Until then you can take it back.",
            "Sending in %(count)s seconds. Until then you can take it back.",
            seconds,
        ) % {"count": formats.number(seconds)}
    answers.remember(request, sentence, undo_url=undo_url, seconds=seconds, then=_("Message sent."))
    if refusals.wants_json(request):
        return JsonResponse({"sentence": sentence, "undo": undo_url, "seconds": seconds, "url": target})
    return HttpResponseRedirect(target)


def _not_sent(
    request: HttpRequest,
    mailbox: OpenMailbox,
    draft_id: UUID,
    form: forms.ComposeForm,
    error: WorkmailError | OSError,
) -> HttpResponse:
    """Say why; everything is still in Drafts."""
    if isinstance(error, OSError):
        error = WorkmailError(_("Not sent: the server cannot store it now. It is kept in Drafts. Try again later."))
    status = 422 if isinstance(error, Unconfirmed) else refusals.status_of(error)
    questions = error.questions if isinstance(error, Unconfirmed) else []
    if not refusals.wants_json(request):
        return pages.page(request, mailbox, draft_id, form, problem=error, questions=questions, status=status)
    return JsonResponse(
        {
            "code": error.code,
            "message": str(error),
            "reason": error.details.get("reason", ""),
            "revision": error.details.get("revision", 0),
            "field": error.details.get("field", ""),
            "recipients": error.details.get("recipients", []),
            "questions": [
                {"code": question.code, "text": question.text, "button": question.button} for question in questions
            ],
        },
        status=status,
    )
