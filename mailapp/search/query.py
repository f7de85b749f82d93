"""The query language: text into a tree and back. Pure, and it never refuses: what makes no sense is words.

    from:alice to:bob@example.test subject:report filename:pdf cc: bcc:
    has:attachment  is:unread|read|flagged|answered|draft  in:archive  in:anywhere
    before:2026-11-24 after:24.11.2026 on:2026-11 older_than:1y newer_than:10d larger:5M smaller:100k
    "these words in this order"  -not  NOT this  this OR that  (groups of them)

Conditions side by side must all hold. OR binds its neighbours first, as in other mail systems: ``a b OR c`` is
``a (b OR c)``. Operators have names in all languages of the interface (``operators``).
"""

import re
from dataclasses import dataclass
from typing import Final

from mailapp.search import operators, values
from mailapp.search.problems import Problem
from mailapp.search.terms import Field
from mailapp.search.tree import (
    Aged,
    And,
    Categorized,
    Compare,
    Dated,
    HasAttachment,
    In,
    Is,
    Leaf,
    Not,
    Or,
    Phrase,
    Sized,
    Than,
    Tree,
    When,
    Words,
    both,
    either,
    negated,
)
from mailapp.search.words import fold, units

LONGEST_QUERY: Final = 1_000  # characters
MOST_LEAVES: Final = 50
DEEPEST: Final = 10

_OR: Final = frozenset(("OR", "OU", "ИЛИ", "|", "||"))
_AND: Final = frozenset(("AND", "ET", "И", "&&"))
_NOT: Final = frozenset(("NOT", "SAUF", "НЕ"))
_QUOTES: Final = {'"': '"', "“": "”", "„": "“”", "«": "»"}
_OPERATOR: Final = re.compile(r"([^\W\d_][\w-]*):(.*)", re.DOTALL)
_RUN: Final = re.compile(r'[^\s()"“„«]+')
_MINUS: Final = "-−"
_NEEDS_QUOTES: Final = re.compile(r'[\s():"“„«]|^$')


@dataclass(frozen=True, slots=True)
class Query:
    """``tree`` is None when nothing is asked for."""

    tree: Tree | None = None
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        return self.tree is not None


def parse(text: str) -> Query:
    """Return what the text asks for. Any text has an answer; what could not be understood is among the problems."""
    reader = _Reader(text[:LONGEST_QUERY])
    if len(text) > LONGEST_QUERY:
        reader.problem("too_long", count=str(LONGEST_QUERY))
    tree = reader.conjunction("", 0)
    while reader.position < len(reader.text):  # a closing parenthesis without its partner
        reader.position += 1
        reader.problem("unbalanced_parentheses")
        more = reader.conjunction("", 0)
        tree = both([part for part in (tree, more) if part is not None])
    return Query(tree, tuple(reader.problems))


# --- Reading ---------------------------------------------------------------------------------------------------


