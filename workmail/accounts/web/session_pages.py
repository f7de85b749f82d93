"""Where a person is signed in: browsers, and the programs that have a password of their own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from workmail.accounts import application_passwords, sessions
from workmail.accounts.web import notices
from workmail.accounts.web.agents import describe, is_phone

_DOORS = {
    "imap": "IMAP",
    "smtp": "SMTP",
    "dav": "CalDAV, CardDAV",
    "activesync": "ActiveSync",
    "ews": "EWS",
    "api": "API",
}


def door_name(protocol: str) -> str:
    """Say by which door a session came in; protocols have the same name in every language."""
    return _DOORS.get(protocol) or pgettext("by which door somebody is signed in", "Web")


@login_required
@require_GET
def sessions_page(request: HttpRequest) -> HttpResponse:
    user, current = request.user, request.session.row
    context = {
        "sessions": [
            {
                "row": row,
                "name": describe(row.user_agent),
                "icon": "smartphone" if is_phone(row.user_agent) else "monitor",
                "door": door_name(row.protocol),
                "is_current": current is not None and row.pk == current.pk,
            }
            for row in sessions.sessions_of(user)
        ],
        "application_passwords": application_passwords.of(user),
        **notices.take(request),
    }
    return render(request, "accounts/sessions.html", context)
