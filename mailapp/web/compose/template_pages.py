"""Templates: saved from the composer, put into it, renamed and deleted on a page of their own."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import drafts, kept, templates
from mailapp.composing.models import Template
from mailapp.web import answers, undoing
from mailapp.web.compose import forms, pages, saving
from mailapp.web.compose.files import refuse_large
from workmail.errors import Invalid, LimitExceeded, NotFound, Stale, WorkmailError
from workmail.ui import refusals


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """All templates with what one may do to each: plain forms, which work without script."""
    return _page(request, access.open_own_mailbox(request.actor))


@login_required
@require_GET
def show(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """What the composer's script puts into the text."""
    template = templates.get(access.open_own_mailbox(request.actor), template_id)
    return JsonResponse({"subject": template.subject, "html": template.html, "text": template.text})


@refuse_large
@login_required
@require_POST
def create(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Keep what stands in the composer as a template; the draft is saved, too, by a plain form."""
    mailbox = access.open_own_mailbox(request.actor)
    form = forms.bound(request, mailbox)
    if not form.is_valid():
        return saving.refused(request, mailbox, draft_id, form)
    try:
        template = templates.save(mailbox, request.POST.get("template_name", ""), form.state())
        if not refusals.wants_json(request):
            drafts.save(mailbox, draft_id, form.state(), form.page())
    except (Invalid, LimitExceeded, Stale) as problem:
        if refusals.wants_json(request):
            raise
        return pages.page(request, mailbox, draft_id, form, problem=problem, status=refusals.status_of(problem))
    sentence = _("Template %(name)s saved.") % {"name": template.name}
    step = undoing.kept_step("remove", Template, template.id)
    return _done(request, mailbox, sentence, step, to=reverse("mail:compose_edit", args=[draft_id]))


@refuse_large
@login_required
@require_POST
def insert(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Put a template into the draft; for a composer without script."""
    mailbox = access.open_own_mailbox(request.actor)
    form = forms.bound(request, mailbox)
    if not form.is_valid():
        return saving.refused(request, mailbox, draft_id, form)
    template = templates.get(mailbox, _uuid(request.POST.get("template", "")))
    try:
        drafts.save(mailbox, draft_id, templates.insert(form.state(), template), form.page())
    except (LimitExceeded, Stale) as problem:
        return pages.page(request, mailbox, draft_id, form, problem=problem, status=refusals.status_of(problem))
    return HttpResponseRedirect(reverse("mail:compose_edit", args=[draft_id]))


@login_required
@require_POST
def rename(request: HttpRequest, template_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    try:
        template = templates.rename(mailbox, template_id, request.POST.get("name", ""))
    except Invalid as problem:
        if refusals.wants_json(request):
            raise
        return _page(request, mailbox, problem=problem)
    sentence = _("The template is now named %(name)s.") % {"name": template.name}
    return _done(request, mailbox, sentence, undoing.kept_step("revert", Template, template_id))


@login_required
@require_POST
def delete(request: HttpRequest, template_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    template = templates.get(mailbox, template_id)
    kept.delete(Template, mailbox, template_id)
    sentence = _("Template %(name)s deleted.") % {"name": template.name}
    return _done(request, mailbox, sentence, undoing.kept_step("restore", Template, template_id))


def _page(request: HttpRequest, mailbox: OpenMailbox, *, problem: WorkmailError | None = None) -> HttpResponse:
    context = {
        "templates": templates.listed(mailbox),
        "longest_name": kept.LONGEST_NAME,
        "problem": problem,
        **answers.said(request),
    }
    return render(request, "mail/templates.html", context, status=refusals.status_of(problem) if problem else 200)


def _done(
    request: HttpRequest, mailbox: OpenMailbox, sentence: str, step: dict[str, Any], *, to: str = ""
) -> HttpResponse:
    answer = {"sentence": sentence, "undo": undoing.token(mailbox, [step])}
    return answers.done(request, answer, to=to or reverse("mail:templates"))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
