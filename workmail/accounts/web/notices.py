"""What the status line of the next page says, and its Undo: the outcome of the form that led there."""

from typing import Any

from django.http import HttpRequest

_KEY = "notice"


def say(request: HttpRequest, sentence: str, *, undo_url: str = "", focus: str = "") -> None:
    """Keep a sentence for the next page.

    Args:
        undo_url: Where a POST takes back what was done.
        focus: The id of the control to return to.
    """
    request.session[_KEY] = {"status_text": sentence, "status_undo_url": undo_url, "status_focus": focus}


def take(request: HttpRequest) -> dict[str, Any]:
    """Return what the status line needs as context of a page, once."""
    return request.session.pop(_KEY, {}) if _KEY in request.session else {}
