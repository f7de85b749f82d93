"""Which long work there is. Rooms register theirs when the applications are ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenMailbox
from mailapp.jobs.progress import Progress
from workmail.ui import formats

Json = dict[str, Any]


def counted_messages(done: int, total: int | None) -> str:
    """Return "1,240 of 8,000 messages", or "1,240 messages" while nobody knows how many there are."""
    if total is None:
        return ngettext("%(number)s message", "%(number)s messages", done) % {"number": formats.number(done)}
    return ngettext("%(done)s of %(total)s message", "%(done)s of %(total)s messages", total) % {
        "done": formats.number(done),
        "total": formats.number(total),
    }


def counted_percent(done: int, total: int | None) -> str:
    """Return "35 %": for work whose count means nothing to people."""
    return formats.percent(min(1.0, done / total)) if total else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of long work; see the docstring of ``mailapp.jobs``.

    Args:
        counted: Says ``done`` and ``total`` in words.
        link: The address where the result can be seen, and the words of the link; None when there is nothing to see.
        forget: Called when the job ended or expires, whatever the end, with ``parameters`` where they are still known:
            removes what only the work needed. May be called twice.
    """

    name: str
    work: Callable[[OpenMailbox, Json, Progress], Json | None]
    title: Callable[[Json], str]
    notice: Callable[[Json, Json], str]
    counted: Callable[[int, int | None], str] = counted_messages
    link: Callable[[UUID, Json, Json], tuple[str, str] | None] = lambda job_id, about, result: None
    forget: Callable[[UUID, Json], None] = lambda job_id, parameters: None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Its name stands in rows: it stays what it is."""
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    """Return the kind. One that this release no longer knows fails when it is worked on, and can still be listed."""
    return _kinds.get(name) or Kind(name, _unknown, _unknown_title, lambda about, result: "")


def _unknown(mailbox: OpenMailbox, parameters: Json, progress: Progress) -> Json | None:
    raise LookupError("This release does not know that kind of work")


def _unknown_title(about: Json) -> str:
    return pgettext("long work that this version does not know", "Work")
