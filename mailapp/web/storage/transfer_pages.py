"""The page of imports and exports."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.jobs import files, operations
from mailapp.store.exporting import jobs as exporting
from mailapp.store.importing import jobs as importing
from mailapp.web import answers
from mailapp.web.storage.forms import AccountForm, ExportForm, FileForm
from workmail.errors import Invalid, LimitExceeded

UNPROCESSABLE = 422
# What a form without script can carry: the server hangs up on larger bodies.
_AROUND_BYTES = 64 * 1024


@login_required
@require_GET
def transfer(request: HttpRequest) -> HttpResponse:
    return page(request, access.open_own_mailbox(request.actor))


@login_required
@require_POST
def import_account(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    form = AccountForm(mailbox, request.POST)
    if form.is_valid():
        try:
            importing.start_account(mailbox, form.account(), form.folder())
        except (Invalid, LimitExceeded) as refusal:
            form.refuse(refusal)
        else:
            return begun(request, _("The import has begun. You can leave this page."))
    return page(request, mailbox, account_form=form, status=UNPROCESSABLE)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    form = ExportForm(mailbox, request.POST)
    if form.is_valid():
        try:
            exporting.start(mailbox, form.folder(), form.cleaned_data["form"])
        except (Invalid, LimitExceeded) as refusal:
            form.refuse(refusal)
        else:
            return begun(request, _("The export has begun. You can leave this page."))
    return page(request, mailbox, export_form=form, status=UNPROCESSABLE)


def begun(request: HttpRequest, sentence: str) -> HttpResponse:
    answers.remember(request, sentence)
    return HttpResponseRedirect(reverse("mail:transfer"))


def page(request: HttpRequest, mailbox: OpenMailbox, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Show the page, with the forms that were refused as they were filled in."""
    context = {
        "jobs": operations.listed(mailbox),
        "file_form": forms.get("file_form") or FileForm(mailbox),
        "account_form": forms.get("account_form") or AccountForm(mailbox),
        "export_form": forms.get("export_form") or ExportForm(mailbox),
        "piece_bytes": files.PIECE_BYTES,
        "most_bytes": settings.IMPORT_MAX_BYTES,
        "most_in_form": settings.SMTP_MAX_MESSAGE_BYTES - _AROUND_BYTES,
        **answers.said(request),
    }
    return render(request, "storage/transfer.html", context, status=status)
