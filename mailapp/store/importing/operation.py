"""Putting found mail into a mailbox: in batches, again and again without doubles.

The same octets are recognized by the keyed digest that every message carries. A message that stands twice in the
source is imported twice, and no more often however many times the import is run; or only once, when it is asked so.
"""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain

from django.conf import settings

from mailapp.access import OpenFolder, OpenMailbox, folder_by_role
from mailapp.store import appending, folders
from mailapp.store.appending import Prepared
from mailapp.store.importing.sources import FoundMessage, Source, with_line_ends
from mailapp.store.models import Folder, Message
from workmail.errors import AlreadyExists, Invalid

logger = logging.getLogger(__name__)

LARGEST_MESSAGE_BYTES = 3 * settings.SMTP_MAX_MESSAGE_BYTES
LONGEST_READ = LARGEST_MESSAGE_BYTES + 1  # so that what is too large can be told
_BATCH_MESSAGES = 50
_BATCH_BYTES = 8 * 1024 * 1024
_PREPARING_THREADS = 4  # they wait for the disk, mostly
_MOST_TRACE_FIELDS = 8
_FIELD = re.compile(rb"[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)

_ROLES = {
    "inbox": Folder.Role.INBOX,
    "drafts": Folder.Role.DRAFTS,
    "sent": Folder.Role.SENT,
    "sent messages": Folder.Role.SENT,
    "sent items": Folder.Role.SENT,
    "sent mail": Folder.Role.SENT,
    "archive": Folder.Role.ARCHIVE,
    "archives": Folder.Role.ARCHIVE,
    "junk": Folder.Role.JUNK,
    "junk e-mail": Folder.Role.JUNK,
    "spam": Folder.Role.JUNK,
    "trash": Folder.Role.DELETED,
    "deleted": Folder.Role.DELETED,
    "deleted messages": Folder.Role.DELETED,
    "deleted items": Folder.Role.DELETED,
}


@dataclass(slots=True)
class Outcome:
    imported: int = 0
    known: int = 0  # were there already
    skipped: list[str] = field(default_factory=list)  # empty or too big: where they stand


Progress = Callable[[Outcome, int], None]  # what was done so far, and how many octets of the source
Batch = Callable[[Outcome, Sequence[FoundMessage]], None]  # what was done so far, and what was done just now


def run(mailbox: OpenMailbox, source: Source, *, into: Sequence[str] = (), progress: Progress | None = None) -> Outcome:
    """Import everything in ``source``; whatever stops it, what ``progress`` was told about is in the mailbox.

    Args:
        into: The folder that takes the place of the source's top; the inbox by default.

    Raises:
        OverQuota: The mailbox is full. OSError: The source or the blob store cannot be read or written.
    """
    done = 0

    def tell(outcome: Outcome, batch: Sequence[FoundMessage]) -> None:
        nonlocal done
        done += sum(found.progress for found in batch)
        if progress is not None:
            progress(outcome, done)

    return take_in(mailbox, source.messages(longest=LONGEST_READ), into=into, told=tell)


def take_in(
    mailbox: OpenMailbox,
    messages: Iterable[FoundMessage],
    *,
    into: Sequence[str] = (),
    top: OpenFolder | None = None,
    is_once: bool = False,
    outcome: Outcome | None = None,
    told: Batch,
) -> Outcome:
    """Import messages, wherever they come from, batch by batch.

    Args:
        into: Names of the folder that takes the place of the source's top.
        top: The folder itself, when there is one: then no name below it means a standard folder.
        is_once: Bring in no message that is there already, nor one twice: a run can then go on in the middle.
        outcome: What an earlier run did, to be counted on.
    """
    importing = _Import(mailbox, tuple(into), top, is_once, outcome or Outcome())
    with ThreadPoolExecutor(_PREPARING_THREADS, thread_name_prefix="import") as threads:
        for batch in _batches(messages):
            importing.take(batch, threads)
            told(importing.outcome, batch)
    return importing.outcome


def _batches(messages: Iterable[FoundMessage]) -> Iterable[list[FoundMessage]]:
    batch: list[FoundMessage] = []
    size = 0
    for found in messages:
        batch.append(found)
        size += len(found.raw)
        if len(batch) >= _BATCH_MESSAGES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Import:
    def __init__(
        self, mailbox: OpenMailbox, into: tuple[str, ...], top: OpenFolder | None, is_once: bool, outcome: Outcome
    ) -> None:
        self.outcome = outcome
        self._mailbox = mailbox
        self._into = into
        self._top = top
        self._is_once = is_once
        self._folders: dict[tuple[str, ...], OpenFolder] = {}
        self._met: Counter[bytes] = Counter()  # how often each message was met in this run

    def take(self, batch: list[FoundMessage], threads: ThreadPoolExecutor) -> None:
        usable = [(found, with_line_ends(found.raw)) for found in batch if self._is_usable(found)]
        digests = [self._digest(raw) for _, raw in usable]
        others = [self._digests_without_trace(raw) if self._is_once else [] for _, raw in usable]
        kept = self._count_kept([*digests, *chain.from_iterable(others)])
        wanted: list[tuple[FoundMessage, bytes]] = []
        for (found, raw), digest, other in zip(usable, digests, others, strict=True):
            self._met[digest] += 1
            if any(kept[each] for each in other):
                self.outcome.known += 1
            elif kept[digest] < (1 if self._is_once else self._met[digest]):
                kept[digest] += 1
                wanted.append((found, raw))
            else:
                self.outcome.known += 1
        prepared = list(threads.map(appending.prepare, [raw for _, raw in wanted]))
        by_folder: dict[tuple[str, ...], list[appending.Sealed]] = defaultdict(list)
        for (found, _), ready in zip(wanted, prepared, strict=True):
            sealed = appending.seal(
                self._mailbox.keys, ready, flags=found.flags, internal_date=_internal_date(found, ready)
            )
            by_folder[found.folder].append(sealed)
        for names, sealed_ones in by_folder.items():
            appending.append(self._folder(names), sealed_ones)
            self.outcome.imported += len(sealed_ones)

    def _is_usable(self, found: FoundMessage) -> bool:
        if found.raw.strip() and len(found.raw) <= LARGEST_MESSAGE_BYTES:
            return True
        self.outcome.skipped.append(found.origin)
        return False

    def _digest(self, raw: bytes) -> bytes:
        return appending.content_digest(self._mailbox.keys, appending.raw_identity(raw))

    def _digests_without_trace(self, raw: bytes) -> list[bytes]:
        """Return the digests by which a delivered message that was exported is found again.

        Here, what delivery puts in front is no part of the content; in an export it stands in front of it.
        """
        found, start = [], 0
        if raw[:12].lower() == b"return-path:":
            while len(found) < _MOST_TRACE_FIELDS and (end := _FIELD.match(raw, start)):
                start = end.end()
                found.append(self._digest(raw[start:]))
        return found

    def _count_kept(self, digests: Sequence[bytes]) -> Counter[bytes]:
        rows = Message.objects.filter(mailbox=self._mailbox.mailbox, content_digest__in=set(digests))
        return Counter(bytes(digest) for digest in rows.values_list("content_digest", flat=True))

    def _folder(self, names: tuple[str, ...]) -> OpenFolder:
        if names not in self._folders:
            self._folders[names] = self._find_folder((*self._into, *names))
        return self._folders[names]

    def _find_folder(self, names: tuple[str, ...]) -> OpenFolder:
        """Return the folder at that path, making what is missing; well-known names are the standard folders."""
        if self._top is not None:
            below = self._top
            for name in names:
                below = self._child(below, name)
            return below
        if not names:
            return folder_by_role(self._mailbox, Folder.Role.INBOX)
        role = _ROLES.get(names[0].casefold())
        current = folder_by_role(self._mailbox, role) if role else None
        for name in names[1:] if role else names:
            current = self._child(current, name)
        assert current is not None
        return current

    def _child(self, parent: OpenFolder | None, name: str) -> OpenFolder:
        name = " ".join(name.replace("/", " ").split())[: folders.LONGEST_NAME].strip() or "-"
        try:
            return folders.create(self._mailbox, name, parent)
        except AlreadyExists:
            return self._existing(parent, name)
        except Invalid:  # too deep, or too many folders: nearer to the top is better than nowhere
            return parent or folder_by_role(self._mailbox, Folder.Role.INBOX)

    def _existing(self, parent: OpenFolder | None, name: str) -> OpenFolder:
        rows = Folder.objects.select_related("collection").filter(
            mailbox=self._mailbox.mailbox, parent=parent.folder if parent else None
        )
        for folder in rows:
            if folders.name_of(folder, self._mailbox.keys).casefold() == name.casefold():
                return OpenFolder(self._mailbox, folder)
        return parent or folder_by_role(self._mailbox, Folder.Role.INBOX)


def _internal_date(found: FoundMessage, prepared: Prepared) -> datetime:
    """Return when the message arrived, as far as it can be known: a date nobody can believe is replaced by today's."""
    now = datetime.now(UTC)
    for date in (found.received_at, prepared.parsed.sent_at):
        if date is not None and _EARLIEST <= date <= now + timedelta(days=1):
            return date
    return now
