"""The list of somebody's files, in several orders, a page by key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from mailapp.access import OpenMailbox, Right
from mailapp.files import links, storing
from mailapp.files.models import File

PAGE = 50
NEWEST, NAME, LARGEST, EXPIRY, DOWNLOADS = "newest", "name", "largest", "expiry", "downloads"
ORDERS = (NEWEST, NAME, LARGEST, EXPIRY, DOWNLOADS)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACES = {
    NEWEST: ("created_at", True),
    LARGEST: ("size_bytes", True),
    EXPIRY: ("until", False),
    DOWNLOADS: ("downloads", True),
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file made readable. ``url`` is the address of its link, while there is a living one."""

    file: File
    name: str
    url: str

    @property
    def id(self) -> UUID:
        return self.file.pk

    @property
    def has_password(self) -> bool:
        return bool(self.url and self.file.link.password)


@dataclass(frozen=True, slots=True)
class FilePage:
    rows: list[FileRow]
    next: str  # names the place after the last row; empty at the end


def page(mailbox: OpenMailbox, *, order: str = NEWEST, after: str = "", limit: int = PAGE) -> FilePage:
    """Return some files of the mailbox in an order, beginning behind ``after``."""
    mailbox.require(Right.READ)
    files = File.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), mailbox=mailbox.mailbox)
    files = files.select_related("stored", "link")
    found = _by_name(mailbox, files, after, limit) if order == NAME else _by_column(files, order, after, limit)
    following = ""
    if len(found) > limit:
        last = found[limit - 1]
        following = str(last.pk) if order == NAME else f"{_written(getattr(last, _PLACES[order][0]))}.{last.pk}"
    return FilePage([readable(mailbox, file) for file in found[:limit]], following)


def readable(mailbox: OpenMailbox, file: File) -> FileRow:
    is_shared = file.link is not None and links.is_living(file.link)
    return FileRow(file, storing.name_of(mailbox, file), links.url_of(mailbox, file.link) if is_shared else "")


def _by_column(files: QuerySet[File], order: str, after: str, limit: int) -> list[File]:
    column, is_descending = _PLACES[order]
    files = files.annotate(
        until=Coalesce("link__expires_at", Value(_NEVER, DateTimeField())),
        downloads=Coalesce(F("link__download_count"), 0),
    )
    place = _read(after, is_time=column in ("created_at", "until"))
    if place is not None:
        value, key = place
        beyond = {f"{column}__{'lt' if is_descending else 'gt'}": value}
        files = files.filter(Q(**beyond) | Q(**{column: value, "pk__gt": key}))
    return list(files.order_by(f"-{column}" if is_descending else column, "pk")[: limit + 1])


def _by_name(mailbox: OpenMailbox, files: QuerySet[File], after: str, limit: int) -> list[File]:
    """Names are sealed, so the database cannot sort them; there are never more than ``storing.MOST_FILES``."""
    ordered = sorted(files, key=lambda file: (storing.name_of(mailbox, file).casefold(), file.pk))
    place = next((number for number, file in enumerate(ordered, 1) if str(file.pk) == after), 0)
    return ordered[place : place + limit + 1]


def _written(value: datetime | int) -> int:
    return (value - _EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


def _read(text: str, *, is_time: bool) -> tuple[datetime | int, UUID] | None:
    """Read a place; nothing for what is none."""
    number, _dot, key = text.partition(".")
    if not number.isdecimal() or len(number) > 18:
        return None
    try:
        value = _EPOCH + timedelta(microseconds=int(number)) if is_time else int(number)
        return value, UUID(key)
    except (ValueError, OverflowError):
        return None
