"""A search picked from a form: its fields become a query, and a query goes back into the fields.

What a form cannot say (alternatives, exclusions, a month instead of a day) stays as text among the words, so a query
that goes through the form asks for the same afterwards. Pure.
"""

import re
from dataclasses import dataclass, fields
from typing import Any, Final

from mailapp.search import operators, query
from mailapp.search.query import Query
from mailapp.search.terms import Field
from mailapp.search.tree import (
    And,
    Compare,
    Dated,
    Flag,
    HasAttachment,
    In,
    Is,
    Leaf,
    Phrase,
    Sized,
    Tree,
    When,
    Words,
    both,
)

_TEXTS: Final = {Field.FROM: "sender", Field.TO: "recipient", Field.SUBJECT: "subject"}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Options:
    """The fields of the form; empty ones ask for nothing."""

    words: str = ""
    sender: str = ""
    recipient: str = ""
    subject: str = ""
    folder: str = ""  # as ``tree.In`` has it
    since: str = ""  # a day, 2026-11-24
    before: str = ""
    larger_bytes: int | None = None
    has_attachment: bool = False
    is_unread: bool = False
    is_flagged: bool = False


def options_of(asked: Query, language: str = "en") -> Options:
    """Sort the conditions of a query into the fields of the form."""
    values: dict[str, Any] = {field.name: field.default for field in fields(Options)}
    for part in _parts(asked.tree):
        match part:
            case Words(text, field) | Phrase(text, field) if field in _TEXTS:
                name = _TEXTS[field]
                written = f'"{text}"' if isinstance(part, Phrase) else text
                values[name] = f"{values[name]} {written}".strip()
            case In(folder) if not values["folder"]:
                values["folder"] = folder
            case Dated(When.AFTER, date) if not values["since"] and _DAY.fullmatch(date):
                values["since"] = date
            case Dated(When.BEFORE, date) if not values["before"] and _DAY.fullmatch(date):
                values["before"] = date
            case Sized(Compare.LARGER, size) if values["larger_bytes"] is None:
                values["larger_bytes"] = size
            case HasAttachment():
                values["has_attachment"] = True
            case Is(Flag.UNREAD):
                values["is_unread"] = True
            case Is(Flag.FLAGGED):
                values["is_flagged"] = True
            case _:
                values["words"] = f"{values['words']} {query.written(part, language)}".strip()
    return Options(**values)


def text_of(options: Options, language: str = "en") -> str:
    """Return the query that the fields stand for, as somebody of that language would type it."""
    parts: list[Tree | None] = [
        _field(options.sender, "from"),
        _field(options.recipient, "to"),
        _field(options.subject, "subject"),
        query.parse(options.words).tree,
        *_conditions(options),
    ]
    return query.unparse(Query(both([part for part in parts if part is not None])), language)


def _conditions(options: Options) -> list[Leaf]:
    asked: list[tuple[object, Leaf]] = [
        (options.has_attachment, HasAttachment()),
        (options.is_unread, Is(Flag.UNREAD)),
        (options.is_flagged, Is(Flag.FLAGGED)),
        (operators.key(options.folder), In(operators.folder_role(options.folder) or options.folder)),
        (options.since, Dated(When.AFTER, options.since)),
        (options.before, Dated(When.BEFORE, options.before)),
        (options.larger_bytes is not None, Sized(Compare.LARGER, options.larger_bytes or 0)),
    ]
    return [leaf for is_asked, leaf in asked if is_asked]


def _field(text: str, operator: str) -> Tree | None:
    """Return what is asked of one field. Everything typed there is of that field, as in parentheses after its name."""
    if text.count("(") != text.count(")"):
        text = text.translate({ord("("): " ", ord(")"): " "})
    if text.count('"') % 2:
        text += '"'
    return query.parse(f"{operator}:({text})").tree if text.strip() else None


def _parts(tree: Tree | None) -> tuple[Tree, ...]:
    if tree is None:
        return ()
    return tree.parts if isinstance(tree, And) else (tree,)
