"""What the pages of the console share: the frame, and the way from a form to an operation and on."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url

from admin_console.access import Console
from workmail.accounts.web import notices
from workmail.accounts.web.forms import RefusableForm
from workmail.accounts.web.refusing import UNPROCESSABLE
from workmail.directory.models import Organization
from workmail.errors import AlreadyExists, Invalid, LimitExceeded

MOST_ORGANIZATIONS = 200  # in the switch of an operator; more are found on the page of organizations


def page(
    request: HttpRequest, console: Console, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page in the console's frame."""
    frame: dict[str, Any] = {
        "app": "admin",
        "console": console,
        "organization": console.organization,
        "is_operator": request.user.is_operator,
        "sign_up_open": settings.SIGN_UP_OPEN,
        **notices.take(request),
    }
    if request.user.is_operator:
        active = Organization.objects.filter(state=Organization.State.ACTIVE).order_by("name", "pk")
        frame["organizations"] = list(active[:MOST_ORGANIZATIONS])
    return render(request, f"admin_console/{template}", frame | context, status=status)


def status_of(*forms: RefusableForm) -> int:
    return UNPROCESSABLE if any(form.is_bound and form.errors for form in forms) else 200


def perform(form: RefusableForm, act: Callable[[], object]) -> bool:
    """Run an operation; a refusal that the person can do something about lands in the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except (Invalid, AlreadyExists, LimitExceeded) as refusal:
        form.refuse(refusal)
        return False
    return True


def act_and_return(
    request: HttpRequest, act: Callable[[], object], sentence: str, to: str, *arguments: object, anchor: str = ""
) -> HttpResponse:
    """Run an operation behind a button, and say on the page it belongs to what happened or why not."""
    try:
        act()
    except (Invalid, AlreadyExists, LimitExceeded) as refusal:
        notices.say(request, str(refusal))
    else:
        notices.say(request, sentence)
    return back(to, *arguments, anchor=anchor)


def back(to: str, *arguments: object, anchor: str = "") -> HttpResponse:
    return HttpResponseRedirect(resolve_url(to, *arguments) + (f"#{anchor}" if anchor else ""))
