"""What happens around every page: headers that harden it, the person's language and zone, refusals as pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

from workmail.errors import WorkmailError
from workmail.ui import formats, preferences, refusals

_COMPRESSED = frozenset({"text/html", "application/json", "image/svg+xml", "text/plain"})
_LEAST_COMPRESSED = 1_000  # octets
_RANDOM_OCTETS = 100
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


class CompressionMiddleware:
    """Compresses pages and what scripts ask for; files are sent as they are, and static ones are compressed already.

    An answer can hold both what an attacker wrote and a secret (BREACH): as many random octets as Django's own
    middleware adds make its length say nothing, and CSRF tokens are masked anew in every answer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in _COMPRESSED or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        accepted = {part.partition(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")}
        if "gzip" not in accepted or len(response.content) < _LEAST_COMPRESSED:
            return response
        short = compress_string(response.content, max_random_bytes=_RANDOM_OCTETS)
        if len(short) < len(response.content):
            response.content = short
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(short))
        return response


class PersonalPreferencesMiddleware:
    """Speaks the person's language, in their zone: by their setting, then the browser's, then the organization's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = preferences.of_request(request)
        request.preferences = chosen  # type: ignore[attr-defined]
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
