"""What changed in a list since a page last asked, for the stretch of it that the page shows.

The page sends where it stands (``since``) and what it holds (filter, first and last row), and gets rows to add or
replace, names of rows to remove, and ``check``: the sum of the versions of all rows it should hold now. When its own
sum differs, it sends all names with their versions and gets exactly the difference (``compare``). That covers what no
change number tells, such as two conversations that turned out to be one, and a change log that was cut off.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F, Q, QuerySet

from mailapp.access import OpenFolder, Right
from mailapp.store import queries
from mailapp.store.models import Conversation, Message
from mailapp.store.queries import Cursor, Filter
from mailapp.web.rows import Row, RowMaker, conversation_version, maker_for, message_version
from workmail.changes.log import changes_since
from workmail.changes.models import Tombstone

MOST_CHANGES = 500  # beyond that the page compares, which never costs more than its rows
MOST_ROWS = 1_000
_MODULUS = 1 << 32


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of which list a page shows: after ``after`` (None: from the top) down to ``until`` (None: all)."""

    in_conversations: bool = True
    only: Filter = Filter.ALL
    after: Cursor | None = None
    until: Cursor | None = None


@dataclass(slots=True)
class Changes:
    """``rows`` are to be added or replaced; ``removed`` are names to take away, whether held or not."""

    modseq: int
    rows: list[Row] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    check: int = 0
    must_compare: bool = False
    arrived: list[Row] = field(default_factory=list)  # those of ``rows`` that came in unread


def changes(folder: OpenFolder, stretch: Stretch, since: int, *, query: str = "") -> Changes:
    """Return what the page must do to show the stretch as it is now.

    Raises:
        HorizonPassed: The log does not reach back to ``since``: compare.
    """
    folder.require(Right.READ)
    if _too_many(folder, since):
        folder.folder.collection.refresh_from_db(fields=["highest_modseq"])
        return Changes(folder.folder.collection.highest_modseq, must_compare=True)
    items = Message.objects.only("key", "thread_id", "uid", "created_modseq", "modseq", "is_seen", "folder_id")
    delta = changes_since(folder.folder.collection, since, items=items)
    answer = Changes(delta.modseq)
    shown = _shown(folder, stretch)
    held = list(shown[: MOST_ROWS + 1])
    if len(held) > MOST_ROWS:
        answer.must_compare = True
        return answer
    maker = maker_for(folder, query=query)
    answer.check = sum(_version(row, maker) for row in held) % _MODULUS
    if not delta:
        return answer
    changed = [*delta.created, *delta.updated]
    gone = [item.key for item in delta.deleted]
    if stretch.in_conversations:
        touched = {message.thread_id for message in changed}
        # Moved messages still exist and know their thread; of those gone for good, ``check`` will tell.
        touched |= set(
            Message.objects.filter(mailbox=folder.mailbox.mailbox, key__in=gone).values_list("thread_id", flat=True)
        )
    else:
        touched = {message.key for message in changed} | set(gone)
    visible = {_name(row) for row in held}
    answer.rows = _rows(folder, stretch, maker, touched & visible)
    answer.removed = [str(name) for name in touched - visible]
    new = {
        message.thread_id if stretch.in_conversations else message.key
        for message in delta.created
        if not message.is_seen
    }
    answer.arrived = [row for row in answer.rows if UUID(row.name) in new]
    return answer


def compare(folder: OpenFolder, stretch: Stretch, held: Mapping[UUID, int], *, query: str = "") -> Changes:
    """Return the difference between the rows a page holds and those it should hold."""
    folder.require(Right.READ)
    folder.folder.collection.refresh_from_db(fields=["highest_modseq"])
    answer = Changes(folder.folder.collection.highest_modseq)  # read before the rows: what commits later is asked again
    maker = maker_for(folder, query=query)
    versions = {_name(row): _version(row, maker) for row in _shown(folder, stretch)[:MOST_ROWS]}
    answer.check = sum(versions.values()) % _MODULUS
    different = {name for name, version in versions.items() if held.get(name) != version}
    answer.rows = _rows(folder, stretch, maker, different)
    answer.removed = [str(name) for name in held.keys() - versions.keys()]
    return answer


