"""The page Files, and the page of one file."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_safe

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.files import links, storing
from mailapp.files import listing as lists
from mailapp.files.models import File
from mailapp.jobs.files import PIECE_BYTES
from mailapp.store import usage
from mailapp.store.models import Folder
from mailapp.web import answers, navigation, script_values, search_links
from mailapp.web.storage.downloads import response_of
from workmail.errors import WorkmailError

# What a form without script can carry: the server hangs up on larger bodies.
MOST_IN_FORM = settings.MAX_CONTENT_BYTES


class LinkForm(forms.Form):
    """How long a link lives, and its password: shape only."""

    days = forms.TypedChoiceField(label=gettext_lazy("The link runs out"), coerce=int, empty_value=None)
    password = forms.CharField(
        label=pgettext_lazy("of a link", "Password"),
        required=False,
        strip=False,
        max_length=links.LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    removes_password = forms.BooleanField(label=gettext_lazy("Take the password away"), required=False)
    keeps_file = forms.BooleanField(
        label=gettext_lazy("Keep the file when the link has run out"), required=False, initial=True
    )

    def __init__(self, data: Any, file: File) -> None:
        link = file.link
        initial = {"days": "" if link else links.DEFAULT_DAYS, "keeps_file": file.expires_at is None}
        super().__init__(data, initial=initial)
        choices = [
            (days, ngettext("%(days)d day from now", "%(days)d days from now", days) % {"days": days})
            for days in links.DAYS
        ]
        if link is not None:
            choices.insert(0, ("", pgettext("expiry of a link", "As it is")))
            self.fields["days"].required = False
            hint = _("It has a password. Write a new one to change it.") if link.password else ""
        else:
            hint = ""
        self.fields["days"].choices = choices
        self.fields["password"].help_text = hint or _(
            "Optional. Tell it to the recipients in another way than by this message."
        )
        if link is None or not link.password:
            del self.fields["removes_password"]
        if link is None:
            del self.fields["keeps_file"]

    def refuse(self, error: WorkmailError) -> None:
        field = error.details.get("field")
        self.add_error(field if field in self.fields else None, str(error))


def order_labels() -> dict[str, str]:
    return {
        lists.NEWEST: pgettext("order of files", "Newest first"),
        lists.NAME: pgettext("order of files", "By name"),
        lists.LARGEST: pgettext("order of files", "Largest first"),
        lists.EXPIRY: pgettext("order of files", "Link runs out first"),
        lists.DOWNLOADS: pgettext("order of files", "Most downloads first"),
    }


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    return listing_page(request, access.open_own_mailbox(request.actor))


def listing_page(request: HttpRequest, mailbox: OpenMailbox, *, problem: str = "", status: int = 200) -> HttpResponse:
    order = request.GET.get("order", "")
    order = order if order in lists.ORDERS else lists.NEWEST
    after = request.GET.get("after", "")[:80]
    context = {
        **_frame(request, mailbox),
        "page": lists.page(mailbox, order=order, after=after),
        "order": order,
        "orders": order_labels().items(),
        "is_first": not after,
        "usage": usage.of(mailbox),
        "problem": problem,
        "most_bytes": settings.FILE_MAX_BYTES,
        "most_in_form": MOST_IN_FORM,
        "piece_bytes": PIECE_BYTES,
    }
    return render(request, "files/list.html", context, status=status)


@login_required
@require_GET
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    return file_page(request, mailbox, storing.find(mailbox, file_id))


def file_page(
    request: HttpRequest, mailbox: OpenMailbox, found: File, form: LinkForm | None = None, status: int = 200
) -> HttpResponse:
    if found.link is not None and not links.is_living(found.link):
        found.link = None
    context = {
        **_frame(request, mailbox),
        "row": lists.readable(mailbox, found),
        "form": form or LinkForm(None, found),
        "can_be_attached": found.size_bytes <= settings.MAX_CONTENT_BYTES,
    }
    return render(request, "files/file.html", context, status=status)


@login_required
@require_safe
def download(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """One's own file; not counted."""
    mailbox = access.open_own_mailbox(request.actor)
    found = storing.find(mailbox, file_id)
    name = storing.name_of(mailbox, found)
    return response_of(request, mailbox, found.stored, name, "application/octet-stream")


def _frame(request: HttpRequest, mailbox: OpenMailbox) -> dict[str, Any]:
    """Return what stands around: the folders, and what was done before."""
    tree = navigation.tree(mailbox)
    inbox = next((view for view in tree if view.role == Folder.Role.INBOX), None)
    return {
        "app": "mail",
        "place": "files",
        "tree": tree,
        "all_folders": navigation.flat(tree),
        "saved_searches": search_links.saved_links(mailbox),
        "unread_total": inbox.count if inbox else 0,
        "mail_settings": script_values.page_values(request, mailbox),
        **answers.said(request),
    }