class _Reader:
    """Recursive descent over the text. ``operator`` is the one whose parentheses we are in, or empty."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.leaf_count = 0
        self.problems: list[Problem] = []

    def problem(self, code: str, **parameters: str) -> None:
        found = Problem(code, parameters)
        if found not in self.problems:
            self.problems.append(found)

    def conjunction(self, operator: str, depth: int) -> Tree | None:
        """Read up to the closing parenthesis or the end."""
        parts: list[Tree] = []
        alternatives: list[Tree] = []
        joins = False
        while not self._ends():
            word = self._peek_run()
            if word in _OR:
                self.position += len(word)
                joins = bool(alternatives)
                continue
            if word in _AND:
                self.position += len(word)
                joins = False
                continue
            part = self._negatable(operator, depth)
            if part is None:
                continue
            if not joins and (ready := either(alternatives)):
                parts.append(ready)
                alternatives = []
            alternatives.append(part)
            joins = False
        if ready := either(alternatives):
            parts.append(ready)
        return both(parts)

    def _negatable(self, operator: str, depth: int) -> Tree | None:
        negates = False
        while True:
            self._skip_space()
            word = self._peek_run()
            if word in _NOT:
                self.position += len(word)
                negates = not negates
            elif word and word[0] in _MINUS:
                self.position += 1
                # "report - final" does not mean to exclude anything.
                negates = not self.text[self.position : self.position + 1].isspace()
            else:
                break
        if word in _OR or word in _AND:  # "-OR" negates nothing
            return None
        part = self._primary(operator, depth)
        return negated(part) if part is not None and negates else part

    def _primary(self, operator: str, depth: int) -> Tree | None:
        if self._ends():
            return None
        if self.text[self.position] == "(":
            return self._group(operator, depth)
        if self.text[self.position] in _QUOTES:
            return self._leaf(operator, self._quoted(), is_quoted=True)
        run = self._take_run()
        found = _OPERATOR.fullmatch(run)
        name = operators.operator(found.group(1)) if found else None
        if found is None or name is None:
            return self._leaf(operator, run, is_quoted=False)
        if found.group(2):
            return self._leaf(name, found.group(2), is_quoted=False, typed=found.group(1))
        return self._value(name, found.group(1), depth)

    def _value(self, name: str, typed: str, depth: int) -> Tree | None:
        """Read the value that does not touch its operator, such as a phrase or a group; ``from: alice`` is meant."""
        self._skip_space()
        next_character = self.text[self.position : self.position + 1]
        if next_character == "(":
            return self._group(name, depth)
        if next_character in _QUOTES and next_character:
            return self._leaf(name, self._quoted(), is_quoted=True, typed=typed)
        run = self._peek_run()
        following = _OPERATOR.fullmatch(run)
        is_operator = following is not None and operators.operator(following.group(1)) is not None
        if not run or run in _OR | _AND | _NOT or run[0] in _MINUS or is_operator:
            self.problem("missing_value", operator=typed)
            return self._leaf("", typed, is_quoted=False)
        return self._leaf(name, self._take_run(), is_quoted=False, typed=typed)

    def _group(self, operator: str, depth: int) -> Tree | None:
        self.position += 1
        if depth >= DEEPEST:
            self.problem("too_deep")
            return None
        tree = self.conjunction(operator, depth + 1)
        if self.position < len(self.text):
            self.position += 1  # the closing parenthesis
        else:
            self.problem("unbalanced_parentheses")
        return tree

    def _leaf(self, operator: str, text: str, *, is_quoted: bool, typed: str = "") -> Tree | None:
        if self.leaf_count >= MOST_LEAVES:
            self.problem("too_many", count=str(MOST_LEAVES))
            return None
        leaf = _understood(operator, text, is_quoted)
        if leaf is None:
            if not operator:
                return None  # punctuation alone
            self.problem("unknown_value", operator=typed or operator, value=text)
            leaf = _text_leaf(Field.ANYWHERE, text if is_quoted or not typed else f"{typed}:{text}", is_quoted)
        self.leaf_count += leaf is not None
        return leaf

    # --- Characters ---

    def _skip_space(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def _ends(self) -> bool:
        self._skip_space()
        return self.position >= len(self.text) or self.text[self.position] == ")"

    def _peek_run(self) -> str:
        found = _RUN.match(self.text, self.position)
        return found.group() if found else ""

    def _take_run(self) -> str:
        run = self._peek_run()
        self.position += len(run)
        return run

    def _quoted(self) -> str:
        closing = _QUOTES[self.text[self.position]]
        start = self.position + 1
        end = min((at for mark in closing if (at := self.text.find(mark, start)) >= 0), default=-1)
        if end < 0:
            self.problem("unclosed_quote")
            end = len(self.text)
        self.position = min(end + 1, len(self.text))
        return " ".join(self.text[start:end].replace('"', " ").split())


def _understood(operator: str, text: str, is_quoted: bool) -> Leaf | None:
    """Return the condition, or None when the value does not go with the operator."""
    match operator:
        case "":
            return _text_leaf(Field.ANYWHERE, text, is_quoted)
        case "has":
            return HasAttachment() if operators.is_attachment(text) else None
        case "is":
            flag = operators.flag(text)
            return Is(flag) if flag else None
        case "in":
            return In(operators.folder_role(text) or text) if fold(text).strip() else None
        case "category":
            return Categorized(text) if fold(text).strip() else None
        case "before" | "after" | "on":
            date = values.date_value(text)
            return Dated(When(operator), date) if date else None
        case "older_than" | "newer_than":
            age = values.age_value(text)
            return Aged(Than(operator), *age) if age else None
        case "larger" | "smaller":
            size = values.size_value(text)
            return Sized(Compare(operator), size) if size is not None else None
    return _text_leaf(operators.TEXT_OPERATORS[operator], text, is_quoted)


def _text_leaf(field: Field, text: str, is_quoted: bool) -> Leaf | None:
    if next(units(text), None) is None:
        return None
    return Phrase(text, field) if is_quoted else Words(text, field)


# --- Writing ---------------------------------------------------------------------------------------------------


def unparse(query: Query, language: str = "en") -> str:
    """Return a text that parses to the same tree, with the operators' names in the language."""
    return " ".join(tokens(query, language))


def tokens(query: Query, language: str = "en") -> list[str]:
    """Return the query as the tokens a person edits: one for each condition that must hold."""
    if query.tree is None:
        return []
    parts = query.tree.parts if isinstance(query.tree, And) else (query.tree,)
    return [written(part, language) for part in parts]


def written(tree: Tree, language: str) -> str:
    """Return one condition as text."""
    match tree:
        case Not(part):
            inner = written(part, language)
            return f"-({inner})" if isinstance(part, And | Or) else f"-{inner}"
        case Or(parts):
            return " OR ".join(_grouped(part, language) for part in parts)
        case And(parts):
            return " ".join(written(part, language) for part in parts)
        case Words(text, field):
            return _prefix(field, language) + text
        case Phrase(text, field):
            return f'{_prefix(field, language)}"{text}"'
    return _written_condition(tree, language)


def _written_condition(leaf: Leaf, language: str) -> str:
    match leaf:
        case HasAttachment():
            name, value = "has", operators.attachment_name(language)
        case Is(flag):
            name, value = "is", operators.flag_name(flag, language)
        case In(folder):
            name, value = "in", operators.folder_name(folder, language)
        case Categorized(category):
            name, value = "category", category
        case Dated(when, date):
            name, value = when.value, values.shown_date(date, language)
        case Aged(than, count, unit):
            name, value = than.value, values.shown_age(count, unit, language)
        case Sized(compare, size_bytes):
            name, value = compare.value, values.shown_size(size_bytes)
        case _:
            raise TypeError(leaf)
    return f"{operators.operator_name(name, language)}:{_quoted_if_needed(value)}"


def _prefix(field: Field, language: str) -> str:
    if field is Field.ANYWHERE:
        return ""
    return f"{operators.operator_name(operators.OPERATOR_OF_FIELD[field], language)}:"


def _grouped(tree: Tree, language: str) -> str:
    text = written(tree, language)
    return f"({text})" if isinstance(tree, And) else text


def _quoted_if_needed(value: str) -> str:
    return '"' + value.replace('"', "") + '"' if _NEEDS_QUOTES.search(value) else value