def _too_many(folder: OpenFolder, since: int) -> bool:
    rows = folder.messages.filter(modseq__gt=since).order_by("modseq").values_list("pk", flat=True)
    if len(rows[: MOST_CHANGES + 1]) > MOST_CHANGES:
        return True
    gone = Tombstone.objects.filter(collection_id=folder.folder.pk, modseq__gt=since, created_modseq__lte=since)
    return len(gone.values_list("pk", flat=True)[: MOST_CHANGES + 1]) > MOST_CHANGES


def _shown(folder: OpenFolder, stretch: Stretch) -> QuerySet:
    """The rows of the stretch, narrow, newest first."""
    at, row_id = ("newest_at", "newest_id") if stretch.in_conversations else ("listed_at", "id")
    if stretch.in_conversations:
        rows = Conversation.objects.filter(folder=folder.folder).select_related("newest")
        rows = rows.annotate(is_muted=F("thread__is_muted")).only(*_CONVERSATION_FIELDS, "newest__modseq")
    else:
        rows = folder.messages.only("key", "modseq", "listed_at")
    rows = rows.filter(filter_condition(stretch.only, in_conversations=stretch.in_conversations))
    if stretch.after is not None:
        bound = stretch.after
        rows = rows.filter(Q(**{f"{at}__lt": bound.at}) | Q(**{at: bound.at, f"{row_id}__lt": bound.id}))
        rows = rows.filter(**{f"{at}__lte": bound.at})
    if stretch.until is not None:
        bound = stretch.until
        rows = rows.filter(Q(**{f"{at}__gt": bound.at}) | Q(**{at: bound.at, f"{row_id}__gte": bound.id}))
        rows = rows.filter(**{f"{at}__gte": bound.at})
    return rows.order_by(f"-{at}", f"-{row_id}")


_CONVERSATION_FIELDS = (
    "folder_id",
    "thread_id",
    "newest_id",
    "newest_at",
    "message_count",
    "unread_count",
    "flagged_count",
    "to_me_count",
    "has_attachment",
)


def filter_condition(only: Filter, *, in_conversations: bool) -> Q:
    match only:
        case Filter.UNREAD:
            return Q(unread_count__gt=0) if in_conversations else Q(is_seen=False)
        case Filter.FLAGGED:
            return Q(flagged_count__gt=0) if in_conversations else Q(is_flagged=True)
        case Filter.TO_ME:
            return Q(to_me_count__gt=0) if in_conversations else Q(is_to_me=True)
        case Filter.ATTACHMENTS:
            return Q(has_attachment=True)
    return Q()


def _version(row: Conversation | Message, maker: RowMaker) -> int:
    if isinstance(row, Conversation):
        return conversation_version(row, row.newest, maker.today)
    return message_version(row, maker.today)


def _name(row: Conversation | Message) -> UUID:
    return row.thread_id if isinstance(row, Conversation) else row.key


def _rows(folder: OpenFolder, stretch: Stretch, maker: RowMaker, names: Collection[UUID]) -> list[Row]:
    if not names:
        return []
    if stretch.in_conversations:
        return [maker.conversation(row) for row in queries.conversation_rows(folder, list(names))]
    found = folder.messages.filter(key__in=names).defer("structure", "content_key").order_by("-listed_at", "-id")
    return [maker.message(row) for row in queries.message_rows(folder.mailbox, list(found))]


def parse_held(text: str, *, most: int = MOST_ROWS) -> dict[UUID, int]:
    """Read ``name:version`` pairs, as a page writes them; what is unreadable counts as not held."""
    held: dict[UUID, int] = {}
    for pair in _pairs(text)[:most]:
        name, _colon, version = pair.partition(":")
        try:
            held[UUID(name)] = int(version, 16)
        except ValueError:
            continue
    return held


def _pairs(text: str) -> list[str]:
    return [pair for pair in text.split(",") if pair]


def total(rows: Iterable[Row]) -> int:
    """The check of these rows, as a page computes it."""
    return sum(row.version for row in rows) % _MODULUS
