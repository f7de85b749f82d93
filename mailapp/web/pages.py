"""What surrounds the lists of all mail pages."""

from typing import Any, Protocol
from uuid import UUID

from django.http import HttpRequest

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.rules import replies
from mailapp.store.models import Folder
from mailapp.web import answers, navigation, script_values, search_links
from mailapp.web.compose import schedule
from mailapp.web.rows import Row
from mailapp.web.search_links import SavedLink
from mailapp.web.sharing import shown
from mailapp.web.storage import storage_pages
from workmail.accounts import preferences


class ShowsList(Protocol):
    """A stretch of a folder, or results of a search."""

    @property
    def mailbox(self) -> OpenMailbox: ...

    @property
    def folder_id(self) -> UUID | None: ...

    @property
    def rows(self) -> list[Row]: ...


def frame_context(
    request: HttpRequest,
    mailbox: OpenMailbox,
    current: UUID | None = None,
    saved_searches: list[SavedLink] | None = None,
) -> dict[str, Any]:
    """Return what every page with the folders beside it needs. ``mailbox`` is the reader's own."""
    tree = navigation.tree(mailbox, current)
    listed = navigation.flat(tree)
    inbox = next((view for view in tree if view.role == Folder.Role.INBOX), None)
    return {
        "app": "mail",
        "tree": tree,
        "all_folders": listed,
        "current_folder": next((view for view in listed if view.is_current), None),
        "shared": shown.mailboxes(mailbox, current),
        "saved_searches": search_links.saved_links(mailbox) if saved_searches is None else saved_searches,
        "unread_total": inbox.count if inbox else 0,
        "away": replies.is_on(mailbox),
        "quota_warning": storage_pages.warning_of(mailbox),
        "moments": schedule.offered(),
        "mail_settings": script_values.page_values(request, mailbox),
        **answers.said(request),
    }


def list_context(request: HttpRequest, page: ShowsList) -> dict[str, Any]:
    """Return what every page with this list on it needs."""
    mailbox = page.mailbox if page.mailbox.is_own else access.open_own_mailbox(request.actor)
    context = frame_context(request, mailbox, page.folder_id, getattr(page, "saved_searches", None))
    pane = preferences.of(request.user).reading_pane
    return {**context, "list": page, "query": getattr(page, "text", ""), "reading_pane": pane}
