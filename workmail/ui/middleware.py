"""What happens around every page: headers that harden it, the person's language and zone, refusals as pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from workmail.errors import WorkmailError
from workmail.ui import formats, preferences, refusals

GetResponse = Callable[[HttpRequest], HttpResponse]


class SecurityHeadersMiddleware:
    """A strict policy for every answer that has none of its own: a view that shows foreign content sets its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = page_policy(request)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
        )
        return response


def page_policy(request: HttpRequest) -> str:
    """Return the content security policy of our own pages: nothing inline, nothing from elsewhere."""
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.META.get('HTTP_HOST', '')}"
    allowed = socket if "/" not in socket[6:] and " " not in socket and ";" not in socket else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self' {allowed}".rstrip(),
            "frame-src 'self'",
            "media-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


class PersonalPreferencesMiddleware:
    """Speaks the person's language, in their zone: by their setting, then the browser's, then the organization's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = preferences.of_request(request)
        request.preferences = chosen
        language = chosen.language or translation.get_language_from_request(request)
        token = formats.hour_cycle.set(chosen.hour_cycle)
        try:
            with translation.override(language), timezone.override(preferences.zone_of_request(request)):
                request.LANGUAGE_CODE = translation.get_language()
                response = self.get_response(request)
                response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
                # A response that is rendered only after the middleware must still speak the language.
                if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                    response.render()
        finally:
            formats.hour_cycle.reset(token)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class ErrorsMiddleware:
    """Translates the refusals of operations into pages, fragments or JSON, whichever was asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusals.answer(request, exception) if isinstance(exception, WorkmailError) else None
