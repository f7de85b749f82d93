"""Who acts in this request, and from where."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from workmail.accounts import sessions
from workmail.accounts.actor import Actor
from workmail.errors import Forbidden
from workmail.ui import refusals

OPEN_BEFORE_A_NEW_PASSWORD = frozenset(
    {
        *("settings_password", "account_logout", "ui:language", "ui:appearance", "ui:icons"),
        *("ui:manifest", "ui:service_worker", "ui:offline"),
    }
)


class ActorMiddleware:
    """Sets ``request.actor``, and remembers when each session was last used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.session.client_address = client_address(request)
        request.session.user_agent = request.META.get("HTTP_USER_AGENT", "")
        request.actor = SimpleLazyObject(lambda: actor_of(request))
        response = self.get_response(request)
        if request.session.accessed:
            sessions.note_seen(request.session, request.actor)
        return response

    def process_view(
        self, request: HttpRequest, _view: object, _arguments: object, _named: object
    ) -> HttpResponse | None:
        """Whoever must choose a new password does that first."""
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return None
        if request.resolver_match.view_name in OPEN_BEFORE_A_NEW_PASSWORD:
            return None
        if request.method == "GET" and "text/html" in request.headers.get("Accept", "text/html"):
            return HttpResponseRedirect(reverse("settings_password"))
        return refusals.answer(request, Forbidden(_("Choose a new password first.")))


def actor_of(request: HttpRequest) -> Actor:
    user = request.user
    return Actor(
        user=user if user.is_authenticated else None,
        protocol="web",
        client_address=client_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:300],
    )


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client behind our own proxies, or None when there is none to be believed.

    Each of the ``TRUSTED_PROXY_COUNT`` proxies appends the address it was called from to X-Forwarded-For, so the
    client is the entry that many places from the right; what stands further left is whatever the client wrote.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies:
        forwarded = [
            entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()
        ]
        if len(forwarded) >= proxies:
            candidate = forwarded[-proxies]
    return clean_address(candidate)


def clean_address(text: str) -> str | None:
    """Return an IP address without port, zone or IPv4 mapping, or None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
