"""Applying a rule to a folder: the count first, then the work."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.jobs import operations as jobs
from mailapp.rules import applying, operations
from mailapp.store.models import Folder
from mailapp.web import navigation
from mailapp.web.rules import building, pages
from workmail.errors import NotFound


@login_required
@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    rule = operations.get(mailbox, rule_id)
    folder = _folder(mailbox, request.POST.get("folder", "") or request.GET.get("folder", ""))
    if request.method == "POST":
        applying.start(mailbox, rule_id, folder)
        return pages.to_list(request, _("The rule is being applied. You can go on meanwhile."), focus="rules-h")
    can_run = applying.can_be_applied(rule.definition)
    context = {
        "rule": rule,
        "sentence": pages.sentence_of(mailbox, rule),
        "folder": folder.folder,
        "can_run": can_run,
        "passes_on": bool(rule.definition.passes_on_to),
        "count": applying.count(mailbox, rule_id, folder) if can_run else None,
        "folders": [
            (view.id, view.indented_name, view.id == folder.folder.pk)
            for view in navigation.flat(navigation.tree(mailbox))
        ],
        **pages.page_context(request, mailbox),
    }
    return render(request, "mail/rules/run.html", context)


@login_required
@require_POST
def stop(request: HttpRequest, job_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    was_stopped = jobs.cancel(mailbox, job_id)
    said = _("Stopped. What is done stays done.") if was_stopped else _("It had ended already.")
    return pages.to_list(request, said, focus="rules-h")


def _folder(mailbox: OpenMailbox, named: str) -> OpenFolder:
    if not named:
        return access.folder_by_role(mailbox, Folder.Role.INBOX)
    folder_id = building.uuid_or_none(named)
    if folder_id is None:
        raise NotFound
    return access.folder_in(mailbox, folder_id)
