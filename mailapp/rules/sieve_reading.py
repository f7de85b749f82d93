"""A Sieve script (RFC 5228) as rules, as far as rules can say it. Pure.

Each ``if`` becomes a rule. What has no counterpart is not guessed at: that part is left out and named by its line, and
the rest is taken.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sievelib.parser import Parser

from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject

LARGEST_SCRIPT_BYTES: Final = 200_000
_MOST_NESTED: Final = 30
_PEOPLE: Final = {
    frozenset({"from"}): Subject.FROM,
    frozenset({"from", "sender"}): Subject.FROM,
    frozenset({"to"}): Subject.TO,
    frozenset({"cc"}): Subject.CC,
    frozenset({"to", "cc"}): Subject.RECIPIENT,
}
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
FolderOf = Callable[[str], str]


class Unsayable(Exception):
    """Rules have no word for it."""


class Unreadable(Exception):
    """It is no Sieve script; the message says where, in English."""


@dataclass(slots=True)
class Script:
    rules: list[Definition] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # what was not understood, as it begins


def read(text: str, folder_of: FolderOf) -> Script:
    """Read the script.

    Args:
        folder_of: Returns the folder of that name, as its id's hexadecimal digits; an empty string if there is none.

    Raises:
        Unreadable
    """
    if len(text.encode("utf-8", "replace")) > LARGEST_SCRIPT_BYTES or text.count("{") + text.count("(") > 5_000:
        raise Unreadable("too long")
    parser = Parser()
    try:
        is_right = parser.parse(text)
    except Exception as error:  # whatever a strange script does to the parser
        raise Unreadable(str(error)) from error
    if not is_right:
        raise Unreadable(parser.error)
    script = Script()
    for command in parser.result:
        if command.name in ("require", "keep"):
            continue
        try:
            script.rules.append(_rule(command, folder_of))
        except Unsayable as reason:
            script.left_out.append(str(reason))
    return script


def _rule(command: Any, folder_of: FolderOf) -> Definition:
    if command.name == "else" and all(child.name == "keep" for child in command.children):
        raise Unsayable("else { keep; }")
    if command.name in ("elsif", "else"):
        raise Unsayable(command.name)
    if command.name != "if":
        return Definition(Match.EVERY, (), (), _actions([command], folder_of))
    match, conditions, exceptions = _tests(command.arguments["test"])
    return Definition(match, conditions, exceptions, _actions(command.children, folder_of))


# --- Tests -------------------------------------------------------------------------------------------------------


def _tests(test: Any) -> tuple[Match, tuple[Condition, ...], tuple[Condition, ...]]:
    parts = _flat("allof", test)
    excepted = [part for part in parts if part.name == "not"]
    wanted = [part for part in parts if part.name not in ("not", "true")]
    exceptions = [
        condition for part in excepted for condition in map(_condition, _flat("anyof", part.arguments["test"]))
    ]
    if not wanted:
        return Match.EVERY, (), tuple(exceptions)
    if len(wanted) == 1 and wanted[0].name == "anyof":
        return Match.ANY, tuple(map(_condition, _flat("anyof", wanted[0]))), tuple(exceptions)
    return Match.ALL, tuple(map(_condition, wanted)), tuple(exceptions)


def _flat(word: str, test: Any, depth: int = 0) -> list[Any]:
    """Return the tests inside nested ``allof`` or ``anyof``; any other test is one by itself."""
    if depth > _MOST_NESTED:
        raise Unsayable(word)
    if test.name != word:
        return [test]
    inner = test.arguments["tests"]
    return [part for each in (inner if isinstance(inner, list) else [inner]) for part in _flat(word, each, depth + 1)]


def _condition(test: Any) -> Condition:
    arguments = test.arguments
    if test.name == "size":
        operator = Operator.LARGER if arguments["comparator"] == ":over" else Operator.SMALLER
        found = re.fullmatch(r"(\d+)([KMG]?)", str(arguments["limit"]).upper())
        if found is None:
            raise Unsayable(test.name)
        return Condition(Subject.SIZE, operator, (str(int(found.group(1)) * _UNITS[found.group(2)]),))
    if test.name == "exists":
        names = _strings(arguments["header-names"])
        if len(names) != 1:
            raise Unsayable(test.name)
        if names[0].lower() == "list-id":
            return Condition(Subject.LIST, Operator.EXISTS)
        return Condition(Subject.HEADER, Operator.EXISTS, (), names[0])
    if test.name not in ("header", "address", "body"):
        raise Unsayable(test.name)
    operator, values = _comparison(test)
    if test.name == "body":
        if operator is not Operator.CONTAINS or arguments.get("body-transform", ":text") not in (":text", ":raw"):
            raise Unsayable(test.name)
        return Condition(Subject.BODY, operator, values)
    names = _strings(arguments.get("header-names") or arguments.get("header-list"))
    subject = _PEOPLE.get(frozenset(name.lower() for name in names))
    if test.name == "address":
        return _address(test, subject, operator, values)
    if subject is not None and operator is Operator.CONTAINS:
        return Condition(subject, operator, values)
    if len(names) != 1:
        raise Unsayable(test.name)
    return _header(names[0], operator, values)


def _header(name: str, operator: Operator, values: tuple[str, ...]) -> Condition:
    lowered = name.lower()
    if lowered == "subject":
        return Condition(Subject.SUBJECT, operator, values)
    if operator is Operator.BEGINS:
        raise Unsayable("header")
    if lowered == "list-id" and operator is Operator.CONTAINS:
        return Condition(Subject.LIST, operator, values)
    if lowered == "importance" and operator is Operator.IS and {each.lower() for each in values} <= {"high", "low"}:
        return Condition(Subject.IMPORTANCE, operator, tuple(each.lower() for each in values))
    return Condition(Subject.HEADER, operator, values, name)


def _address(test: Any, subject: Subject | None, operator: Operator, values: tuple[str, ...]) -> Condition:
    part = test.arguments.get("address-part", ":all")
    if subject is None or operator is Operator.BEGINS:
        raise Unsayable(test.name)
    if part == ":domain" and operator is Operator.IS:
        return Condition(subject, operator, tuple(f"@{value}" for value in values))
    if part != ":all":
        raise Unsayable(test.name)
    return Condition(subject, operator, values)


def _comparison(test: Any) -> tuple[Operator, tuple[str, ...]]:
    arguments = test.arguments
    if test.extra_arguments.get("comparator", '"i;ascii-casemap"') != '"i;ascii-casemap"':
        raise Unsayable(test.name)
    values = tuple(_strings(arguments["key-list"]))
    kind = arguments.get("match-type", ":is")
    if kind == ":is":
        return Operator.IS, values
    if kind == ":contains":
        return Operator.CONTAINS, values
    if kind == ":matches":
        literal = [_literal(value.removesuffix("*").removeprefix("*")) for value in values]
        if all(value.startswith("*") and value.endswith("*") and len(value) > 2 for value in values):
            return Operator.CONTAINS, tuple(literal)
        if all(not value.startswith("*") and value.endswith("*") and len(value) > 1 for value in values):
            return Operator.BEGINS, tuple(literal)
    raise Unsayable(test.name)


def _literal(pattern: str) -> str:
    if re.search(r"(?<!\\)[*?]", pattern):
        raise Unsayable(":matches")
    return re.sub(r"\\(.)", r"\1", pattern)


# --- Actions -----------------------------------------------------------------------------------------------------


def _actions(commands: Iterable[Any], folder_of: FolderOf) -> tuple[Action, ...]:
    actions: list[Action] = []
    sent_on: list[str] = []
    is_kept = is_cancelled = False
    for command in commands:
        arguments = command.arguments
        match command.name:
            case "fileinto":
                named = _strings(arguments["mailbox"])[0]
                folder = folder_of(named)
                if not folder:
                    raise Unsayable(f'fileinto "{named[:60]}"')
                is_copy = "copy" in arguments or any(action.kind is Kind.MOVE for action in actions)
                actions.append(Action(Kind.COPY if is_copy else Kind.MOVE, folder=folder))
            case "redirect":
                sent_on += _strings(arguments["address"])
                is_cancelled = is_cancelled or "copy" not in arguments
            case "addflag" | "setflag":
                actions += map(_flag, _flags(arguments))
            case "discard":
                is_cancelled = True
            case "keep":
                is_kept = True
            case "stop":
                actions.append(Action(Kind.STOP))
            case other:
                raise Unsayable(other)
    if sent_on:
        actions.append(Action(Kind.REDIRECT, addresses=tuple(dict.fromkeys(sent_on))))
    if is_cancelled and not is_kept and not any(action.kind is Kind.MOVE for action in actions):
        actions.append(Action(Kind.DELETE))
    if is_kept:  # in the inbox too: what was moved away becomes a copy
        actions = [Action(Kind.COPY, folder=a.folder) if a.kind is Kind.MOVE else a for a in actions]
    if not actions:
        raise Unsayable("keep")
    return tuple(actions)


def _flags(arguments: dict[str, Any]) -> list[str]:
    if "variable-name" in arguments:
        raise Unsayable("addflag")
    return [flag for text in _strings(arguments["list-of-flags"]) for flag in text.split()]


def _flag(flag: str) -> Action:
    if flag.lower() == "\\seen":
        return Action(Kind.READ)
    if flag.lower() == "\\flagged":
        return Action(Kind.FLAG)
    if flag.startswith(("\\", "$")):
        raise Unsayable(flag)
    return Action(Kind.CATEGORIZE, keyword=flag)


def _strings(value: Any) -> list[str]:
    return [_string(str(each)) for each in (value if isinstance(value, list) else [value])]


def _string(token: str) -> str:
    if token.startswith("text:"):
        lines = token.splitlines()[1:]
        return "\n".join(line[1:] if line.startswith("..") else line for line in lines[: lines.index(".")])
    if len(token) >= 2 and token[0] == token[-1] == '"':
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token
