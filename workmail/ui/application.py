"""What makes the site an application one can install: its manifest, its service worker, the page without a connection.

The worker itself is a static file; what the server adds are the names of the files of this version. A new version is a
new list, so the browser sees by itself that there is one.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from workmail.ui.context import Page

_SHELL = ("js/", "css/", "fonts/source-sans-3", "img/icon", "django_htmx/htmx-2.min", "django_prose_editor/editor")
_NOT_IN_SHELL = ("js/worker/", "css/admin", "css/components/")
_SHELL_KINDS = (".js", ".css", ".woff2", ".svg", ".png")


@require_safe
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the manifest in the person's language."""
    page = Page(request)
    start = page.urls["mail"] or "/"
    icons = [{"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    icons += [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    icons += [
        {"src": static("img/icon-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"}
    ]
    shortcuts = [(_("Write a message"), page.urls["compose"]), (pgettext("command", "Search"), page.urls["search"])]
    return JsonResponse(
        {
            "id": "/",
            "name": page.organization if page.user else "workmail",
            "short_name": "workmail",
            "description": _("Mail of your organization."),
            "lang": get_language(),
            "dir": page.direction,
            "start_url": start,
            "scope": "/",
            "display": "standalone",
            "background_color": "#e9f0ef",
            "theme_color": "#e9f0ef",
            "icons": icons,
            "shortcuts": [{"name": name, "url": url} for name, url in shortcuts if url],
        },
        content_type="application/manifest+json",
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the worker with the files of this version; it is asked for at every visit."""
    shell = _shell()
    known = {"version": hashlib.sha256("\n".join(shell).encode()).hexdigest()[:12], "shell": shell, "paths": _paths()}
    text = f"self.workmail = {json.dumps(known, indent=1)};\nimportScripts({json.dumps(_worker())});\n"
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page that is shown when no other can be had. The browser keeps it, so it is nobody's page."""
    request.user = AnonymousUser()
    return render(request, "offline.html")


def _worker() -> str:
    return static("js/worker/service-worker.js")


@lru_cache(maxsize=1)
def _hashed() -> tuple[str, ...]:
    """The addresses of all files of the shell, whose names change with their content; none while developing."""
    names: dict[str, str] = getattr(staticfiles_storage, "hashed_files", {})
    return tuple(
        sorted(
            static(name)
            for name in names
            if name.startswith(_SHELL) and name.endswith(_SHELL_KINDS) and not name.startswith(_NOT_IN_SHELL)
        )
    )


def _shell() -> list[str]:
    return [] if settings.DEBUG else list(_hashed())


def _paths() -> dict[str, str]:
    names: dict[str, Any] = {"mail": "mail:home", "compose": "mail:compose", "signOut": "account_logout"}
    found = {"offline": reverse("ui:offline"), "icon": static("img/icon-192.png")}
    for key, name in names.items():
        try:
            found[key] = reverse(name)
        except NoReverseMatch:
            found[key] = "/-/"
    return found
