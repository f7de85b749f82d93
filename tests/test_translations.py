"""French and Russian are complete: every text of the sources is translated, well formed and typographically right."""

import re
from functools import cache
from pathlib import Path

import polib
import pytest

from workmail.operations import messages

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = ("fr", "ru")
LANGUAGES = ("en", *TRANSLATED)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|(?<!{){\w*}(?!})")
TAG = re.compile(r"</?[a-z][^>]*>")
NBSP, NNBSP = "\u00a0", "\u202f"


@cache
def _collected() -> dict[str, list[messages.Message]]:
    return messages.collect(ROOT)


@cache
def _catalogue(language: str, domain: str) -> polib.POFile:
    path = ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    assert path.exists(), f"{path.relative_to(ROOT)} is missing: run make messages"
    return messages.read(path)


def _domains() -> list[str]:
    return [domain for domain, found in _collected().items() if found]


def _entries(language: str) -> list[polib.POEntry]:
    return [entry for domain in _domains() for entry in _catalogue(language, domain) if not entry.obsolete]


def _translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogues_are_what_make_messages_writes(language):
    """Every text of the sources is there, nothing else is, and nobody edited what is made."""
    stale = [
        domain
        for domain, found in _collected().items()
        if not messages.is_current(ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po", found, language)
    ]
    assert stale == [], "run make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_in_all_its_plural_forms(language):
    missing = [entry.msgid for entry in _entries(language) if not all(text.strip() for text in _translations(entry))]
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_fuzzy(language):
    assert [entry.msgid for entry in _entries(language) if entry.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_tags_survive_translation(language):
    problems = []
    for entry in _entries(language):
        # "One message" need not name the number that "%(count)s messages" does.
        allowed = [_marks(entry.msgid), *([_marks(entry.msgid_plural)] if entry.msgid_plural else [])]
        required = allowed[-1:] if entry.msgid_plural and language == "ru" else allowed
        problems += [(entry.msgid, text) for text in _translations(entry) if text and _marks(text) not in required]
    assert problems == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_white_space_around_a_text_survives_translation(language):
    def edges(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    problems = [(e.msgid, t) for e in _entries(language) for t in _translations(e) if t and edges(t) != edges(e.msgid)]
    assert problems == []


def test_english_texts_translate_themselves():
    """The texts in the sources are the English ones; a translation of them would be found by nobody who edits them."""
    assert [entry.msgid for entry in _entries("en") if any(_translations(entry))] == []


def test_french_punctuation_never_begins_a_line():
    """U+202F before ; ! ? and U+00A0 before : and inside « »; an ordinary space would break the line there."""
    assert _faults_of_french_spacing() == []


def test_russian_quotation_marks_are_russian():
    straight = re.compile(r'(?<![=\w])"(?=\w)')
    found = [text for entry in _entries("ru") for text in _translations(entry) if straight.search(TAG.sub("", text))]
    assert found == []


def _marks(text: str) -> tuple[list[str], list[str]]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", ""))), sorted(TAG.findall(text))


def _faults_of_french_spacing() -> list[str]:
    rules = (
        rf"[^\S{NNBSP}][;!?](?!\w)",  # a space, but the wrong one
        rf"[^\S{NBSP}]:(?!\w)",
        rf"«(?!{NBSP})|(?<!{NBSP})»",
        r"[\w)»%][!?](?=\s|$)",  # none at all
        r"[\w)»]:(?=\s|$)",
    )
    found = []
    for entry in _entries("fr"):
        for text in _translations(entry):
            plain = re.sub(r"&\w+;|https?://\S+", "", TAG.sub("", PLACEHOLDER.sub("x", text)))
            found += [f"{text!r} ({rule})" for rule in rules if re.search(rule, plain)]
    return found
