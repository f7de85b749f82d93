"""What the layout knows about the person, their organization and their choices."""

import time
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, get_language_bidi, pgettext

from workmail.accounts import own_keys
from workmail.accounts.preferences import Preferences
from workmail.ui import formats, preferences, strings


class Page:
    """``ui`` in every template: read only what the layout needs, and only when it does."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def preferences(self) -> Preferences:
        return getattr(self._request, "preferences", None) or preferences.of_request(self._request)

    @property
    def host(self) -> str:
        """The name in the request, or nothing when that is refused: the page that says so needs a footer, too."""
        try:
            return self._request.get_host()
        except DisallowedHost:
            return ""

    @property
    def language(self) -> str:
        return get_language() or settings.LANGUAGE_CODE

    @property
    def direction(self) -> str:
        return "rtl" if get_language_bidi() else "ltr"

    @cached_property
    def languages(self) -> list[tuple[str, str]]:
        """Each language in its own words."""
        names = {"en": "English", "fr": "Français", "ru": "Русский"}
        return [(code, names.get(code, str(label))) for code, label in settings.LANGUAGES]

    @property
    def themes(self) -> list[tuple[str, str]]:
        return [
            ("light", pgettext("theme", "Light")),
            ("dark", pgettext("theme", "Dark")),
            # Translators: the theme that the computer or phone itself uses
            ("auto", pgettext("theme", "System")),
        ]

    @cached_property
    def user(self) -> Any:
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def organization(self) -> str:
        """The name in the top bar and in titles; the product's own for who is not signed in."""
        organization = getattr(self.user, "organization", None)
        return getattr(organization, "name", "") or "workmail"

    @cached_property
    def account_name(self) -> str:
        return str(self.user) if self.user else ""

    @cached_property
    def account_address(self) -> str:
        return getattr(self.user, "addr_spec", "") if self.user else ""

    @cached_property
    def initials(self) -> str:
        return formats.initials(self.account_name)

    @cached_property
    def is_administrator(self) -> bool:
        return bool(getattr(self.user, "is_administrator", False))

    @cached_property
    def urls(self) -> dict[str, str]:
        """Addresses of pages that may not exist yet; an empty string where there is none."""
        return {name: _address(*candidates) for name, candidates in _ADDRESSES.items()}

    @cached_property
    def destinations(self) -> dict[str, str]:
        """Where the commands that open a page lead; an empty string where this person has no such page."""
        return {
            "go-inbox": self.urls["mail"],
            "go-calendar": self.urls["calendar"],
            "go-people": self.urls["contacts"],
            "go-tasks": self.urls["tasks"],
            "go-admin": self.urls["admin"] if self.is_administrator else "",
            "new": self.urls["compose"],
        }

    @property
    def modules(self) -> tuple[str, ...]:
        """The scripts that every page needs, named in its head so that they need not wait for one another."""
        names = ("app", "commands", "dialog", "icons", "keys", "page", "status", "swaps", "theme", "toolbar")
        return tuple(f"js/{name}.js" for name in (*names, *(("live", "session", "tree") if self.user else ())))

    @cached_property
    def strings(self) -> dict[str, strings.Text]:
        return strings.script_strings()

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the scripts need to know, as the JSON block ``#ui-settings``."""
        return {
            "language": self.language,
            "organization": self.organization,
            "hourCycle": self.preferences.hour_cycle,
            "timeZone": self.preferences.time_zone,
            "announce": self.preferences.announce,
            "live": "/live/" if self.user else "",
            "user": str(self.user.pk) if self.user else "",
            "session": _address("ui:session"),
            "icons": _address("ui:icons"),
            "undo": _address("mail:undo"),
            "signIn": _address("account_login"),
            "signOut": _address("account_logout"),
            "worker": _address("ui:service_worker"),
            "notices": self._notices() if self.user else {},
            "madeAt": round(time.time() * 1000),
            "go": self.destinations,
            "ownKeys": own_keys.differences(self.preferences.own_keys),
        }

    def _notices(self) -> dict[str, Any]:
        """How new mail is told of, and where the scripts ask for it."""
        return {
            "when": self.preferences.notify,
            "sound": self.preferences.notify_sound,
            "icon": static("img/icon-192.png"),
            "news": _address("mail:news"),
            "key": _address("mail:push_key"),
            "subscribe": _address("mail:push_subscribe"),
            "unsubscribe": _address("mail:push_unsubscribe"),
        }


_ADDRESSES = {
    "mail": ("mail:home",),
    "compose": ("mail:compose",),
    "search": ("mail:search",),
    "search_words": ("mail:search_words",),
    "search_options": ("mail:search_options",),
    "search_remember": ("mail:search_remember",),
    "calendar": ("calendar:home",),
    "contacts": ("contacts:home", "mail:contacts"),
    "tasks": ("calendar:tasks",),
    "admin": ("admin_console:home", "admin_console:dashboard", "admin:home"),
    "jobs": ("mail:jobs",),
    "palette": ("mail:palette",),
    "suggest": ("mail:compose_suggest",),
    "settings": ("settings", "settings:home", "account_settings", "mail:settings"),
    "sign_in": ("account_login",),
    "sign_out": ("account_logout",),
    "appearance": ("ui:appearance",),
    "language": ("ui:language",),
}


def _address(*candidates: str) -> str:
    return _first_address(get_urlconf() or settings.ROOT_URLCONF, candidates)


@cache
def _first_address(urlconf: str, candidates: tuple[str, ...]) -> str:
    for name in candidates:
        try:
            return reverse(name, urlconf)
        except NoReverseMatch:
            continue
    return ""


def page(request: HttpRequest) -> dict[str, Any]:
    """Give every template ``ui``."""
    return {"ui": Page(request)}
