"""Rules as a Sieve script (RFC 5228), as far as Sieve can say them. Pure.

What it cannot say (has an attachment, addressed to me only, forward as a new message) stands there as a comment.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject

Say = Callable[[Definition], str]
_HEADERS: Final = {
    Subject.FROM: ("from", "sender"),
    Subject.TO: ("to",),
    Subject.CC: ("cc",),
    Subject.RECIPIENT: ("to", "cc"),
    Subject.SUBJECT: ("subject",),
    Subject.LIST: ("list-id",),
}


class Unsayable(Exception):
    """Sieve has no word for it."""


def write(rules: Iterable[tuple[Definition, bool]], paths: dict[str, str], say: Say) -> str:
    """Return the script.

    Args:
        rules: In their order, with whether they are on.
        paths: Names of folders as a mail server has them, by the hexadecimal digits of their ids.
        say: The rule as a sentence, for the comment above it.
    """
    blocks, needed = [], set()
    for definition, is_on in rules:
        comment = f"# {' '.join(say(definition).split())}\r\n"
        try:
            words: set[str] = set()
            block = _rule(definition, paths, words)
        except Unsayable:
            blocks.append(f"{comment}# (not in this script: Sieve cannot say it)\r\n")
            continue
        if not is_on:
            block = "".join(f"# {line}\r\n" for line in block.splitlines())
            comment += "# (switched off)\r\n"
        else:
            needed |= words
        blocks.append(comment + block)
    require = f"require {_strings(sorted(needed))};\r\n\r\n" if needed else ""
    return require + "\r\n".join(blocks)


def _rule(definition: Definition, paths: dict[str, str], needed: set[str]) -> str:
    tests = [_test(condition, needed) for condition in definition.conditions]
    if definition.match is Match.EVERY or not tests:
        test = "true"
    else:
        test = f"anyof({', '.join(tests)})" if definition.match is Match.ANY else _joined("allof", tests)
    if definition.exceptions:
        excepted = _joined("anyof", [_test(condition, needed) for condition in definition.exceptions])
        test = f"allof({test}, not {excepted})" if test != "true" else f"not {excepted}"
    # Flags first: they are given to what is filed after them (RFC 5232 §3).
    order = (Kind.READ, Kind.FLAG, Kind.CATEGORIZE, Kind.COPY, Kind.REDIRECT, Kind.FORWARD, Kind.MOVE, Kind.DELETE)
    actions = sorted(
        (action for action in definition.actions if action.kind is not Kind.STOP),
        key=lambda action: order.index(action.kind),
    )
    lines = [line for action in actions for line in _action(action, paths, needed)]
    if definition.of_kind(Kind.STOP):
        lines.append("stop;")
    body = "".join(f"    {line}\r\n" for line in lines)
    return f"if {test} {{\r\n{body}}}\r\n"


def _joined(word: str, tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"{word}({', '.join(tests)})"


def _test(condition: Condition, needed: set[str]) -> str:
    subject, operator, values = condition.subject, condition.operator, condition.values
    if subject is Subject.SIZE:
        return f"size :{'over' if operator is Operator.LARGER else 'under'} {values[0]}"
    if subject is Subject.BODY:
        needed.add("body")
        return f"body :text :contains {_strings(values)}"
    if subject is Subject.IMPORTANCE:
        if "normal" in values:
            raise Unsayable
        return f'header :is "Importance" {_strings(values)}'
    if subject not in (*_HEADERS, Subject.HEADER):
        raise Unsayable
    names = (condition.header,) if subject is Subject.HEADER else _HEADERS[subject]
    if operator is Operator.EXISTS:
        return f"exists {_strings(names)}"
    if operator is Operator.BEGINS:
        return f"header :matches {_strings(names)} {_strings([_literally(value) + '*' for value in values])}"
    if operator is Operator.IS and subject not in (Subject.SUBJECT, Subject.HEADER):
        domains = [value[1:] for value in values if value.startswith("@")]
        whole = [value for value in values if not value.startswith("@")]
        tests = [f"address :is {_strings(names)} {_strings(whole)}"] if whole else []
        tests += [f"address :domain :is {_strings(names)} {_strings(domains)}"] if domains else []
        return _joined("anyof", tests)
    word = "is" if operator is Operator.IS else "contains"
    return f"header :{word} {_strings(names)} {_strings(values)}"


def _action(action: Action, paths: dict[str, str], needed: set[str]) -> list[str]:
    match action.kind:
        case Kind.READ | Kind.FLAG | Kind.CATEGORIZE:
            needed.add("imap4flags")
            flag = {Kind.READ: "\\Seen", Kind.FLAG: "\\Flagged"}.get(action.kind, action.keyword)
            return [f"addflag {_string(flag)};"]
        case Kind.MOVE | Kind.COPY:
            needed.add("fileinto")
            if action.folder not in paths:
                raise Unsayable
            if action.kind is Kind.MOVE:
                return [f"fileinto {_string(paths[action.folder])};"]
            needed.add("copy")
            return [f"fileinto :copy {_string(paths[action.folder])};"]
        case Kind.REDIRECT:
            needed.add("copy")
            return [f"redirect :copy {_string(address)};" for address in action.addresses]
        case Kind.DELETE:
            return ["discard;"]
        case _:
            raise Unsayable


def _literally(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\*?" else character for character in text)


def _string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _strings(texts: Sequence[str]) -> str:
    return _string(texts[0]) if len(texts) == 1 else f"[{', '.join(map(_string, texts))}]"
