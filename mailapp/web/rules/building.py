"""The rule builder: from a form to a rule and back. Every control works without script; what is empty is left out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox
from mailapp.categories import keywords
from mailapp.categories.shelf import Shelf
from mailapp.mime.model import ParsedMessage
from mailapp.rules.checking import NO_TARGETS
from mailapp.rules.definition import IMPORTANCES, Action, Condition, Definition, Kind, Match, Operator, Subject
from mailapp.web import navigation
from workmail.directory.addresses import fold
from workmail.errors import Invalid

MOST_ROWS = 20
_MEGABYTE = 1024 * 1024
_NAMES = {"c": "condition", "x": "exception"}


@dataclass(slots=True)
class Row:
    """One condition as it stands in the form. ``test`` is what is asked, such as ``from:contains``."""

    prefix: str
    test: str = ""
    header: str = ""
    values: str = ""  # one on each line
    error: str = ""
    has_focus: bool = False


@dataclass(slots=True)
class Form:
    """The whole form, as typed."""

    match: str = Match.ALL
    conditions: list[Row] = field(default_factory=list)
    exceptions: list[Row] = field(default_factory=list)
    filing: str = "stay"  # stay, move, delete
    move: str = ""
    copies: list[str] = field(default_factory=list)
    read: bool = False
    flag: bool = False
    stop: bool = False
    categories: str = ""
    forward: str = ""
    redirect: str = ""
    error: str = ""
    error_field: str = ""
    focus: str = ""  # the id of the control that has the focus when the page comes


def tests() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what can be asked, in groups, as (value, words)."""
    return [
        (
            pgettext("group of conditions", "People"),
            [
                ("from:contains", _("Sender contains")),
                ("from:is", _("Sender is (address or @domain)")),
                ("to:contains", _("To contains")),
                ("to:is", _("To has (address or @domain)")),
                ("cc:contains", _("Cc contains")),
                ("cc:is", _("Cc has (address or @domain)")),
                ("recipient:contains", _("To or Cc contains")),
                ("recipient:is", _("To or Cc has (address or @domain)")),
                ("only_me:", _("Addressed to me only")),
                ("me_in_cc:", _("I am in Cc")),
            ],
        ),
        (
            pgettext("group of conditions", "Words"),
            [
                ("subject:contains", _("Subject contains")),
                ("subject:is", _("Subject is")),
                ("subject:begins", _("Subject begins with")),
                ("body:contains", _("Text contains")),
            ],
        ),
        (
            pgettext("group of conditions", "Message"),
            [
                ("attachment:", _("Has an attachment")),
                ("size:larger", _("Larger than (MB)")),
                ("size:smaller", _("Smaller than (MB)")),
                ("importance:is:high", _("Importance is high")),
                ("importance:is:normal", _("Importance is normal")),
                ("importance:is:low", _("Importance is low")),
                ("list:exists", _("From a mailing list")),
                ("list:contains", _("Mailing list contains")),
                ("header:contains", _("Header field contains")),
                ("header:is", _("Header field is")),
                ("header:exists", _("Header field exists")),
            ],
        ),
    ]


def targets(mailbox: OpenMailbox) -> list[tuple[str, str]]:
    """Return the folders that mail may be filed in, as (value, name with its depth)."""
    views = navigation.flat(navigation.tree(mailbox))
    return [(view.id.hex, view.indented_name) for view in views if view.role not in NO_TARGETS]


# --- From a rule or a message -----------------------------------------------------------------------------------


def empty() -> Form:
    return Form(conditions=[Row("c-0")])


def like_message(parsed: ParsedMessage) -> Form:
    """Begin with what messages like this one have in common: their list, else their sender."""
    row = Row("c-0")
    if parsed.list_id:
        row.test, row.values = "list:contains", parsed.list_id
    elif parsed.from_ and parsed.from_[0].addr_spec:
        row.test, row.values = "from:is", parsed.from_[0].addr_spec
    else:
        row.test, row.values = "subject:is", parsed.subject
    return Form(conditions=[row], filing="move", focus="move")


