"""How likely a message is junk, by its words. Pure.

Each word says how likely by itself, pulled towards "do not know" as long as it was seen seldom; the most telling ones
are put together by Fisher's method, once as evidence for junk and once against it (G. Robinson, 2003).
"""

import math
from collections.abc import Iterable
from typing import Final

_STRENGTH: Final = 0.45  # of "do not know", in messages
_UNKNOWN: Final = 0.5
_LEAST_TELLING: Final = 0.1  # distance from a half
_MOST_WORDS: Final = 150
FEWEST_WORDS: Final = 8  # with fewer telling ones nothing is said
JUNK: Final = 0.95


def score(counts: Iterable[tuple[int, int]], junk_count: int, wanted_count: int) -> float:
    """Return a number between 0 (wanted) and 1 (junk); 0.5 where too little is known.

    Args:
        counts: For each known word of the message, in how many junk and wanted messages it stood.
        junk_count, wanted_count: How many messages of each kind were learned.
    """
    if not junk_count or not wanted_count:
        return _UNKNOWN
    likely = [_of_word(junk / junk_count, wanted / wanted_count, junk + wanted) for junk, wanted in counts]
    telling = sorted((p for p in likely if abs(p - 0.5) >= _LEAST_TELLING), key=lambda p: -abs(p - 0.5))[:_MOST_WORDS]
    if len(telling) < FEWEST_WORDS:
        return _UNKNOWN
    against = _chi_square(-2 * sum(math.log(1 - p) for p in telling), len(telling))
    for_junk = _chi_square(-2 * sum(math.log(p) for p in telling), len(telling))
    return (1 + for_junk - against) / 2


def _of_word(in_junk: float, in_wanted: float, seen: int) -> float:
    if not seen:
        return _UNKNOWN
    raw = in_junk / (in_junk + in_wanted) if in_junk + in_wanted else _UNKNOWN
    pulled = (_STRENGTH * _UNKNOWN + seen * raw) / (_STRENGTH + seen)
    return min(0.9999, max(0.0001, pulled))


def _chi_square(value: float, pairs: int) -> float:
    """Return how likely chi-square with ``2 * pairs`` degrees of freedom is at least so large."""
    half = value / 2
    if half > 700:  # exp would be nothing; with so much evidence it is
        return 0.0
    term = total = math.exp(-half)
    for step in range(1, pairs):
        term *= half / step
        total += term
    return min(1.0, total)
