"""What the palette offers beside commands: folders, saved and recent searches, pages to go to."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.search import recent
from mailapp.web import navigation, search_links
from mailapp.web.navigation import FolderView
from workmail.accounts.web.preference_forms import SECTIONS
from workmail.errors import WorkmailError

Entry = dict[str, str]


@login_required
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Return everything one can go to, as JSON. Who has no mailbox gets the pages of settings only."""
    entries: list[Entry] = []
    try:
        mailbox = access.open_own_mailbox(request.actor)
    except WorkmailError:
        mailbox = None
    if mailbox is not None:
        entries += [*_folders(navigation.tree(mailbox)), *_searches(mailbox)]
        entries += [_page(title, reverse(name)) for name, title in _mail_pages()]
    entries += _settings()
    return JsonResponse({"entries": entries})


def _folders(views: list[FolderView], above: str = "") -> Iterator[Entry]:
    for view in views:
        yield {"kind": "folder", "name": view.name, "detail": above, "url": view.url}
        yield from _folders(view.children, f"{above} › {view.name}" if above else view.name)


def _searches(mailbox: OpenMailbox) -> Iterator[Entry]:
    saved = search_links.saved_links(mailbox)
    for link in saved:
        detail = link.text if link.text != link.name else ""
        yield {"kind": "search", "name": link.name, "detail": detail, "url": link.url}
    known = {link.text for link in saved}
    for text in recent.listed(mailbox):
        if text not in known:
            yield {"kind": "search", "name": text, "detail": "", "url": search_links.address_of(text)}


def _settings() -> Iterator[Entry]:
    above = pgettext("page", "Settings")
    place = reverse("settings")
    for section in SECTIONS:
        yield _page(str(section.title), f"{place}#{section.name}", above)
    yield _page(pgettext("settings section", "Sign-in security"), f"{place}#security", above)
    yield _page(_("Password"), reverse("settings_password"), above)
    yield _page(_("Second factor"), reverse("settings_second_factor"), above)
    yield _page(_("Passkeys"), reverse("settings_passkey_new"), above)
    yield _page(_("Application passwords"), reverse("settings_application_passwords"), above)
    yield _page(_("Sessions and devices"), reverse("settings_sessions"), above)


def _mail_pages() -> tuple[tuple[str, str], ...]:
    return (
        ("mail:rules", pgettext("page", "Rules")),
        ("mail:automatic_reply", pgettext("page", "Automatic reply")),
        ("mail:signatures", _("Signatures")),
        ("mail:templates", pgettext("texts to write with", "Templates")),
        ("mail:saved_searches", _("Saved searches")),
        ("mail:folders", _("Folders")),
        ("mail:files", pgettext("page", "Files")),
        ("mail:storage", pgettext("page", "Storage")),
        ("mail:transfer", _("Import and export")),
    )


def _page(name: str, url: str, above: str = "") -> Entry:
    return {"kind": "page", "name": name, "detail": above, "url": url}
