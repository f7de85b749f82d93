"""How whoever asks wants to see the pages: their own preferences, or the few cookies of who is not signed in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from workmail.accounts import preferences as accounts_preferences
from workmail.accounts.preferences import FIELDS, Preferences

COOKIES = {"theme": "workmail_theme", "contrast": "workmail_contrast"}
APPEARANCE = ("theme", "contrast", "density", "reading_size", "shortcuts")  # what the account menu changes
_YEAR_SECONDS = 365 * 24 * 3600


def of_request(request: HttpRequest) -> Preferences:
    """Return the preferences of whoever asks, with defaults for every gap."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return accounts_preferences.of(user)
    kept: dict[str, Any] = {name: request.COOKIES.get(cookie, "") for name, cookie in COOKIES.items()}
    return replace(Preferences(), **{name: value for name, value in kept.items() if value in choices(name)})


def choices(name: str) -> tuple[str, ...]:
    """Return the values that a choice may have."""
    return FIELDS[name].metadata["choices"]


def zone_of_request(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return accounts_preferences.time_zone_of(user)
    return settings.DEFAULT_TIME_ZONE


def keep(request: HttpRequest, response: HttpResponse, changes: Mapping[str, str]) -> None:
    """Keep what was chosen: with the person, or in cookies."""
    if not changes:
        return
    if request.user.is_authenticated:
        accounts_preferences.save(request.actor, request.user, changes)  # type: ignore[attr-defined]
        return
    for name, value in changes.items():
        if name in COOKIES:
            keep_in_cookie(response, COOKIES[name], value)


def keep_in_cookie(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
