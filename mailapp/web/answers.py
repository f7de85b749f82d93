"""Answering what was done: JSON for a script, and for a plain form the page it came from, which then says it."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from workmail.ui import refusals

_SESSION_NAME = "mail_said"


def done(request: HttpRequest, answer: dict[str, Any], *, to: str = "") -> HttpResponse:
    """Answer with what was done.

    Args:
        answer: With ``sentence``, and ``undo``: a token, or empty.
        to: Where a plain form leads; by default back to where it stood.
    """
    if refusals.wants_json(request):
        return JsonResponse(answer)
    remember(request, str(answer["sentence"]), answer.get("undo", ""))
    return HttpResponseRedirect(to or way_back(request))


def remember(
    request: HttpRequest, sentence: str, undo: str = "", *, undo_url: str = "", seconds: int = 0, then: str = ""
) -> None:
    """Let the next page say it; Undo posts the token to ``mail:undo``, or nothing to ``undo_url``.

    Args:
        seconds: How long it can be undone, when not for long; afterwards the page says ``then``.
    """
    request.session[_SESSION_NAME] = [sentence, undo, undo_url, seconds, then]


def said(request: HttpRequest) -> dict[str, str | int]:
    """Return what the status line of this page begins with, once."""
    if _SESSION_NAME not in request.session:
        return {}
    sentence, undo, undo_url, seconds, then = request.session.pop(_SESSION_NAME)
    if undo:
        undo_url = f"{reverse('mail:undo')}?{urlencode({'undo': undo})}"
    return {"status_text": sentence, "status_undo_url": undo_url, "status_seconds": seconds, "status_then": then}


def way_back(request: HttpRequest) -> str:
    """Return the page a form names or stood on, if it is one of ours."""
    target = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(target)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return reverse("mail:home")
