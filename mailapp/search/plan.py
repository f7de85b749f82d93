"""How a query is carried out: what the index answers, what columns answer, what only the message itself can. Pure.

The parts of the topmost conjunction are sorted into these three. What the index cannot say exactly (phrases, words
beside flags in an OR) still narrows what has to be looked at: ``wanted`` may be wider than the query, never narrower.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mailapp.search.terms import (
    ATTACHMENT_TERM,
    All,
    AnyOf,
    Either,
    Expression,
    asked,
    asked_exactly,
    larger_terms,
)
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
    Tree,
    Words,
)
from mailapp.search.words import words

# Most messages are larger than this: the index would only repeat what the column says.
_WORTH_NARROWING_BYTES: Final = 128 * 1024

Truth = Callable[[Leaf, bool], bool]


@dataclass(slots=True)
class Plan:
    """``wanted`` and ``unwanted`` are for the index; ``conditions`` for columns; ``residual`` is tried one by one."""

    wanted: list[Expression] = field(default_factory=list)
    unwanted: list[Expression] = field(default_factory=list)
    conditions: list[Tree] = field(default_factory=list)
    residual: list[Tree] = field(default_factory=list)

    @property
    def narrowing(self) -> Expression | None:
        return None if not self.wanted else self.wanted[0] if len(self.wanted) == 1 else All(tuple(self.wanted))


def plan(tree: Tree | None) -> Plan:
    made = Plan()
    parts = () if tree is None else tree.parts if isinstance(tree, And) else (tree,)
    for part in parts:
        if is_for_index(part):
            made.wanted.append(_required(expression(part)))
        elif isinstance(part, Not) and is_for_index(part.part):
            made.unwanted.append(_required(expression(part.part, positive=False)))
        else:
            if narrowing := _widened(part):
                made.wanted.append(narrowing)
            (made.conditions if is_for_columns(part) else made.residual).append(part)
    if not made.wanted:  # an index is of no help in finding what is not in it
        made.residual.extend(part for part in parts if isinstance(part, Not) and is_for_index(part.part))
        made.unwanted.clear()
    return made


def is_for_index(tree: Tree) -> bool:
    """Say whether the index alone answers exactly. Negations are subtracted, so they have no place inside."""
    match tree:
        case Words() | HasAttachment():
            return True
        case Phrase(text):
            return len(words(text)) == 1
        case And(parts) | Or(parts):
            return all(is_for_index(part) for part in parts)
    return False


def is_for_columns(tree: Tree) -> bool:
    match tree:
        case Is() | Categorized() | In() | Dated() | Aged() | Sized() | HasAttachment():
            return True
        case Not(part):
            return is_for_columns(part)
        case And(parts) | Or(parts):
            return all(is_for_columns(part) for part in parts)
    return False


def expression(tree: Tree, *, positive: bool = True) -> Expression | None:
    """Return what the index is asked for a leaf or a tree of leaves without negation; None for other leaves."""
    match tree:
        case Words(text, field_):
            return asked(text, field_, with_beginnings=positive)
        case Phrase(text, field_):
            return asked_exactly(words(text), field_)
        case HasAttachment():
            return AnyOf(frozenset((ATTACHMENT_TERM,)))
        case And(parts):
            return All(tuple(_required(expression(part, positive=positive)) for part in parts))
        case Or(parts):
            return Either(tuple(_required(expression(part, positive=positive)) for part in parts))
    return None


def _widened(tree: Tree) -> Expression | None:
    """Return what every message that matches has in the index; None when there is nothing such."""
    match tree:
        case Sized(Compare.LARGER, size_bytes) if size_bytes >= _WORTH_NARROWING_BYTES:
            return AnyOf(larger_terms(size_bytes))
        case And(parts):
            found = tuple(narrowing for part in parts if (narrowing := _widened(part)))
            return None if not found else All(found)
        case Or(parts):
            each = tuple(_widened(part) for part in parts)
            return None if None in each else Either(tuple(map(_required, each)))
        case Words() | Phrase() | HasAttachment():
            return expression(tree)
    return None


def holds(tree: Tree, truth: Truth, *, positive: bool = True) -> bool:
    """Evaluate the tree. ``truth(leaf, positive)`` says whether a leaf holds; the costly ones are asked last.

    Words under a negation mean less than elsewhere (``terms.asked``), therefore leaves are told which they are.
    """
    match tree:
        case Not(part):
            return not holds(part, truth, positive=not positive)
        case And(parts):
            return all(holds(part, truth, positive=positive) for part in sorted(parts, key=_cost))
        case Or(parts):
            return any(holds(part, truth, positive=positive) for part in sorted(parts, key=_cost))
    return truth(tree, positive)


def _cost(tree: Tree) -> int:
    match tree:
        case Not(part):
            return _cost(part)
        case And(parts) | Or(parts):
            return max(map(_cost, parts))
    return 1 if isinstance(tree, Phrase) else 0


def _required(found: Expression | None) -> Expression:
    assert found is not None  # a leaf without a word does not get into a tree
    return found
