"""Text into words, the same way when a message is indexed and when somebody asks for it. Pure.

A word has two forms. ``Word.exact`` is folded: no case, no accents, ``œ`` as ``oe``, ``ё`` as ``е``. Its stems
(``stems``) stand for all its inflections in English, French or Russian, so that "factures" finds "facture". Stemmers
need the accents that folding drops, therefore a word keeps its ``spelling`` as well.

Scripts without spaces between words (Chinese, Japanese, Thai ...) are cut into overlapping pairs of characters.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

import snowballstemmer

LONGEST_WORD: Final = 64  # what is longer is no word but encoded data or a key; it is cut, when asked for too
LONGEST_JOINED: Final = 128
_MOST_JOINED_FORMS: Final = 6


@dataclass(frozen=True, slots=True)
class Word:
    exact: str
    spelling: str


class Kind(Enum):
    """How a unit is asked for."""

    WORD = "one word"
    COMPOUND = "e-mail, Jean-Luc, O'Brien: as one word, or all of its words"
    WHOLE = "2026-11-24, example.org, alice@example.test: only as it stands"
    PAIRS = "a text without spaces: all of its pairs"


@dataclass(frozen=True, slots=True)
class Unit:
    """What stands between two spaces: its words in order, and the other forms under which it is found.

    ``also[0]`` of a compound or a whole is the form to ask for.
    """

    kind: Kind
    words: tuple[Word, ...]
    also: tuple[str, ...] = ()


# --- Folding ---------------------------------------------------------------------------------------------------

# Marks that may be written or left out without making another word: accents (Latin, Greek, Cyrillic), Hebrew and
# Arabic points. The marks of other scripts (vowels of Devanagari or Thai, Japanese voicing) belong to the word.
_OPTIONAL_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_INVISIBLE: Final = (0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F))
_PUNCTUATION: Final = dict.fromkeys([*_INVISIBLE, *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]) | str.maketrans(
    "’ʼ‘‛ʹ′‐‑−", "''''''---"
)
# Letters that no decomposition takes apart.
_LETTERS: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t"}
)


def fold(text: str) -> str:
    """Return the text without case, accents and typographic variety. Folding twice changes nothing more."""
    return _without_accents(normalize(text))


def normalize(text: str) -> str:
    """Return lower case and compatibility forms, accents kept; invisible characters go."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION).casefold()
    return unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)


def _without_accents(normalized: str) -> str:
    if normalized.isascii():
        return normalized
    # й is a letter of its own and carries endings that the Russian stemmer needs; ё is е with optional dots.
    decomposed = unicodedata.normalize("NFKD", normalized).replace("и\u0306", "й").translate(_LETTERS)
    return unicodedata.normalize("NFC", _OPTIONAL_MARKS.sub("", decomposed))


def _word(normalized: str) -> Word:
    return _short_word(normalized[:LONGEST_WORD])


@lru_cache(maxsize=20_000)
def _short_word(spelling: str) -> Word:
    return Word(_without_accents(spelling)[:LONGEST_WORD], spelling)


# --- Cutting ---------------------------------------------------------------------------------------------------

_MARKS: Final = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
_HAS_MARK: Final = re.compile(f"[{_MARKS}]")
# Thai, Lao, Tibetan, Burmese, Khmer, kana, Han, Hangul (has spaces, but its particles stick to the noun).
_UNSPACED: Final = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_HAS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_UNSPACED_OR_NOT: Final = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")


def _pattern(*, has_marks: bool, has_addresses: bool) -> re.Pattern[str]:
    letter = r"[^\W_]"
    letters = rf"{letter}(?:{letter}|[{_MARKS}])*" if has_marks else rf"{letter}+"
    chain = rf"{letters}(?:(?:['&.-]|(?<=\d)[,:/](?=\d)){letters})*"
    if not has_addresses:
        return re.compile(chain)
    # Bounded repetitions, else a text of a million dots would be tried from every dot on.
    atom = rf"[.+_'~%=\w{_MARKS}-]"
    label = rf"[\w{_MARKS}-]"
    address = rf"{letter}{atom}{{0,63}}@(?:{label}{{1,63}}\.){{1,6}}{label}{{2,63}}"
    return re.compile(rf"({address})|{chain}")


_PATTERNS: Final = {
    (has_marks, has_addresses): _pattern(has_marks=has_marks, has_addresses=has_addresses)
    for has_marks in (False, True)
    for has_addresses in (False, True)
}
_SPLIT: Final = re.compile(r"[^\w" + _MARKS + r"]|_")
_JOINS_COMPOUND: Final = re.compile(r"['&-]")
_ELISIONS: Final = frozenset(("l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"))


def units(text: str) -> Iterator[Unit]:
    """Cut a text into its units, lazily: a reader that has enough may stop."""
    text = normalize(text)
    for found in _PATTERNS[bool(_HAS_MARK.search(text)), "@" in text].finditer(text):
        chain = found.group()
        if found.lastindex:
            yield _address(chain)
        elif _HAS_UNSPACED.search(chain):
            yield from _mixed(chain)
        elif chain.isalnum():
            yield Unit(Kind.WORD, (_word(chain),))
        else:
            yield from _joined(chain)


def words(text: str, *, limit: int | None = None) -> list[str]:
    """Return the exact words of a text in order: what phrases are compared by."""
    return list(islice((word.exact for unit in units(text) for word in unit.words), limit))


def address(addr_spec: str) -> Unit:
    """Return the unit of an address that stands alone; unlike in a text, anything may be one."""
    normalized = normalize(addr_spec.strip())
    return _address(normalized) if "@" in normalized else Unit(Kind.WHOLE, _parts(normalized), (fold(normalized),))


