"""Leaving a mailing list from a message of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp.unsubscribing import operations
from mailapp.web import answers, reading
from mailapp.web.sources import open_source
from workmail.errors import WorkmailError
from workmail.ui import refusals


@login_required
@require_POST
def unsubscribe(request: HttpRequest, key: UUID) -> HttpResponse:
    source = open_source(request, key)
    name = operations.name_of(source.view())
    try:
        way = operations.unsubscribe(source.mailbox, source.message, source.summary)
    except WorkmailError as problem:
        if refusals.wants_json(request) or request.headers.get("X-Requested-With") == "XMLHttpRequest":
            raise
        answers.remember(request, str(problem))
        return answers.done(request, {"sentence": str(problem)}, to=source.page_address)
    if way.kind == "mail":
        sentence = _("Unsubscribed from {name}: a mail was sent to {address}.").format(name=name, address=way.target)
    else:
        sentence = _("Unsubscribing from {name}. It can take some days until nothing comes any more.").format(name=name)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        pane = reading.pane_of(source.mailbox, source)
        pane.said = sentence
        return render(request, "mail/components/message.html", {"pane": pane})
    return answers.done(request, {"sentence": sentence}, to=source.page_address)
