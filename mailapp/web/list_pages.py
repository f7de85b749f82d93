"""A stretch of a folder's list, as the page shows it."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenFolder, OpenMailbox
from mailapp.store import queries
from mailapp.store.queries import Cursor, Filter
from mailapp.web import navigation
from mailapp.web.rows import Row, maker_for
from mailapp.web.sharing import shown
from workmail.accounts import preferences
from workmail.ui import strings


@dataclass(frozen=True)
class ListPage:
    """One page of rows and where it stands. Templates read it; a script reads its ``data-`` attributes."""

    folder: OpenFolder
    name: str
    rows: list[Row]
    in_conversations: bool
    only: Filter
    after: Cursor | None
    next_cursor: Cursor | None
    modseq: int
    _more: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows under the headings of their days."""
        return [(heading, list(rows)) for heading, rows in groupby(self.rows, key=lambda row: row.heading)]

    @property
    def url(self) -> str:
        """The top of this list."""
        return reverse("mail:folder", args=[self.folder.folder.pk]) + self.query

    @property
    def query(self) -> str:
        return query_of(self.only)

    @property
    def next_url(self) -> str:
        if self.next_cursor is None:
            return ""
        values = {"show": str(self.only)} if self.only is not Filter.ALL else {}
        return (
            f"{reverse('mail:folder', args=[self.folder.folder.pk])}?{urlencode({**values, 'after': self.next_cursor})}"
        )

    @property
    def until(self) -> str:
        """Where the stretch ends; empty: it goes to the end of the list."""
        return str(self.next_cursor) if self.next_cursor else ""

    @property
    def mailbox(self) -> OpenMailbox:
        return self.folder.mailbox

    @property
    def folder_id(self) -> UUID:
        return self.folder.folder.pk

    @property
    def role(self) -> str:
        return self.folder.folder.role

    @property
    def summary(self) -> str:
        return navigation.summary(self.folder.folder)

    @property
    def title(self) -> str:
        return navigation.title(self.name, self.folder.folder)

    @property
    def filters(self) -> list[tuple[str, str, str, bool]]:
        """(name, label, address, whether it is this one) of the quick filters."""
        base = reverse("mail:folder", args=[self.folder.folder.pk])
        return [(str(only), label, base + query_of(only), only is self.only) for only, label in filter_labels()]

    @property
    def filter_label(self) -> str:
        return next(label for only, label in filter_labels() if only is self.only)

    @property
    def is_filtered(self) -> bool:
        return self.only is not Filter.ALL

    @property
    def can_be_emptied(self) -> bool:
        return self.mailbox.is_own and self.role in ("junk", "deleted") and self.folder.folder.message_count > 0

    @cached_property
    def shared(self) -> shown.SharedFolder | None:
        """What the page says of a folder that somebody else shares; None for one's own."""
        return shown.folder(self.folder)

    @property
    def share_url(self) -> str:
        return shown.share_url(self.folder)

    @property
    def message_count(self) -> int:
        return self.folder.folder.message_count

    @property
    def act_url(self) -> str:
        return reverse("mail:act", args=[self.folder.folder.pk])

    @property
    def empty_action_url(self) -> str:
        return reverse("mail:folder", args=[self.folder.folder.pk]) if self.is_filtered else ""

    @property
    def empty_action(self) -> str:
        return _("Show all messages")

    @property
    def script_values(self) -> list[tuple[str, object]]:
        """What the script must know, as ``data-`` attributes of the list."""
        folder = self.folder.folder
        total = folder.conversation_count if self.in_conversations else folder.message_count
        return [
            ("folder", folder.pk),
            ("role", folder.role),
            ("modseq", self.modseq),
            ("show", "" if self.only is Filter.ALL else str(self.only)),
            ("after", self.after or ""),
            ("until", self.until),
            ("in", "threads" if self.in_conversations else "messages"),
            ("total", total if not self.is_filtered else 0),
            ("url", self.url),
            ("act-url", self.act_url),
            ("changes-url", reverse("mail:changes", args=[folder.pk])),
            *((f"{category}", text) for category, text in counted_rows(self.in_conversations).items()),
        ]

    @property
    def empty_text(self) -> str:
        if self.after is not None:
            return _("There is nothing older.")
        if self.only is Filter.UNREAD:
            return _("Nothing is unread in %(folder)s.") % {"folder": self.name}
        if self.only is Filter.FLAGGED:
            return _("Nothing is flagged in %(folder)s.") % {"folder": self.name}
        if self.only is Filter.TO_ME:
            return _("Nothing in %(folder)s is addressed to you.") % {"folder": self.name}
        if self.only is Filter.ATTACHMENTS:
            return _("Nothing in %(folder)s has an attachment.") % {"folder": self.name}
        if self.role == "inbox":
            return _("Inbox is empty. New mail appears here by itself.")
        if self.role:
            return _("Nothing in %(folder)s.") % {"folder": self.name}
        user = self.folder.mailbox.actor.user
        if user is not None and (key := preferences.of(user).single_key("move")):
            # Translators: %(key)s is the key that moves messages, such as "v"
            return _("Nothing in %(folder)s yet. Move messages here with %(key)s.") % {"folder": self.name, "key": key}
        return _("Nothing in %(folder)s yet.") % {"folder": self.name}


def counted_rows(in_conversations: bool) -> dict[str, str]:
    """Return "{n} conversations" for each plural category, for the script that counts what is selected."""
    if in_conversations:
        return strings.plural(lambda n: ngettext("{n} conversation selected", "{n} conversations selected", n))
    return strings.plural(lambda n: ngettext("{n} message selected", "{n} messages selected", n))


def filter_labels() -> list[tuple[Filter, str]]:
    return [
        (Filter.ALL, pgettext("filter of the list", "All")),
        (Filter.UNREAD, pgettext("filter of the list", "Unread")),
        (Filter.FLAGGED, pgettext("filter of the list", "Flagged")),
        (Filter.TO_ME, pgettext("filter of the list", "To me")),
        (Filter.ATTACHMENTS, pgettext("filter of the list", "With attachment")),
    ]


def query_of(only: Filter) -> str:
    return "" if only is Filter.ALL else f"?{urlencode({'show': str(only)})}"


def read(folder: OpenFolder, *, only: Filter = Filter.ALL, after: Cursor | None = None) -> ListPage:
    """Return the page of the list that begins after the cursor, in the way the person likes their lists."""
    in_conversations = prefers_conversations(folder)
    maker = maker_for(folder, query=query_of(only))
    if in_conversations:
        found = queries.conversations(folder, after=after, only=only)
        rows = [maker.conversation(row) for row in found.rows]
    else:
        found = queries.messages(folder, after=after, only=only)
        rows = [maker.message(row) for row in found.rows]
    name = shown.name_of(folder)
    return ListPage(folder, name, rows, in_conversations, only, after, found.next_cursor, found.modseq)


def prefers_conversations(folder: OpenFolder) -> bool:
    """Drafts are always single: each is a message that is being written."""
    user = folder.mailbox.actor.user
    return folder.folder.role not in ("drafts", "scheduled") and (user is None or preferences.of(user).conversations)


def asked(request: HttpRequest) -> tuple[Filter, Cursor | None]:
    """Return the filter and the cursor of the address. Raises Invalid for a cursor that no page has given out."""
    try:
        only = Filter(request.GET.get("show", ""))
    except ValueError:
        only = Filter.ALL
    after = request.GET.get("after", "")
    return only, Cursor.parse(after) if after else None
