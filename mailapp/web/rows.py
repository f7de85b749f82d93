"""What one line of the list shows, worked out before the template: fifty lines must cost next to nothing.

A row is the same whether it comes with the page, with the next fifty, or as a change. ``order`` sorts like the list
(larger is higher), ``version`` differs whenever the row looks different; a page compares the sum of the versions it
holds with the server's, and so notices whatever it missed.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenFolder, OpenMailbox
from mailapp.categories import shelf
from mailapp.categories.shelf import Shelf, Shown
from mailapp.mime.html_text import shortened
from mailapp.mime.model import Person
from mailapp.store import reminding
from mailapp.store.models import Conversation, Folder, Message
from mailapp.store.queries import ConversationRow, MessageRow
from mailapp.web.row_markup import markup
from workmail.directory.addresses import fold
from workmail.directory.models import Address
from workmail.ui import formats

_OUTGOING = (Folder.Role.SENT, Folder.Role.SCHEDULED, Folder.Role.DRAFTS)
_MOST_PEOPLE = 4
_PREVIEW_LENGTH = 140
_NO_PLACE = UUID(int=0)


@dataclass(slots=True)
class Row:
    """One line, ready to be written."""

    id: str  # of the element
    name: str  # how acts name it: the thread, or the message
    kind: str  # "thread" or "message"
    url: str
    order: str
    version: int
    heading: str
    who: str
    subject: str
    preview: str
    time: str
    exact_time: str
    iso_time: str
    count: int = 1
    count_words: str = ""
    is_unread: bool = False
    is_flagged: bool = False
    is_answered: bool = False
    is_forwarded: bool = False
    is_draft: bool = False
    waits: bool = False  # to be sent
    is_muted: bool = False
    is_unanswered: bool = False  # it came back since nobody had answered
    is_bounce: bool = False
    has_attachment: bool = False
    has_invitation: bool = False
    is_important: bool = False
    place: str = ""  # the folder's name, where rows of several folders stand together
    select_words: str = ""
    marks: str = ""  # what the icons say, in words
    categories: Sequence[Shown] = ()

    is_open: bool = False  # in the reading pane

    @property
    def html(self) -> SafeString:
        return markup(self)


@dataclass(slots=True)
class RowMaker:
    """Makes the rows of one answer: what all of them need is looked up once."""

    mailbox: OpenMailbox
    folder: Folder | None = None  # None: results of a search in all folders
    query: str = ""  # appended to the addresses, so that opening keeps the filter or the search
    now: datetime = field(default_factory=timezone.now)
    own: frozenset[str] = frozenset()
    folder_names: dict[UUID, str] = field(default_factory=dict)
    today: date = field(init=False)
    shelf: Shelf = field(init=False)
    _headings: dict[date, str] = field(default_factory=dict)
    _words: tuple[str, ...] = ()
    _me: str = field(init=False)
    _select: str = field(init=False)
    _prefix: str = field(init=False)

    def __post_init__(self) -> None:
        self.now = formats.local(self.now)
        self.today = self.now.date()
        self.own = self.own or own_addresses(self.mailbox)
        self.shelf = shelf.of(self.mailbox)
        # Translators: the reader themselves, among the names of the people who wrote in a conversation
        self._me = pgettext("among names", "me")
        self._select = _("Select: %(subject)s")
        self._prefix = reverse("mail:home")

    def conversation(self, row: ConversationRow) -> Row:
        stored, newest = row.conversation, row.newest
        made = self._row(newest, stored.newest_at, stored.newest_id)
        made.id, made.name, made.kind = f"c-{row.thread_id.hex}", str(row.thread_id), "thread"
        if not made.url:
            made.url = f"{self._prefix}{stored.folder_id}/c/{row.thread_id}/{self.query}"
        made.version = conversation_version(stored, newest.message, self.today)
        if not self._is_outgoing(newest.message):
            made.who = self._names(row.people)
        made.count = stored.message_count
        if made.count > 1:
            made.count_words = ngettext("%(count)d message", "%(count)d messages", made.count) % {"count": made.count}
        made.is_unread = stored.unread_count > 0
        made.is_flagged = stored.flagged_count > 0
        made.has_attachment = stored.has_attachment
        made.is_muted = stored.is_muted
        made.categories = self.shelf.of(row.keywords)
        made.marks = self._marks_of(made)
        return made

    def message(self, row: MessageRow) -> Row:
        message = row.message
        made = self._row(row, message.listed_at, message.pk)
        made.id, made.name, made.kind = f"m-{message.key.hex}", str(message.key), "message"
        if not made.url:
            made.url = f"{self._prefix}{message.folder_id}/m/{message.key}/{self.query}"
        made.version = message_version(message, self.today)
        made.categories = self.shelf.of(message.keywords)
        made.marks = self._marks_of(made)
        return made

    def _row(self, row: MessageRow, at: datetime, row_id: int) -> Row:
        message, summary = row.message, row.summary
        subject = summary.subject or _("(no subject)")
        is_draft = message.is_draft and self._role(message) == Folder.Role.DRAFTS
        waits = self._role(message) == Folder.Role.SCHEDULED
        here = formats.local(at)
        return Row(
            id="",
            name="",
            kind="",
            url=self._own_url(message, is_draft, waits),
            order=order_of(at, row_id),
            version=0,
            heading=self._heading(here),
            who=self._who(row),
            subject=subject,
            preview=shortened(summary.preview, _PREVIEW_LENGTH),
            time=formats.date_and_time(here) if waits or at > self.now else formats.list_time(here, self.now),
            exact_time=formats.full_time(here),
            iso_time=at.isoformat(timespec="minutes"),
            is_unread=not message.is_seen,
            is_flagged=message.is_flagged,
            is_answered=message.is_answered,
            is_forwarded=message.is_forwarded,
            is_draft=is_draft,
            waits=waits,
            is_unanswered=reminding.KEYWORD in message.keywords,
            is_bounce=summary.is_bounce,
            has_attachment=message.has_attachment,
            has_invitation=summary.has_invitation,
            is_important=summary.importance == "high",
            place=self.folder_names.get(message.folder_id, ""),
            select_words=self._select % {"subject": subject},
        )

    def _own_url(self, message: Message, is_draft: bool, waits: bool) -> str:
        """Return the page of what one is still writing, or what waits to be sent; empty for all that is read."""
        if not (is_draft or waits) or not self.mailbox.is_own:
            return ""
        return reverse("mail:compose_draft" if is_draft else "mail:compose_scheduled", args=[message.key])

    def _marks_of(self, row: Row) -> str:
        """Say in words what the icons show, as whole words in their order."""
        shown = (
            row.is_answered,
            row.is_forwarded and not row.is_answered,
            row.is_important,
            row.has_attachment,
            row.is_flagged,
            row.has_invitation,
            row.is_bounce,
            row.is_muted,
            row.is_unanswered,
        )
        if not any(shown):
            return ""
        # Translators: what marks beside a message say, read one after the other: "Answered. Has attachment."
        self._words = self._words or (
            pgettext("mark of a message", "Answered"),
            pgettext("mark of a message", "Forwarded"),
            pgettext("mark of a message", "High importance"),
            pgettext("mark of a message", "Has attachment"),
            pgettext("mark of a message", "Flagged"),
            pgettext("mark of a message", "Invitation"),
            pgettext("mark of a message", "Not delivered"),
            pgettext("mark of a message", "Muted"),
            pgettext("mark of a message", "Nobody has answered yet"),
        )
        return ". ".join(word for word, is_shown in zip(self._words, shown, strict=True) if is_shown)

    def _who(self, row: MessageRow) -> str:
        if not self._is_outgoing(row.message):
            return self._names(row.summary.from_[:1])
        people = (*row.summary.to, *row.summary.cc, *row.summary.bcc)
        if not people:
            return _("(no recipients)")
        # Translators: in the lists of Sent and Drafts; {names} are the recipients
        return _("To: {names}").format(names=self._names(people))

    def _names(self, people: Sequence[Person]) -> str:
        names = [
            self._me if fold(person.addr_spec) in self.own else person.display_name or person.addr_spec
            for person in people[:_MOST_PEOPLE]
        ]
        return ", ".join(name for name in names if name) or _("(unknown sender)")

    def _is_outgoing(self, message: Message) -> bool:
        return self._role(message) in _OUTGOING

    def _role(self, message: Message) -> str:
        if self.folder is not None:
            return self.folder.role
        return message.folder.role

    def _heading(self, here: datetime) -> str:
        day = here.date()
        if day not in self._headings:
            self._headings[day] = formats.day_heading(here, self.now)
        return self._headings[day]


def order_of(at: datetime, row_id: int) -> str:
    """Return a text that sorts like (date, id), for the year 1 as well as for 9999."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return f"{micros + (1 << 62):016x}{row_id:012x}"


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def conversation_version(row: Conversation, newest: Message, today: date) -> int:
    """Return 32 bits that change with anything the row shows; with the day too, since dates are written relatively."""
    shown = (
        f"{row.thread_id.hex} {row.newest_id} {newest.modseq} {row.message_count} {row.unread_count} "
        f"{row.flagged_count} {row.has_attachment} {today} {row.is_muted}"
    )
    return zlib.crc32(shown.encode())


def message_version(message: Message, today: date) -> int:
    return zlib.crc32(f"{message.key.hex} {message.modseq} {today}".encode())


def own_addresses(mailbox: OpenMailbox) -> frozenset[str]:
    """Return the folded addresses of whoever reads; of the mailbox's owner when that is the system."""
    addresses = Address.objects.filter(entity_id=mailbox.reader_id).values_list("local_part_folded", "domain__name")
    return frozenset(f"{local_part}@{domain}" for local_part, domain in addresses)


def maker_for(folder: OpenFolder, *, query: str = "") -> RowMaker:
    return RowMaker(folder.mailbox, folder.folder, query=query)
