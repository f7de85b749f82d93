"""Names and domains that look like others: another script, a changed letter, a trusted domain in front. Pure.

What looks alike is the table of confusable characters that Unicode keeps (UTS 39), as ``confusable_homoglyphs`` has
it; it is read when somebody asks first.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import idna
import publicsuffix2

# Shorter names are one letter apart from each other everywhere.
_SHORTEST_NAME: Final = 5
# Mail services of their own whose names are one letter apart; and the names that nobody can have (RFC 2606).
_WELL_KNOWN: Final = frozenset(
    [
        "aol.com",
        "email.com",
        "gmail.com",
        "gmx.com",
        "hotmail.com",
        "mail.com",
        "ymail.com",
        "yahoo.com",
        "example.com",
        "example.net",
        "example.org",
    ]
)


@lru_cache(maxsize=1)
def _plain_letters() -> dict[str, str]:
    """Return for each character that looks like a letter or digit of ASCII that letter."""
    from confusable_homoglyphs.confusables import confusables_data

    table = {}
    for character, alike in confusables_data.items():
        if len(character) == 1 and not character.isascii():
            found = [each["c"] for each in alike if len(each["c"]) == 1 and each["c"].isascii() and each["c"].isalnum()]
            if found:
                table[character] = found[0].lower()
    return {**table, "0": "o", "1": "l", "|": "l"}


@lru_cache(maxsize=4_096)
def skeleton(text: str) -> str:
    """Return a text that is the same for all that look the same to a hurried reader."""
    table = _plain_letters()
    # Capitals first: the Cyrillic В looks like B, the small в like nothing.
    seen = "".join(table.get(character, character) for character in unicodedata.normalize("NFKC", text)).casefold()
    plain = "".join(table.get(character, character) for character in seen)
    # Only now are accents taken off: a letter with one may be a look-alike as a whole.
    bare = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return "".join(table.get(character, character) for character in bare).replace("rn", "m").replace("vv", "w")


def name_skeleton(display_name: str) -> tuple[str, ...]:
    """Return the words of a person's name as they look, in whatever order they are written."""
    words = "".join(character if character.isalnum() else " " for character in display_name)
    return tuple(sorted(skeleton(word) for word in words.split()))


@lru_cache(maxsize=4_096)
def registered(domain: str) -> str:
    """Return the domain somebody registered: ``example.co.uk`` of ``mail.example.co.uk``."""
    domain = domain.rstrip(".").lower()
    try:
        found = publicsuffix2.get_sld(domain, strict=False) or domain
    except (ValueError, UnicodeError):
        return domain
    return found if "." in found else ".".join(domain.split(".")[-2:])  # a top-level domain that the list does not know


def lookalike(domain: str, *, own: Iterable[str] = (), known: Iterable[str] = ()) -> str:
    """Return the domain that this one looks like without being it; an empty string when there is none.

    Args:
        own: Domains of the reader's organization; of them also other endings and additions are noticed.
        known: Domains of people the reader writes to.
    """
    asked = registered(domain)
    trusted = dict.fromkeys(own, True) | {each: False for each in known if each}
    if not asked or asked in _WELL_KNOWN or any(asked == registered(each) for each in trusted):
        return ""
    for each, is_own in trusted.items():
        if _is_like(domain, asked, registered(each), is_own=is_own):
            return each
    return ""


def _is_like(domain: str, asked: str, trusted: str, *, is_own: bool) -> bool:
    if domain.startswith(f"{trusted}.") or f".{trusted}." in domain:
        return True
    name, _, ending = _written(asked).partition(".")
    trusted_name, _, trusted_ending = _written(trusted).partition(".")
    if ending == trusted_ending and skeleton(name) == skeleton(trusted_name):
        return True
    if len(trusted_name) < _SHORTEST_NAME:
        return False
    if ending == trusted_ending and _is_one_step(name, trusted_name):
        return True
    return is_own and (name == trusted_name or trusted_name in name.split("-"))


@lru_cache(maxsize=4_096)
def _written(domain: str) -> str:
    """Return the domain as a reader sees it, not as the DNS does (RFC 5890)."""
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def _is_one_step(first: str, second: str) -> bool:
    """Say whether one letter was changed, added, left out, or exchanged with its neighbour.

    Another number is no trick.
    """
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    rest, other = first[start : len(first) - end], second[start : len(second) - end]
    if (rest + other).isdecimal():
        return False
    return (len(rest) <= 1 and len(other) <= 1) or (len(rest) == 2 and rest == other[::-1])
