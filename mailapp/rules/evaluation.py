"""Which rules fit a message, and what is to be done with it. Pure: the same message and rules, the same outcome.

Rules are tried in their order. The first that moves or deletes the message decides where it goes; later ones may still
mark it, copy it and pass it on, until one says stop.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from mailapp.mime.model import ParsedMessage, Person
from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject
from workmail.directory.addresses import fold


class Facts:
    """What conditions ask for. What costs something is found out when somebody asks, and once."""

    def __init__(
        self,
        parsed: ParsedMessage,
        size_bytes: int,
        *,
        own: Callable[[], Iterable[str]] = tuple,
        header: Callable[[], list[tuple[str, str]]] = list,
    ) -> None:
        """``own``: the mailbox's addresses, folded. ``header``: all fields as name and decoded body."""
        self.parsed = parsed
        self.size_bytes = size_bytes
        self._own, self._header = own, header

    @cached_property
    def own(self) -> frozenset[str]:
        return frozenset(self._own())

    @cached_property
    def header(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, body in self._header():
            found.setdefault(name.lower(), []).append(plain(body))
        return found

    @cached_property
    def subject(self) -> str:
        return plain(self.parsed.subject)

    @cached_property
    def body(self) -> str:
        return plain(self.parsed.text)

    def is_own(self, person: Person) -> bool:
        """Tell whether the address is the owner's, a tagged form (``user+tag``) included."""
        folded = fold(person.addr_spec)
        local_part, _, domain = folded.rpartition("@")
        return folded in self.own or f"{local_part.partition('+')[0]}@{domain}" in self.own


@dataclass(frozen=True, slots=True)
class Step:
    """An action, and the rule that wants it."""

    rule_id: UUID
    action: Action


@dataclass(slots=True)
class Outcome:
    """What is to be done. ``filing`` is a move or a deletion; without one the message stays where it would be."""

    matched: list[UUID] = field(default_factory=list)
    filing: Step | None = None
    copies: list[Step] = field(default_factory=list)
    is_seen: bool = False
    is_flagged: bool = False
    keywords: list[str] = field(default_factory=list)
    passing_on: list[Step] = field(default_factory=list)

    def add(self, step: Step) -> None:
        match step.action.kind:
            case Kind.MOVE | Kind.DELETE:
                self.filing = self.filing or step
            case Kind.COPY:
                if all(step.action.folder != other.action.folder for other in self.copies):
                    self.copies.append(step)
            case Kind.READ:
                self.is_seen = True
            case Kind.FLAG:
                self.is_flagged = True
            case Kind.CATEGORIZE:
                if step.action.keyword not in self.keywords:
                    self.keywords.append(step.action.keyword)
            case Kind.FORWARD | Kind.REDIRECT:
                self.passing_on.append(step)


def evaluate(rules: Sequence[tuple[UUID, Definition]], facts: Facts) -> Outcome:
    """Try the rules that are on, in their order."""
    outcome = Outcome()
    for rule_id, definition in rules:
        if not fits(definition, facts):
            continue
        outcome.matched.append(rule_id)
        for action in definition.actions:
            outcome.add(Step(rule_id, action))
        if definition.of_kind(Kind.STOP):
            break
    return outcome


def fits(definition: Definition, facts: Facts) -> bool:
    held = (holds(condition, facts) for condition in definition.conditions)
    if definition.match is Match.ALL:
        is_wanted = all(held)
    elif definition.match is Match.ANY:
        is_wanted = any(held)
    else:
        is_wanted = True
    return is_wanted and not any(holds(condition, facts) for condition in definition.exceptions)


def holds(condition: Condition, facts: Facts) -> bool:
    parsed = facts.parsed
    match condition.subject:
        case Subject.FROM:
            return _names(condition, (*parsed.from_, *parsed.sender))
        case Subject.TO:
            return _names(condition, parsed.to)
        case Subject.CC:
            return _names(condition, parsed.cc)
        case Subject.RECIPIENT:
            return _names(condition, (*parsed.to, *parsed.cc))
        case Subject.SUBJECT:
            return _says(condition, facts.subject)
        case Subject.BODY:
            return _says(condition, facts.body)
        case Subject.HEADER:
            bodies = facts.header.get(condition.header.lower(), [])
            if condition.operator is Operator.EXISTS:
                return bool(bodies)
            return any(_says(condition, body) for body in bodies)
        case Subject.ATTACHMENT:
            return parsed.has_attachments
        case Subject.SIZE:
            limit = int(condition.values[0])
            return facts.size_bytes > limit if condition.operator is Operator.LARGER else facts.size_bytes < limit
        case Subject.IMPORTANCE:
            return parsed.importance in condition.values
        case Subject.ONLY_ME:
            everyone = (*parsed.to, *parsed.cc)
            return bool(everyone) and all(facts.is_own(person) for person in everyone)
        case Subject.ME_IN_CC:
            return any(facts.is_own(person) for person in parsed.cc)
        case Subject.LIST:
            if condition.operator is Operator.EXISTS:
                return bool(parsed.list_id)
            return bool(parsed.list_id) and _says(condition, plain(parsed.list_id))


def plain(text: str) -> str:
    """Return the form in which texts are compared: without case, look-alike forms and runs of blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _names(condition: Condition, people: Iterable[Person]) -> bool:
    for person in people:
        folded = fold(person.addr_spec)
        if condition.operator is Operator.IS:
            domain = folded.rpartition("@")[2]
            if any(
                domain == fold(f"x{value}").rpartition("@")[2] if value.startswith("@") else folded == fold(value)
                for value in condition.values
            ):
                return True
        else:
            shown = plain(f"{person.display_name} <{person.addr_spec}>")
            if any(plain(value) in shown or fold(value) in folded for value in condition.values):
                return True
    return False


def _says(condition: Condition, text: str) -> bool:
    wanted = [plain(value) for value in condition.values]
    match condition.operator:
        case Operator.IS:
            return text in wanted
        case Operator.BEGINS:
            return text.startswith(tuple(wanted))
        case _:
            return any(value in text for value in wanted)
