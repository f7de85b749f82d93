"""The operators of the query language in the reader's language, each with a sentence and the values it takes.

What the search field offers while somebody types. Nothing here searches.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from babel.dates import format_timedelta
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox
from mailapp.categories import shelf
from mailapp.search import operators, values
from mailapp.search.tree import Flag
from mailapp.store import folders
from workmail.ui import formats

# Which values an operator takes; people are completed elsewhere, words cannot be.
_KINDS: Final = {
    "from": "people",
    "to": "people",
    "subject": "words",
    "has": "attachment",
    "is": "flag",
    "in": "folder",
    "category": "category",
    "after": "date",
    "before": "date",
    "larger": "size",
    "filename": "words",
    "cc": "people",
    "bcc": "people",
    "on": "date",
    "newer_than": "age",
    "older_than": "age",
    "smaller": "size",
}
_AGES: Final = (("d", 7, 7), ("m", 1, 30), ("m", 6, 182), ("y", 1, 365))  # unit, count, days for its words
_SIZES: Final = tuple(count * 1024**2 for count in (1, 5, 10, 25))


@dataclass(frozen=True, slots=True)
class Value:
    """What may follow the operator, and what it means where that is not plain."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """``shown`` is its name in the reader's language, ``keys`` all its names as they are compared."""

    name: str
    shown: str
    keys: list[str]
    label: str
    kind: str


def all_operators(language: str) -> list[Operator]:
    """Return the operators, those that are asked for most often first."""
    labels = _labels()
    return [
        Operator(name, operators.operator_name(name, language), operators.keys_of(name), labels[name], kind)
        for name, kind in _KINDS.items()
    ]


def all_values(mailbox: OpenMailbox, language: str, today: date) -> dict[str, list[Value]]:
    """Return the values of each kind that has a list of them; folders are those of the mailbox."""
    return {
        "attachment": [Value(operators.attachment_name(language))],
        "flag": [Value(operators.flag_name(flag, language)) for flag in Flag],
        "folder": folder_values(mailbox, language),
        "category": [Value(each.name) for each in shelf.of(mailbox).categories],
        "date": _dates(language, today),
        "age": _ages(language),
        "size": [Value(values.shown_size(size), formats.file_size(size)) for size in _SIZES],
    }


def folder_values(mailbox: OpenMailbox, language: str) -> list[Value]:
    """Return what may follow ``in:``, with the names under which the folders stand in the side pane."""
    found: list[Value] = []
    above: list[str] = []
    for node in folders.flat(folders.tree(mailbox)):
        above[node.depth :] = [node.name]
        name = (
            operators.folder_name(node.folder.role, language) if node.folder.role else "/".join(above).replace('"', "")
        )
        found.append(Value(name, " / ".join(above)))
    return [
        *found,
        Value(operators.folder_name(operators.ANYWHERE, language), _("All folders, with Junk and Deleted")),
    ]


def _dates(language: str, today: date) -> list[Value]:
    week = today - timedelta(days=(today.weekday() - formats.current_locale().first_week_day) % 7)
    return [
        *(Value(values.shown_date(name, language)) for name in ("today", "yesterday")),
        Value(week.isoformat(), pgettext("a day, beside its date", "First day of this week")),
        Value(today.replace(day=1).isoformat(), pgettext("a day, beside its date", "First day of this month")),
        Value(today.replace(month=1, day=1).isoformat(), pgettext("a day, beside its date", "First day of this year")),
    ]


def _ages(language: str) -> list[Value]:
    locale = formats.current_locale()
    return [
        Value(values.shown_age(count, unit, language), format_timedelta(timedelta(days=days), locale=locale))
        for unit, count, days in _AGES
    ]


def _labels() -> dict[str, str]:
    return {
        "from": pgettext("what a search condition looks at", "Who sent it"),
        "to": pgettext("what a search condition looks at", "To whom it was sent"),
        "cc": pgettext("what a search condition looks at", "Who got a copy"),
        "bcc": pgettext("what a search condition looks at", "Who got a hidden copy"),
        "subject": pgettext("what a search condition looks at", "Words of the subject"),
        "filename": pgettext("what a search condition looks at", "Name of an attached file"),
        "has": pgettext("what a search condition looks at", "Has an attachment"),
        "is": pgettext("what a search condition looks at", "Unread, flagged, answered and so on"),
        "in": pgettext("what a search condition looks at", "In one folder"),
        "category": pgettext("what a search condition looks at", "Has a category"),
        "after": pgettext("what a search condition looks at", "Since a day, that day included"),
        "before": pgettext("what a search condition looks at", "Before a day"),
        "on": pgettext("what a search condition looks at", "On a day, in a month or a year"),
        "newer_than": pgettext("what a search condition looks at", "In the last days, weeks or months"),
        "older_than": pgettext("what a search condition looks at", "Longer ago than"),
        "larger": pgettext("what a search condition looks at", "Larger than a size"),
        "smaller": pgettext("what a search condition looks at", "Smaller than a size"),
    }
