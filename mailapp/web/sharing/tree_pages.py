"""The section of the side pane with what others share, alone: for pages that hear it has changed."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mailapp import access
from mailapp.web import answers, navigation
from mailapp.web.sharing import shown
from workmail.errors import Invalid


@login_required
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """``current`` is the shared folder that the page shows; when it is gone, the page leaves for the inbox."""
    mailbox = access.open_own_mailbox(request.actor)
    text = request.GET.get("current", "")
    try:
        current = UUID(text) if text else None
    except ValueError as error:
        raise Invalid from error
    shared = shown.mailboxes(mailbox, current)
    response = render(request, "mail/sharing/tree.html", {"shared": shared})
    listed = [view.id for each in shared for view in navigation.flat(each.folders)]
    if current is not None and current not in listed:
        answers.remember(request, _("This folder is no longer shared with you."))
        response["X-Gone"] = "1"
    return response
