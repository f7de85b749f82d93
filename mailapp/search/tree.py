"""What a query means: a tree of conditions on one message. Plain values; ``query`` makes them, others read them."""

from dataclasses import dataclass
from enum import StrEnum

from mailapp.search.terms import Field


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed without quotes: inflections match, and beginnings of names and subjects."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was typed in quotes: these words as they stand, one after the other, in one text of the field."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class HasAttachment:
    pass


class Flag(StrEnum):
    UNREAD = "unread"
    READ = "read"
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    FORWARDED = "forwarded"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Is:
    flag: Flag


@dataclass(frozen=True, slots=True)
class Categorized:
    """Has the category of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class In:
    """In folders of this name, path or role, and in the folders inside them; ``anywhere`` is all there is."""

    folder: str


class When(StrEnum):
    BEFORE = "before"  # earlier than the first moment of the date
    AFTER = "after"  # since the first moment of the date, so that after:2026 before:2027 is a year
    ON = "on"


@dataclass(frozen=True, slots=True)
class Dated:
    """``date`` is "2026-11-24", "2026-11", "2026", "today" or "yesterday", in the reader's time zone."""

    when: When
    date: str


class Than(StrEnum):
    OLDER = "older_than"
    NEWER = "newer_than"


@dataclass(frozen=True, slots=True)
class Aged:
    """Counted back from now. ``unit`` is d, w, m or y."""

    than: Than
    count: int
    unit: str


class Compare(StrEnum):
    LARGER = "larger"
    SMALLER = "smaller"


@dataclass(frozen=True, slots=True)
class Sized:
    compare: Compare
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Not:
    part: "Tree"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Tree", ...]


Leaf = Words | Phrase | HasAttachment | Is | Categorized | In | Dated | Aged | Sized
Tree = Leaf | Not | And | Or


def both(parts: list[Tree]) -> Tree | None:
    """Return the conjunction in its simplest form: no conjunction inside another, none of a single part."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    return None if not flat else flat[0] if len(flat) == 1 else And(flat)


def either(parts: list[Tree]) -> Tree | None:
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    return None if not flat else flat[0] if len(flat) == 1 else Or(flat)


def negated(part: Tree) -> Tree:
    return part.part if isinstance(part, Not) else Not(part)


def leaves(tree: Tree | None, *, positive: bool = True) -> list[tuple[Leaf, bool]]:
    """Return the leaves, each with whether it must hold (True) or must not."""
    if tree is None:
        return []
    if isinstance(tree, Not):
        return leaves(tree.part, positive=not positive)
    if isinstance(tree, And | Or):
        return [found for part in tree.parts for found in leaves(part, positive=positive)]
    return [(tree, positive)]
