"""Words of names and addresses, as they are compared while somebody types. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

# Longer prefixes are not stored: what they would tell apart is looked at in the readable candidates.
LONGEST_PREFIX = 8
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+")


def words(*texts: str) -> list[str]:
    """Return the distinct words without case and accents: ``Zoé O'Neil`` gives zoe, o, neil."""
    found: dict[str, None] = {}
    for text in texts:
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
        found.update(dict.fromkeys(_WORD.findall(plain)))
    return list(found)[:_MOST_WORDS]


def prefixes(of: Iterable[str]) -> set[str]:
    """Return the beginnings by which words are found, each at most ``LONGEST_PREFIX`` letters."""
    return {word[:length] for word in of for length in range(1, min(len(word), LONGEST_PREFIX) + 1)}


def matches(typed: Sequence[str], of: Sequence[str]) -> bool:
    """Tell whether every typed word begins one of the words."""
    return all(any(word.startswith(beginning) for word in of) for beginning in typed)


def closeness(typed: Sequence[str], of: Sequence[str]) -> int:
    """Return how near the first match is to the front: 0 for the first word; what does not match comes last."""
    for position, word in enumerate(of):
        if any(word.startswith(beginning) for beginning in typed):
            return position
    return len(of)