def of_definition(definition: Definition, categories: Shelf) -> Form:
    filing = next((a for a in definition.actions if a.kind in (Kind.MOVE, Kind.DELETE)), None)

    def addresses(kind: Kind) -> str:
        return ", ".join(address for action in definition.of_kind(kind) for address in action.addresses)

    return Form(
        match=definition.match,
        conditions=[_row("c", n, each) for n, each in enumerate(definition.conditions)] or [Row("c-0")],
        exceptions=[_row("x", n, each) for n, each in enumerate(definition.exceptions)],
        filing=str(filing.kind) if filing else "stay",
        move=filing.folder if filing else "",
        copies=[action.folder for action in definition.of_kind(Kind.COPY)],
        read=bool(definition.of_kind(Kind.READ)),
        flag=bool(definition.of_kind(Kind.FLAG)),
        stop=bool(definition.of_kind(Kind.STOP)),
        categories=", ".join(_category_name(action, categories) for action in definition.of_kind(Kind.CATEGORIZE)),
        forward=addresses(Kind.FORWARD),
        redirect=addresses(Kind.REDIRECT),
    )


def _category_name(action: Action, categories: Shelf) -> str:
    known = categories.by_keyword.get(action.keyword.lower())
    return known.name if known else keywords.name_of(action.keyword)


def _row(group: str, number: int, condition: Condition) -> Row:
    row = Row(f"{group}-{number}", f"{condition.subject}:{condition.operator}", condition.header)
    if condition.subject is Subject.IMPORTANCE:
        row.test = f"importance:is:{condition.values[0]}"
    elif condition.subject is Subject.SIZE:
        row.values = f"{int(condition.values[0]) / _MEGABYTE:.6f}".rstrip("0").rstrip(".")
    else:
        row.values = "\n".join(condition.values)
    return row


# --- From what was sent ------------------------------------------------------------------------------------------


def read(data: QueryDict) -> Form:
    """Return the form as it was sent, with the row added or removed that its button asks for."""
    form = Form(
        match=data.get("match", Match.ALL),
        conditions=_rows(data, "c"),
        exceptions=_rows(data, "x"),
        filing=data.get("filing", "stay"),
        move=data.get("move", ""),
        copies=list(dict.fromkeys(value for value in data.getlist("copy") if value)),
        read="read" in data,
        flag="flag" in data,
        stop="stop" in data,
        categories=", ".join(filter(None, map(str.strip, data.getlist("categorize")))),
        forward=data.get("forward", ""),
        redirect=data.get("redirect", ""),
    )
    added, removed = data.get("add", ""), data.get("remove", "")
    for group, rows in (("c", form.conditions), ("x", form.exceptions)):
        rows[:] = [row for row in rows if row.prefix != removed]
        if added == group and len(rows) < MOST_ROWS:
            rows.append(Row("", has_focus=True))
        if removed.startswith(f"{group}-"):
            form.focus = f"add-{group}"
        for number, row in enumerate(rows):
            row.prefix = f"{group}-{number}"
    return form


def asks_for_rows(data: QueryDict) -> bool:
    """Tell whether a button was pressed that only changes the form."""
    return bool(data.get("add") or data.get("remove"))


def _rows(data: QueryDict, group: str) -> list[Row]:
    numbers = sorted(
        int(found.group(1)) for name in data if (found := re.fullmatch(rf"{group}-(\d{{1,3}})-test", name))
    )
    return [
        Row(
            f"{group}-{number}",
            data.get(f"{group}-{number}-test", ""),
            data.get(f"{group}-{number}-header", ""),
            data.get(f"{group}-{number}-values", ""),
        )
        for number in numbers[: MOST_ROWS + 1]
    ]


