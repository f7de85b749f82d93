"""What is open in the reading pane: a conversation with its messages folded and unfolded, or one message."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.categories import shelf
from mailapp.categories.shelf import Shown
from mailapp.mime.model import Person
from mailapp.mime.render import MessageView
from mailapp.store import folders, muting, queries, snoozing
from mailapp.store.models import Folder, Message
from mailapp.store.queries import MessageRow
from mailapp.web import image_pages, search_links, senders
from mailapp.web.compose import schedule
from mailapp.web.compose.schedule import Moment
from mailapp.web.leaving_lists import Lists
from mailapp.web.messages import MessagePane, Reader
from mailapp.web.rows import own_addresses
from mailapp.web.senders import Circle, Colleagues
from mailapp.web.sources import Source
from workmail.accounts import preferences
from workmail.directory.addresses import fold
from workmail.errors import NotFound
from workmail.ui import formats

MOST_UNFOLDED = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """A category that can be given or taken away."""

    category: Shown
    is_given: bool

    @property
    def search_url(self) -> str:
        """Everything in the category."""
        return search_links.address_of(f'category:"{self.category.name}"')


@dataclass(frozen=True, slots=True)
class Folded:
    """An earlier message as one line."""

    key: UUID
    name: str
    author: str  # whose initials stand beside it
    preview: str
    row: MessageRow
    url: str
    unfold_url: str
    place: str = ""


@dataclass(slots=True)
class Item:
    """One place in the conversation: a run of folded messages, or one that is unfolded."""

    folded: list[Folded] = field(default_factory=list)
    pane: MessagePane | None = None


@dataclass(slots=True)
class Reading:
    """Templates read it; its addresses are those of the folder it was opened in."""

    folder: OpenFolder
    kind: str  # thread or message
    name: str  # of the thread or message, as acts name it
    subject: str
    summary: str
    items: list[Item]
    unread: list[UUID]  # of the messages that are shown, those to be marked as read
    is_flagged: bool
    is_unread: bool
    url: str
    list_url: str
    list_name: str
    print_url: str
    people_words: str = ""
    is_muted: bool = False
    categories: list[Choice] = field(default_factory=list)  # all of the mailbox, with whether it is in them
    conversation_url: str = ""  # of a message that was found alone
    template: str = "mail/components/reading.html"

    @property
    def title(self) -> str:
        return self.subject

    @property
    def role(self) -> str:
        return self.folder.folder.role

    @property
    def moments(self) -> list[Moment]:
        """Until when it can be snoozed."""
        return schedule.offered()

    @property
    def given(self) -> list[Choice]:
        return [choice for choice in self.categories if choice.is_given]

    @property
    def can_be_snoozed(self) -> bool:
        return self.role not in snoozing.NOT_FROM

    @property
    def act_url(self) -> str:
        return reverse("mail:act", args=[self.folder.folder.pk])

    @property
    def unread_keys(self) -> str:
        return ",".join(str(key) for key in self.unread)

    @property
    def last(self) -> MessagePane:
        """The message that Reply answers."""
        return next(item.pane for item in reversed(self.items) if item.pane)

    @property
    def frames(self) -> bool:
        return any(item.pane and item.pane.is_framed for item in self.items)


def conversation(
    folder: OpenFolder, thread_id: UUID, *, opened: Sequence[UUID] = (), images: Sequence[UUID] = (), query: str = ""
) -> Reading:
    """Return a conversation over all folders: its last message and all unread ones unfolded.

    Raises:
        NotFound: Nothing of it is left to see from this folder.
    """
    found = queries.thread(folder.mailbox, thread_id, seen_from=folder.folder)
    rows = [row for row in found if not (row.message.is_draft and row.message.folder.role == Folder.Role.DRAFTS)]
    drafts = [row for row in found if row not in rows]
    rows = rows or drafts
    if not rows:
        raise NotFound(_("This conversation is no longer here."))
    url = f"{reverse('mail:conversation', args=[folder.folder.pk, thread_id])}{query}"
    unfolded = _unfolded(rows, opened)
    panes = _panes(folder, [row for row in rows if row.message.key in unfolded], images)
    places = _places(folder, rows)
    own = panes[rows[-1].message.key].reader.own
    items: list[Item] = []
    for row in rows:
        if row.message.key in panes:
            panes[row.message.key].extra["place"] = places.get(row.message.folder_id, "")
            items.append(Item(pane=panes[row.message.key]))
        else:
            if not items or items[-1].pane:
                items.append(Item())
            items[-1].folded.append(_folded(folder, row, url, places, own))
    here = [row.message for row in rows if row.message.folder_id == folder.folder.pk]
    return Reading(
        folder=folder,
        kind="thread",
        name=str(thread_id),
        subject=rows[0].summary.subject or _("(no subject)"),
        summary=_summary(rows, folders.name_of(folder.folder, folder.keys)),
        items=items,
        unread=_to_be_marked(folder, [row for row in rows if row.message.key in panes]),
        is_flagged=any(message.is_flagged for message in here),
        is_unread=any(not message.is_seen for message in here),
        url=url,
        list_url=_list_url(folder, query),
        list_name=folders.name_of(folder.folder, folder.keys),
        print_url=reverse("mail:conversation_print", args=[folder.folder.pk, thread_id]),
        people_words=_people_words(folder.mailbox, panes[rows[-1].message.key]),
        is_muted=muting.is_muted(folder.mailbox, thread_id),
        categories=_categories(folder.mailbox, here),
    )


def single(folder: OpenFolder, key: UUID, *, images: Sequence[UUID] = (), query: str = "") -> Reading:
    """Return one message by itself. Raises NotFound when it is not in this folder."""
    message = queries.message(folder.mailbox, key)
    if message.folder_id != folder.folder.pk:
        raise NotFound
    [row] = queries.message_rows(folder.mailbox, [message])
    pane = _panes(folder, [row], images)[key]
    name = folders.name_of(folder.folder, folder.keys)
    return Reading(
        folder=folder,
        kind="message",
        name=str(key),
        subject=row.summary.subject or _("(no subject)"),
        summary=name,
        items=[Item(pane=pane)],
        unread=_to_be_marked(folder, [row]),
        is_flagged=message.is_flagged,
        is_unread=not message.is_seen,
        url=f"{reverse('mail:message', args=[folder.folder.pk, key])}{query}",
        list_url=_list_url(folder, query),
        list_name=name,
        conversation_url=f"{reverse('mail:conversation', args=[folder.folder.pk, message.thread_id])}{query}"
        if query.startswith("?q=")
        else "",
        print_url=reverse("mail:print", args=[key]),
        people_words=_people_words(folder.mailbox, pane),
        is_muted=muting.is_muted(folder.mailbox, message.thread_id),
        categories=_categories(folder.mailbox, [message]),
    )


def pane_of(mailbox: OpenMailbox, source: Source, *, images: bool = False) -> MessagePane:
    """Return one message unfolded, a message inside another included."""
    view = source.view()
    reader = _reader(mailbox, view.from_)
    if source.is_nested:
        verification = senders.Verification(senders.NONE, _("Part of another message, sender not checked"))
        return MessagePane(source, view, reader, verification, images_asked=images)
    circle = Circle(mailbox, Colleagues(mailbox), reader.own)
    circle.meet(person.addr_spec for person in view.from_[:1])
    return _pane(circle, Lists(mailbox, [view]), reader, source, view, images_asked=images)


def panes_for_print(folder: OpenFolder, thread_id: UUID) -> list[MessagePane]:
    """Return all messages of a conversation, for paper."""
    rows = queries.thread(folder.mailbox, thread_id, seen_from=folder.folder)
    if not rows:
        raise NotFound
    return list(_panes(folder, rows, ()).values())


def _to_be_marked(folder: OpenFolder, rows: Sequence[MessageRow]) -> list[UUID]:
    """Return the unread ones that the reader may mark as read: in a shared folder that is a right of its own."""
    mailbox = folder.mailbox
    return [
        row.message.key
        for row in rows
        if not row.message.is_seen and Right.SEEN in mailbox.rights_in(row.message.folder_id)
    ]


def _list_url(folder: OpenFolder, query: str) -> str:
    """The list one came from: results of a search, or the folder with its filter."""
    if query.startswith("?q="):
        return f"{reverse('mail:search')}{query}"
    return f"{reverse('mail:folder', args=[folder.folder.pk])}{query}"


def _unfolded(rows: Sequence[MessageRow], opened: Sequence[UUID]) -> set[UUID]:
    wanted = [row.message.key for row in rows if not row.message.is_seen or row.message.key in opened]
    return {*wanted[-MOST_UNFOLDED:], rows[-1].message.key}


def _panes(folder: OpenFolder, rows: Sequence[MessageRow], images: Sequence[UUID]) -> dict[UUID, MessagePane]:
    """Unfold messages; what is looked up about their senders is looked up once for all."""
    authors = [row.summary.from_[0] for row in rows if row.summary.from_]
    reader = _reader(folder.mailbox, authors)
    circle = Circle(folder.mailbox, Colleagues(folder.mailbox), reader.own)
    circle.meet(person.addr_spec for person in authors)
    sources = [Source(folder.mailbox, row.message, row.summary) for row in rows]
    views = [source.view() for source in sources]
    lists = Lists(folder.mailbox, views)
    return {
        source.key: _pane(
            circle, lists, reader, source, view, images_asked=source.key in images, folder_id=folder.folder.pk
        )
        for source, view in zip(sources, views, strict=True)
    }


def _pane(
    circle: Circle,
    lists: Lists,
    reader: Reader,
    source: Source,
    view: MessageView,
    *,
    images_asked: bool,
    folder_id: UUID | None = None,
) -> MessagePane:
    """Return one message of the mailbox with what is to be said of its sender."""
    summary = source.summary
    author = summary.from_[0] if summary.from_ else Person("", "")
    is_own = reader.is_me(author)
    return MessagePane(
        source,
        view,
        reader,
        senders.verification(summary, is_own=is_own, is_colleague=is_own or author.addr_spec in circle.colleagues),
        images_asked=images_asked,
        folder_id=folder_id,
        warning=circle.warning(summary, source.message, is_list=bool(view.list_id or view.list_unsubscribe)),
        is_external=circle.is_external(summary),
        leaving=lists.leaving(view, summary, source.message),
    )


def _categories(mailbox: OpenMailbox, messages: Sequence[Message]) -> list[Choice]:
    known = shelf.of(mailbox)
    given = {each.id for each in known.of(keyword for message in messages for keyword in message.keywords)}
    return [Choice(category, category.id in given) for category in known.categories]


def _reader(mailbox: OpenMailbox, authors: Sequence[Person]) -> Reader:
    chosen = preferences.of(mailbox.actor.user) if mailbox.actor.user else preferences.Preferences()
    trusted: set[str] = set()
    if chosen.external_images == "ask":
        trusted = image_pages.trusted_among(mailbox, [person.addr_spec for person in authors])
    return Reader(own_addresses(mailbox), chosen.external_images, frozenset(trusted))


def _folded(folder: OpenFolder, row: MessageRow, url: str, places: dict[UUID, str], own: frozenset[str]) -> Folded:
    message, summary = row.message, row.summary
    author = summary.from_[0] if summary.from_ else Person("", "")
    between = "&" if "?" in url else "?"
    return Folded(
        key=message.key,
        name=pgettext("who wrote, in a conversation", "Me")
        if fold(author.addr_spec) in own
        else author.display_name or author.addr_spec or _("(unknown sender)"),
        author=author.display_name or author.addr_spec,
        preview=summary.preview[:140],
        row=row,
        url=f"{url}{between}open={message.key}#m-{message.key.hex}",
        unfold_url=f"{reverse('mail:message', args=[message.folder_id, message.key])}?part=message",
        place=places.get(message.folder_id, ""),
    )


def _places(folder: OpenFolder, rows: Sequence[MessageRow]) -> dict[UUID, str]:
    """Name the folders of messages that are not where the conversation was opened."""
    others = {row.message.folder for row in rows if row.message.folder_id != folder.folder.pk}
    return {other.pk: folders.name_of(other, folder.keys) for other in others}


def _summary(rows: Sequence[MessageRow], place: str) -> str:
    messages = ngettext("%(count)s message", "%(count)s messages", len(rows)) % {"count": formats.number(len(rows))}
    if len(rows) == 1:
        return place
    people = {fold(person.addr_spec) for row in rows for person in row.summary.from_[:1]}
    count = ngettext("%(count)s person", "%(count)s people", len(people)) % {"count": formats.number(len(people))}
    # Translators: under the subject of a conversation: "5 messages, 4 people · Inbox"
    return _("%(messages)s, %(people)s · %(folder)s") % {"messages": messages, "people": count, "folder": place}


def _people_words(mailbox: OpenMailbox, pane: MessagePane) -> str:
    """Say beside Reply who would read the answer: only colleagues, or also people outside."""
    people = {
        fold(person.addr_spec): person
        for person in (*pane.view.from_, *pane.view.to, *pane.view.cc)
        if person.addr_spec and not pane.reader.is_me(person)
    }
    if not people:
        return ""
    colleagues = Colleagues(mailbox)
    outside = sum(person.addr_spec not in colleagues for person in people.values())
    if outside:
        return ngettext("%(count)s person is outside", "%(count)s people are outside", outside) % {
            "count": formats.number(outside)
        }
    if len(people) == 1:
        return _("A colleague")
    return ngettext("All %(count)s are colleagues", "All %(count)s are colleagues", len(people)) % {
        "count": formats.number(len(people))
    }
