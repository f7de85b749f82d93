"""What all contacts pages share: the side pane, the rows of lists, and answering an act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from mailapp import access
from mailapp.contacts import book as books
from mailapp.contacts import groups
from mailapp.contacts.book import Entry, OpenBook
from mailapp.contacts.writing import Written
from mailapp.store.models import Folder
from mailapp.web import answers, idempotency

ROWS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list of people."""

    key: UUID
    name: str
    detail: str
    url: str
    photo_url: str = ""
    is_current: bool = False
    is_thing: bool = False  # a group or a room: drawn as a square
    can_be_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list that is sorted in memory."""

    items: Sequence[Any]
    total: int
    first: int
    previous_url: str
    next_url: str

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1


def open_book(request: HttpRequest) -> OpenBook:
    return books.open_book(access.open_own_mailbox(request.actor))


def frame(request: HttpRequest, book: OpenBook, place: str = "", group: UUID | None = None) -> dict[str, Any]:
    """Return what every contacts page needs. ``place`` is the line of the side pane where one is."""
    entries = books.entries(book)
    by_uid = groups.by_uid(entries)
    inbox = Folder.objects.filter(mailbox=book.mailbox.mailbox, role=Folder.Role.INBOX)
    return {
        "app": "contacts",
        "unread_total": inbox.values_list("unread_count", flat=True).first() or 0,
        "place": place,
        "contact_total": sum(not entry.summary.is_group for entry in entries),
        "groups": [
            {
                "key": entry.key,
                "name": entry.summary.name,
                "count": len([member for member in entry.summary.members if member in by_uid or "@" in member]),
                "is_current": entry.key == group,
            }
            for entry in entries
            if entry.summary.is_group
        ],
        **answers.said(request),
    }


def rows_of(
    entries: Sequence[Entry], current: UUID | None, query: str = "", *, can_be_chosen: bool = True
) -> list[Row]:
    return [
        Row(
            key=entry.key,
            name=entry.summary.name,
            detail=entry.summary.detail,
            url=address(entry) + (f"?{query}" if query else ""),
            photo_url=photo_url(entry),
            is_current=entry.key == current,
            is_thing=entry.summary.is_group,
            can_be_chosen=can_be_chosen,
        )
        for entry in entries
    ]


def address(entry: Entry) -> str:
    return reverse("contacts:group" if entry.summary.is_group else "contacts:contact", args=[entry.key])


def photo_url(entry: Entry) -> str:
    if not entry.summary.has_photo:
        return ""
    return f"{reverse('contacts:photo', args=[entry.key])}?v={entry.modseq}"


def letters_of(entries: Sequence[Any], chosen: str) -> list[dict[str, Any]]:
    """Return the letters under which something stands, as choices."""
    found = sorted({entry.letter for entry in entries}, key=lambda letter: (letter == "#", letter))
    return [{"letter": letter, "is_current": letter == chosen} for letter in found]


def slice_of(request: HttpRequest, items: Sequence[Any], around: UUID | None = None) -> Slice:
    """Return the page that the request asks for, or the one where ``around`` stands."""
    try:
        start = max(0, int(request.GET.get("from", "")[:6]))
    except ValueError:
        start = 0
        for position, item in enumerate(items):
            if around is not None and getattr(item, "key", None) == around:
                start = position - position % ROWS
    if start >= len(items):
        start = 0

    def url(first: int) -> str:
        values = {name: request.GET[name] for name in ("q", "letter", "department", "kind") if request.GET.get(name)}
        return f"{request.path}?{urlencode({**values, 'from': first})}"

    return Slice(
        items[start : start + ROWS],
        len(items),
        start + 1,
        url(max(0, start - ROWS)) if start else "",
        url(start + ROWS) if start + ROWS < len(items) else "",
    )


def perform(
    request: HttpRequest,
    book: OpenBook,
    act: Callable[[], Written],
    sentence: Callable[[Written], str],
    to: str | Callable,
) -> HttpResponse:
    """Do it once, say it on the next page, and offer to take it back there."""

    def answer() -> dict[str, Any]:
        written = act()
        return {
            "sentence": sentence(written),
            "undo": "",
            "undo_url": reverse("contacts:undo", args=[written.undo_id]) if written.undo_id else "",
            "keys": [str(key) for key in written.keys],
        }

    key = idempotency.key_of(request)
    # Without a key there is nothing to hold together, and sealing need not keep a transaction open.
    done = idempotency.once(book.mailbox, key, answer) if key else answer()
    target = to(UUID(done["keys"][0])) if callable(to) else to
    return say(request, done, target)


def say(request: HttpRequest, answer: dict[str, Any], to: str) -> HttpResponse:
    response = answers.done(request, answer, to=to)
    if answer.get("undo_url") and response.status_code == 302:
        answers.remember(request, answer["sentence"], undo_url=answer["undo_url"])
    return response


def keys_of(request: HttpRequest, name: str = "key") -> list[UUID]:
    """Return the contacts a form names; what is no key is passed over."""
    return keys_in(request.POST.getlist(name))


def keys_in(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts[:5_000]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
