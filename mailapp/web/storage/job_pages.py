"""Long work in the status line of every page, and in the list on its own page."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.jobs import operations
from mailapp.jobs.operations import JobView
from mailapp.web import answers
from workmail.ui import refusals


@login_required
@require_GET
def current(request: HttpRequest) -> HttpResponse:
    """Tell a script what goes on and what has ended; for people it is on the page of imports and exports."""
    if not refusals.wants_json(request):
        return HttpResponseRedirect(reverse("mail:transfer"))
    mailbox = access.open_own_mailbox(request.actor)
    shown = operations.current(mailbox)
    answer: dict[str, Any] = {
        "jobs": [described(view) for view in shown],
        "all": reverse("mail:transfer"),
        "warning": quota_warning(mailbox),
    }
    more = len(shown) - 1
    if more > 0:
        answer["more"] = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
    if request.GET.get("list"):
        answer["list"] = render_to_string("storage/components/jobs.html", {"jobs": operations.listed(mailbox)}, request)
    return JsonResponse(answer)


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    view = operations.find(mailbox, job_id)
    if operations.cancel(mailbox, job_id):
        sentence = _("%(title)s: cancelled. What was done stays done.") % {"title": view.title}
    else:
        sentence = operations.find(mailbox, job_id).notice
    return answers.done(request, {"sentence": sentence, "undo": ""}, to=reverse("mail:transfer"))


@login_required
@require_POST
def dismiss(request: HttpRequest, job_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    operations.find(mailbox, job_id)
    operations.dismiss(mailbox, job_id)
    return answers.done(request, {"sentence": "", "undo": ""}, to=reverse("mail:transfer"))


def described(view: JobView) -> dict[str, Any]:
    """Return what the status line shows of a job."""
    answer: dict[str, Any] = {
        "id": str(view.id),
        "title": view.title,
        "open": view.is_open,
        "failed": view.state == "failed",
        "words": view.words if view.is_open else view.notice,
    }
    if view.is_open:
        answer |= {
            "value": view.job.done,
            "max": view.job.total or 0,
            "cancel": reverse("mail:job_cancel", args=[view.id]),
        }
    else:
        answer |= {"dismiss": reverse("mail:job_dismiss", args=[view.id]), "dismiss_label": _("Hide this notice")}
        if view.link:
            answer["link"], answer["link_words"] = view.link
    return answer


def quota_warning(mailbox: access.OpenMailbox) -> dict[str, str] | None:
    """Return what the page warns of when the mailbox is nearly full."""
    from mailapp.web.storage.storage_pages import warning_of

    return warning_of(mailbox)