def _address(normalized: str) -> Unit:
    whole = _without_accents(normalized)
    local_part, _, domain = whole.rpartition("@")
    labels = domain.split(".")
    domains = [".".join(labels[index:]) for index in range(min(len(labels) - 1, _MOST_JOINED_FORMS))]
    return Unit(Kind.WHOLE, _parts(normalized), _shortened([whole, local_part, *(domains or [domain])]))


def _joined(chain: str) -> Iterator[Unit]:
    """Words held together by an apostrophe, a hyphen, a dot, or inside a number."""
    segments = chain.split("'")
    while len(segments) > 1 and segments[0] in _ELISIONS:  # l'avion, d'accord
        del segments[0]
    if len(segments) > 1 and segments[-1] == "s":  # Mark's
        del segments[-1]
    chain = "'".join(segments)
    parts = _parts(chain)
    if len(parts) == 1 or len(chain) > LONGEST_JOINED:
        for part in parts:
            yield Unit(Kind.WORD, (part,))
    elif any(character.isdigit() for character in chain):
        yield Unit(Kind.WHOLE, parts, _beginnings(_without_accents(chain)))
    elif "." in chain:
        labels = _without_accents(chain).split(".")
        ends = [".".join(labels[index:]) for index in range(min(len(labels) - 1, _MOST_JOINED_FORMS))]
        yield Unit(Kind.WHOLE, parts, _shortened(ends))
    else:
        yield Unit(Kind.COMPOUND, parts, _shortened([_JOINS_COMPOUND.sub("", _without_accents(chain))]))


def _beginnings(chain: str) -> tuple[str, ...]:
    """``inv-2026-001`` is found by ``inv-2026``, too."""
    ends = [found.start() for found in re.finditer(r"[^\w" + _MARKS + "]", chain)][1:_MOST_JOINED_FORMS]
    return _shortened([chain, *(chain[:end] for end in ends)])


def _mixed(chain: str) -> Iterator[Unit]:
    for found in _UNSPACED_OR_NOT.finditer(chain):
        run = found.group()
        if not _HAS_UNSPACED.match(run):
            for part in _parts(run):
                yield Unit(Kind.WORD, (part,))
        elif len(run) == 1:
            yield Unit(Kind.PAIRS, (_word(run),))
        else:
            pairs = tuple(_word(first + second) for first, second in pairwise(run))
            yield Unit(Kind.PAIRS, pairs, tuple(dict.fromkeys(run)))


def _parts(chain: str) -> tuple[Word, ...]:
    return tuple(_word(part) for part in _SPLIT.split(chain) if part)


def _shortened(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form[:LONGEST_JOINED] for form in forms))


# --- Stemming --------------------------------------------------------------------------------------------------

_SHORTEST_INFLECTED: Final = 4
_CYRILLIC: Final = re.compile("[\u0400-\u04ff]")
_LATIN: Final = re.compile("[a-z\u00df-\u024f]")
_ALGORITHMS: Final = {"en": "english", "fr": "french", "ru": "russian"}
_LATIN_LANGUAGES: Final = ("en", "fr")
# The commonest words of one language that are rare in the other.
_ENGLISH: Final = (
    "the and of to is you for that with this are have it was not we your will from at as be our can has if by i would "
    "there been please an or but what my do all any here"
)
_FRENCH: Final = (
    "le la les des de du et est vous pour que qui dans une un nous sur pas ce avec au par votre je il sont cette mais "
    "ou ne se en aux ces son sa mon merci bonjour nos vos etre avez ont elle"
)
_TELLTALE: Final = {"en": frozenset(_ENGLISH.split()), "fr": frozenset(_FRENCH.split())}
_local = threading.local()  # a stemmer works on its own attributes


def guess_languages(sample: Iterable[str]) -> tuple[str, ...]:
    """Return the languages whose stemmers serve a text in Latin letters, told by its commonest exact words.

    Both when neither prevails: a short text, a mixed one, or another language altogether.
    """
    english = french = 0
    for word in sample:
        english += word in _TELLTALE["en"]
        french += word in _TELLTALE["fr"]
    if english >= 3 and english > 4 * french:
        return ("en",)
    if french >= 3 and french > 4 * english:
        return ("fr",)
    return _LATIN_LANGUAGES


def stems(word: Word, languages: tuple[str, ...] = _LATIN_LANGUAGES) -> frozenset[str]:
    """Return the folded stems of a word, at least one; Cyrillic words are taken as Russian whatever ``languages``.

    The accented and the folded spelling are both stemmed, because people leave accents out.
    """
    if len(word.exact) < _SHORTEST_INFLECTED or not word.exact.isalpha():
        return frozenset((word.exact,))
    return _stems(word, languages)


@lru_cache(maxsize=20_000)
def _stems(word: Word, languages: tuple[str, ...]) -> frozenset[str]:
    if _CYRILLIC.search(word.exact):
        languages = ("ru",)
    elif not _LATIN.search(word.exact):
        return frozenset((word.exact,))
    found: set[str] = set()
    for language in languages:
        stemmer = _stemmer(language)
        found.update(
            _without_accents(stemmer.stemWord(form)) or word.exact for form in {word.spelling, word.exact} if form
        )
    return frozenset(found)


def _stemmer(language: str) -> "snowballstemmer.basestemmer.BaseStemmer":
    stemmers = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        stemmers[language] = snowballstemmer.stemmer(_ALGORITHMS[language])
    return stemmers[language]
