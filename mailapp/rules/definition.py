"""What a rule says: conditions, exceptions and actions, as values. Pure.

A condition with several values holds when one of them does. Folders are named by their id, so that a rule stays right
when a folder is renamed or moved.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Subject(StrEnum):
    """What a condition looks at."""

    FROM = "from"
    TO = "to"
    CC = "cc"
    RECIPIENT = "recipient"  # To or Cc
    SUBJECT = "subject"
    BODY = "body"
    HEADER = "header"
    ATTACHMENT = "attachment"
    SIZE = "size"
    IMPORTANCE = "importance"
    ONLY_ME = "only_me"
    ME_IN_CC = "me_in_cc"
    LIST = "list"


class Operator(StrEnum):
    NONE = ""
    CONTAINS = "contains"
    IS = "is"
    BEGINS = "begins"
    EXISTS = "exists"
    LARGER = "larger"
    SMALLER = "smaller"


PEOPLE: Final = (Subject.FROM, Subject.TO, Subject.CC, Subject.RECIPIENT)
# What each may be asked; the first is what a form begins with.
OPERATORS: Final[dict[Subject, tuple[Operator, ...]]] = {
    **dict.fromkeys(PEOPLE, (Operator.CONTAINS, Operator.IS)),
    Subject.SUBJECT: (Operator.CONTAINS, Operator.IS, Operator.BEGINS),
    Subject.BODY: (Operator.CONTAINS,),
    Subject.HEADER: (Operator.CONTAINS, Operator.IS, Operator.EXISTS),
    Subject.ATTACHMENT: (Operator.NONE,),
    Subject.SIZE: (Operator.LARGER, Operator.SMALLER),
    Subject.IMPORTANCE: (Operator.IS,),
    Subject.ONLY_ME: (Operator.NONE,),
    Subject.ME_IN_CC: (Operator.NONE,),
    Subject.LIST: (Operator.EXISTS, Operator.CONTAINS),
}
IMPORTANCES: Final = ("high", "normal", "low")


class Match(StrEnum):
    ALL = "all"
    ANY = "any"
    EVERY = "every"  # message: there are no conditions


class Kind(StrEnum):
    """What an action does."""

    MOVE = "move"
    COPY = "copy"
    READ = "read"
    FLAG = "flag"
    CATEGORIZE = "categorize"
    FORWARD = "forward"
    REDIRECT = "redirect"
    DELETE = "delete"  # into Deleted, from where it can come back
    STOP = "stop"


PASSING_ON: Final = (Kind.FORWARD, Kind.REDIRECT)


@dataclass(frozen=True, slots=True)
class Condition:
    """``header`` is a field name; sizes are octets, written as a number."""

    subject: Subject
    operator: Operator = Operator.NONE
    values: tuple[str, ...] = ()
    header: str = ""

    @property
    def needs_value(self) -> bool:
        return self.operator not in (Operator.NONE, Operator.EXISTS)


@dataclass(frozen=True, slots=True)
class Action:
    kind: Kind
    folder: str = ""  # of a move or copy: the id's 32 hexadecimal digits
    keyword: str = ""  # of a category, as IMAP has it
    addresses: tuple[str, ...] = ()  # of a forward or redirect


@dataclass(frozen=True, slots=True)
class Definition:
    match: Match = Match.ALL
    conditions: tuple[Condition, ...] = ()
    exceptions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = field(default=())

    def of_kind(self, kind: Kind) -> list[Action]:
        return [action for action in self.actions if action.kind is kind]

    @property
    def passes_on_to(self) -> list[str]:
        return [address for action in self.actions if action.kind in PASSING_ON for address in action.addresses]


def dump(definition: Definition) -> bytes:
    values = {
        "match": definition.match,
        "if": [_of_condition(condition) for condition in definition.conditions],
        "except": [_of_condition(condition) for condition in definition.exceptions],
        "do": [[action.kind, action.folder, action.keyword, list(action.addresses)] for action in definition.actions],
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load(octets: bytes) -> Definition:
    values: dict[str, Any] = json.loads(octets.decode("utf-8", "surrogatepass"))
    return Definition(
        match=Match(values["match"]),
        conditions=tuple(_condition(each) for each in values["if"]),
        exceptions=tuple(_condition(each) for each in values["except"]),
        actions=tuple(
            Action(Kind(kind), folder, keyword, tuple(addresses)) for kind, folder, keyword, addresses in values["do"]
        ),
    )


def _of_condition(condition: Condition) -> list[Any]:
    return [condition.subject, condition.operator, list(condition.values), condition.header]


def _condition(values: list[Any]) -> Condition:
    subject, operator, wanted, header = values
    return Condition(Subject(subject), Operator(operator), tuple(wanted), header)
