"""What can be wrong together in the settings. ``manage.py check`` says it with the variable to set."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from mailapp.delivery import resolver
from mailapp.delivery.outbound import relay

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _is_public(host: str | None) -> bool:
    return bool(host) and host not in LOOPBACK


@register("workmail")
def settings_fit_together(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    public_host = urlsplit(settings.PUBLIC_URL).hostname
    if settings.DEBUG and _is_public(public_host):
        found.append(
            Error(
                "Debug pages would show code and settings to everybody.",
                hint="Unset WORKMAIL_DEBUG where others can reach the server.",
                id="workmail.E001",
            )
        )
    if _is_public(public_host) and not settings.IS_HTTPS:
        found.append(
            Warning(
                "Passwords and mail would travel in plain text.",
                hint="Put a proxy with TLS in front, and let WORKMAIL_PUBLIC_URL begin with https://.",
                id="workmail.W001",
            )
        )
    if settings.IS_HTTPS and not settings.TRUSTED_PROXY_COUNT and not settings.DEBUG:
        found.append(
            Warning(
                "TLS ends at a proxy, but no proxy is trusted: every visitor seems to come from its address.",
                hint="Set WORKMAIL_TRUSTED_PROXY_COUNT to the number of proxies in front.",
                id="workmail.W002",
            )
        )
    if settings.SMTP_HOST not in LOOPBACK and settings.MAIL_HOST_NAME in LOOPBACK:
        found.append(
            Warning(
                "This mail server introduces itself to the world as localhost, and many will refuse it.",
                hint="Set WORKMAIL_MAIL_HOST_NAME to the name in your MX record.",
                id="workmail.W003",
            )
        )
    found += _delivery_can_work()
    return found


def _delivery_can_work() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        relay.parse(settings.SMTP_RELAY_URL)
    except ValueError as error:
        found.append(Error(str(error), hint="Correct SMTP_RELAY_URL.", id="workmail.E002"))
    for server in settings.DNS_SERVERS:
        try:
            resolver.server_address(server)
        except ValueError:
            found.append(
                Error(
                    f"{server} is no address of a name server.",
                    hint="Write addresses, with a port or without, and commas between them, in WORKMAIL_DNS_SERVERS.",
                    id="workmail.E003",
                )
            )
    return found
