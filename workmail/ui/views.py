"""Error pages, the icons that scripts ask for, and the few choices of the account menu."""

import logging
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE, REASON_NO_REFERER, get_token
from django.shortcuts import render
from django.template import loader
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_GET, require_POST

from workmail.ui import icons, preferences, refusals

logger = logging.getLogger(__name__)
MOST_ICONS = 40


@require_GET
@cache_control(public=True, max_age=30 * 24 * 3600)
def icon_symbols(request: HttpRequest) -> HttpResponse:
    """Return symbols by name, for fragments that use icons the page does not have yet."""
    names = [name for name in request.GET.get("names", "").split(",") if name][:MOST_ICONS]
    try:
        return HttpResponse(icons.sprite(names), content_type="image/svg+xml")
    except icons.IconMissing as missing:
        raise Http404(str(missing)) from missing


@require_GET
@never_cache
def session_state(request: HttpRequest) -> JsonResponse:
    """Tell a page whose session ended whether there is one again, whose, and with which CSRF token."""
    user = str(request.user.pk) if request.user.is_authenticated else ""
    return JsonResponse({"user": user, "csrf": get_token(request) if user else ""})


@require_POST
def change_appearance(request: HttpRequest) -> HttpResponse:
    """Keep what the account menu changed: with the person, or in cookies of whoever is not signed in."""
    changes = {
        name: value
        for name in preferences.APPEARANCE
        if (value := request.POST.get(name, "")) in preferences.choices(name)
    }
    response = _done(request)
    preferences.keep(request, response, changes)
    return response


@require_POST
def change_language(request: HttpRequest) -> HttpResponse:
    """Keep the language: with the person, and in a cookie for the pages before signing in."""
    language = request.POST.get("language", "")
    response = _done(request)
    if language in dict(settings.LANGUAGES):
        preferences.keep_in_cookie(response, settings.LANGUAGE_COOKIE_NAME, language)
        preferences.keep(request, response, {"language": language} if request.user.is_authenticated else {})
    return response


def _done(request: HttpRequest) -> HttpResponse:
    if refusals.wants_json(request):
        return JsonResponse({"done": True})
    return HttpResponseRedirect(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(target)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return "/"


# --- Errors ------------------------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 404)


def _problem(request: HttpRequest, status: int) -> HttpResponse:
    if refusals.wants_json(request):
        return JsonResponse({"code": str(status), "message": _("This did not work. Try again.")}, status=status)
    return render(request, f"errors/{status}.html", status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say it plainly, without the database, the session or anything else that may just have failed."""
    reference = uuid.uuid4().hex[:12]
    logger.error("The page that failed has the number %s", reference)
    if refusals.wants_json(request):
        return JsonResponse(
            {"code": "500", "message": _("This did not work. Try again."), "reference": reference}, status=500
        )
    context: dict[str, Any] = {"reference": reference, "language": getattr(request, "LANGUAGE_CODE", "en")}
    return HttpResponse(loader.render_to_string("errors/500.html", context), status=500)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came from elsewhere, or from a page that was open through a sign-in: say which, and what to do."""
    if refusals.wants_json(request):
        message = _("This page is out of date. Reload it and try again.")
        return JsonResponse({"code": "csrf", "message": message}, status=403)
    context = {"no_cookie": reason == REASON_NO_CSRF_COOKIE, "no_referer": reason == REASON_NO_REFERER}
    return render(request, "errors/csrf.html", context, status=403)


# --- For developers ----------------------------------------------------------------------------------------------


def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state; only where DEBUG is on, and in tests."""
    if not settings.DEBUG and not getattr(settings, "SHOW_COMPONENTS", False):
        raise Http404
    from workmail.ui import showcase

    return showcase.answer(request)