def definition_of(form: Form, categories: Shelf) -> Definition:
    """Return the rule that the form describes. Raises Invalid, as ``operations`` does."""
    if form.match not in list(Match):
        raise Invalid(_("Choose one of the values offered."), field="match")
    return Definition(
        Match(form.match),
        () if form.match == Match.EVERY else _conditions(form.conditions),
        _conditions(form.exceptions),
        tuple(_actions(form, categories)),
    )


def _conditions(rows: Sequence[Row]) -> tuple[Condition, ...]:
    return tuple(_condition(row) for row in rows if row.test)


def _condition(row: Row) -> Condition:
    subject, _colon, rest = row.test.partition(":")
    operator, _colon, value = rest.partition(":")
    try:
        asked = Condition(Subject(subject), Operator(operator))
    except ValueError as error:
        raise Invalid(_("Choose one of the comparisons offered."), field=field_of(row.prefix)) from error
    if asked.subject is Subject.IMPORTANCE:
        return Condition(asked.subject, asked.operator, (value,) if value in IMPORTANCES else ())
    values = tuple(line.strip() for line in row.values.splitlines() if line.strip())
    if asked.subject is Subject.SIZE:
        values = tuple(_octets(each) for each in values)
    return Condition(asked.subject, asked.operator, values, row.header)


def _octets(text: str) -> str:
    found = re.fullmatch(r"(\d{1,6})(?:[.,](\d{1,6}))?\s*\D{0,4}", text)
    return str(int(float(f"{found.group(1)}.{found.group(2) or 0}") * _MEGABYTE)) if found else text


def _actions(form: Form, categories: Shelf) -> Iterable[Action]:
    if form.filing == "move":
        yield Action(Kind.MOVE, folder=form.move)
    elif form.filing == "delete":
        yield Action(Kind.DELETE)
    for folder in form.copies:
        yield Action(Kind.COPY, folder=folder)
    if form.read:
        yield Action(Kind.READ)
    if form.flag:
        yield Action(Kind.FLAG)
    for name in _listed(form.categories):
        known = categories.named(name)
        yield Action(Kind.CATEGORIZE, keyword=known.keyword if known else keywords.keyword_of(name))
    for kind, typed in ((Kind.FORWARD, form.forward), (Kind.REDIRECT, form.redirect)):
        if typed.strip():
            yield Action(kind, addresses=tuple(_listed(typed)))
    if form.stop:
        yield Action(Kind.STOP)


def category_choices(form: Form, categories: Shelf) -> tuple[list[tuple[str, str, bool]], str]:
    """Return (name, style, chosen) of the mailbox's categories, and the names beside them that were typed."""
    typed = {name.casefold(): name for name in _listed(form.categories)}
    offered = [
        (each.name, each.css, typed.pop(each.name.casefold(), None) is not None) for each in categories.categories
    ]
    return offered, ", ".join(typed.values())


def _listed(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[,;\n]", text)]
    return list({fold(part): part for part in parts if part}.values())


def note_error(form: Form, error: Invalid) -> None:
    """Put a refusal where it belongs."""
    form.error, form.error_field = str(error), str(error.details.get("field", ""))
    kind, _dash, number = form.error_field.partition("-")
    rows = {"condition": form.conditions, "exception": form.exceptions}.get(kind)
    if rows is not None and number.isdigit():
        asked = [row for row in rows if row.test]
        if int(number) < len(asked):
            row = asked[int(number)]
            row.error, form.error_field = form.error, f"{row.prefix}-values"
            if row.test.startswith("header:") and "header" in str(error).lower():
                form.error_field = f"{row.prefix}-header"
    elif form.error_field in ("conditions", "exceptions"):
        form.error_field = "c-0-test" if form.error_field == "conditions" else "x-0-test"


def field_of(prefix: str) -> str:
    group, _dash, number = prefix.partition("-")
    return f"{_NAMES[group]}-{number}"


def choices(options: Mapping[str, str] | Sequence[tuple[str, str]], chosen: str) -> list[tuple[str, str, bool]]:
    pairs = options.items() if isinstance(options, Mapping) else options
    return [(value, label, value == chosen) for value, label in pairs]


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
