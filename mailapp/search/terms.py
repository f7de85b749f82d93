"""The terms of a message, and the terms that a word of a query may stand for: the two sides of one agreement. Pure.

A term is a short text; the index holds only its keyed number (``MailboxKeys.search_number``). Its first letter is the
field, its second says how the rest is to be read:

    b:factures  a word as it stands (folded)        b  anywhere in the message      t  To, Cc and Bcc
    b~factur    a stem that is not itself a word    s  the subject                  c  Cc
    f^fact      the beginning of a longer word      f  From and Sender              x  Bcc
    =attachment a fact                              n  names of attached files

Beginnings are kept of names and addresses (2 to 8 letters) and of subjects (3 to 8). Two letters are what people type
before they look at the list; a subject's two letters match nearly everything. Eight tell words apart so well that
longer ones would only cost space: a longer beginning is compared by its first eight letters.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final

from mailapp.mime.html_text import html_to_text
from mailapp.mime.model import ParsedMessage, Person
from mailapp.search.words import Kind, Unit, Word, address, guess_languages, stems, units

MOST_TERMS: Final = 4_000  # of one message; subject, people and files come before the text
_MOST_HEADER_TERMS: Final = 2_000  # so that a mail to hundreds of people still has its text found
LONGEST_TEXT: Final = 1_000_000  # characters of a message's text that are looked at
_SHORT_TEXT: Final = 200  # "This message needs HTML"
_LINK_TAIL: Final = re.compile(r"(https?://[^\s<>?#]{1,80})[^\s<>]*", re.IGNORECASE)
MOST_PEOPLE: Final = 100  # of one address field
MOST_FILES: Final = 100
LONGEST_PREFIX: Final = 8
_SHORTEST_PREFIX: Final = {"f": 2, "t": 2, "c": 2, "s": 3}
_LANGUAGE_SAMPLE: Final = 500  # words
ATTACHMENT_TERM: Final = "=attachment"


class Field(Enum):
    """Where a word may be asked for."""

    ANYWHERE = "b"
    SUBJECT = "s"
    FROM = "f"
    TO = "t"
    CC = "c"
    BCC = "x"
    FILE_NAME = "n"

    @property
    def is_people(self) -> bool:
        return self in (Field.FROM, Field.TO, Field.CC, Field.BCC)


@dataclass(frozen=True, slots=True)
class Searchable:
    """What is searched of a message."""

    subject: str = ""
    from_: Sequence[Person] = ()
    to: Sequence[Person] = ()
    cc: Sequence[Person] = ()
    bcc: Sequence[Person] = ()
    file_names: Sequence[str] = ()
    text: str = ""
    has_attachment: bool = False
    size_bytes: int = 0

    @classmethod
    def of(cls, parsed: ParsedMessage, size_bytes: int) -> "Searchable":
        return cls(
            subject=parsed.subject,
            from_=tuple(dict.fromkeys((*parsed.from_[:MOST_PEOPLE], *parsed.sender[:MOST_PEOPLE]))),
            to=parsed.to[:MOST_PEOPLE],
            cc=parsed.cc[:MOST_PEOPLE],
            bcc=parsed.bcc[:MOST_PEOPLE],
            file_names=tuple(part.file_name for part in parsed.attachments[:MOST_FILES] if part.file_name),
            text=searched_text(parsed.text, parsed.html),
            has_attachment=bool(parsed.attachments),
            size_bytes=size_bytes,
        )

    def people(self, field: Field) -> Sequence[Person]:
        if field is Field.FROM:
            return self.from_
        if field is Field.TO:
            return (*self.to, *self.cc, *self.bcc)
        return self.cc if field is Field.CC else self.bcc if field is Field.BCC else ()

    def texts(self, field: Field) -> Iterator[str]:
        """Yield the texts a phrase in ``field`` may stand in."""
        if field in (Field.SUBJECT, Field.ANYWHERE):
            yield self.subject
        if field in (Field.FILE_NAME, Field.ANYWHERE):
            yield from self.file_names
        for person in (*self.from_, *self.people(Field.TO)) if field is Field.ANYWHERE else self.people(field):
            yield person.display_name
            yield person.addr_spec
        if field is Field.ANYWHERE:
            yield self.text


def searched_text(text: str, html: str | None) -> str:
    """Return the text that is looked at; also what the HTML says when the plain text says next to nothing."""
    if html is not None and len(text) < _SHORT_TEXT:
        text = f"{text}\n\n{html_to_text(html)}"
    # The tails of links are codes for machines: in a newsletter they would be most of the words.
    return _LINK_TAIL.sub(r"\1", text[:LONGEST_TEXT])


# --- Of a message ----------------------------------------------------------------------------------------------


def of_message(message: Searchable) -> list[str]:
    """Return the distinct terms of a message, at most ``MOST_TERMS``, the telling ones first."""
    subject = list(units(message.subject))
    languages = guess_languages(islice(_sample(subject, message.text), _LANGUAGE_SAMPLE))
    found: dict[str, None] = {size_term(message.size_bytes): None}
    if message.has_attachment:
        found[ATTACHMENT_TERM] = None
    _add_all(found, _header_terms(message, subject, languages), _MOST_HEADER_TERMS)
    _add_all(found, _text_terms("b", units(message.text), languages), MOST_TERMS)
    return list(found)


def _add_all(found: dict[str, None], terms: Iterable[str], most: int) -> None:
    for term in terms:
        found[term] = None
        if len(found) >= most:
            return


def _sample(subject: Iterable[Unit], text: str) -> Iterator[str]:
    for source in (subject, units(text[: _LANGUAGE_SAMPLE * 20])):
        for unit in source:
            for word in unit.words:
                yield word.exact


def _header_terms(message: Searchable, subject: list[Unit], languages: tuple[str, ...]) -> Iterator[str]:
    for field in ("b", "s"):
        yield from _text_terms(field, subject, languages)
    yield from _beginnings("s", _completable(subject))
    for fields, people in (("f", message.from_), ("t", message.to), ("tc", message.cc), ("tx", message.bcc)):
        for person in people:
            yield from _person_terms(fields, person)
    for name in message.file_names:
        parts = list(units(name))
        for field in ("b", "n"):
            yield from _text_terms(field, parts, languages)


def _text_terms(field: str, source: Iterable[Unit], languages: tuple[str, ...]) -> Iterator[str]:
    exact, stem = f"{field}:", f"{field}~"
    for unit in source:
        for word in unit.words:
            yield exact + word.exact
            if unit.kind is not Kind.PAIRS:
                for found in stems(word, languages):
                    if found != word.exact:
                        yield stem + found
        for form in unit.also:
            yield exact + form


def _person_terms(fields: str, person: Person) -> Iterator[str]:
    name = list(units(person.display_name))
    completable = dict.fromkeys(_completable(name))
    if person.addr_spec:
        whole = address(person.addr_spec)
        completable.update(dict.fromkeys(word.exact for word in whole.words[:-1]))  # nobody types the top-level domain
        name.append(whole)
    forms: dict[str, None] = {}
    for unit in name:
        forms.update(dict.fromkeys(word.exact for word in unit.words))
        forms.update(dict.fromkeys(unit.also))
    for field in ("b", *fields):
        for form in forms:
            yield f"{field}:{form}"
    for field in fields:
        if field in _SHORTEST_PREFIX:
            yield from _beginnings(field, completable)


def _completable(source: Iterable[Unit]) -> Iterator[str]:
    """Yield the words whose beginnings are kept."""
    for unit in source:
        if unit.kind is not Kind.PAIRS:
            for word in unit.words:
                yield word.exact
        if unit.kind is Kind.COMPOUND:
            yield unit.also[0]


def _beginnings(field: str, forms: Iterable[str]) -> Iterator[str]:
    shortest = _SHORTEST_PREFIX[field]
    for form in forms:
        if not form.isdecimal():
            for length in range(shortest, min(len(form), LONGEST_PREFIX + 1)):
                yield f"{field}^{form[:length]}"


# --- Sizes -----------------------------------------------------------------------------------------------------

_SIZE_CLASSES: Final = range(10, 28)  # below 1 KiB, then doubling, up to 64 MiB and more


def _size_class(size_bytes: int) -> int:
    return min(max(size_bytes.bit_length(), _SIZE_CLASSES.start), _SIZE_CLASSES.stop - 1)


def size_term(size_bytes: int) -> str:
    return f"=size {_size_class(size_bytes)}"


def larger_terms(size_bytes: int) -> frozenset[str]:
    """Return terms of which every larger message has one, and some smaller ones may."""
    return frozenset(f"=size {number}" for number in range(_size_class(size_bytes), _SIZE_CLASSES.stop))


def smaller_terms(size_bytes: int) -> frozenset[str]:
    return frozenset(f"=size {number}" for number in range(_SIZE_CLASSES.start, _size_class(size_bytes) + 1))


# --- Of a query ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A message that has one of these terms."""

    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Expression", ...]


Expression = AnyOf | All | Either


def asked(text: str, field: Field, *, with_beginnings: bool = True) -> Expression | None:
    """Return what a message must have to match the words of ``text``; None when there is no word in it.

    Args:
        with_beginnings: The text may also be the beginning of a word in names, addresses and subjects. A negation
            leaves these out: ``-art`` does not hide a message about articles.
    """
    parts = tuple(_asked_unit(unit, field, with_beginnings) for unit in units(text))
    return None if not parts else parts[0] if len(parts) == 1 else All(parts)


def asked_exactly(words: Sequence[str], field: Field) -> Expression | None:
    """Return what a message must have so that the words, as they stand, may follow each other in it."""
    parts = tuple(AnyOf(frozenset((f"{field.value}:{word}",))) for word in dict.fromkeys(words))
    return None if not parts else parts[0] if len(parts) == 1 else All(parts)


def _asked_unit(unit: Unit, field: Field, with_beginnings: bool) -> Expression:
    if unit.kind is Kind.WHOLE:
        return AnyOf(frozenset((f"{field.value}:{unit.also[0]}",)))
    each = tuple(AnyOf(frozenset(_word_forms(word, unit.kind, field, with_beginnings))) for word in unit.words)
    together: Expression = each[0] if len(each) == 1 else All(each)
    if unit.kind is Kind.COMPOUND:
        return Either((AnyOf(frozenset(_forms(unit.also[0], field, with_beginnings))), together))
    return together


def _word_forms(word: Word, kind: Kind, field: Field, with_beginnings: bool) -> Iterator[str]:
    if kind is Kind.PAIRS:
        yield f"{field.value}:{word.exact}"
        return
    yield from _forms(word.exact, field, with_beginnings)
    if not field.is_people:
        for stem in stems(word):
            yield f"{field.value}:{stem}"
            yield f"{field.value}~{stem}"


def _forms(form: str, field: Field, with_beginnings: bool) -> Iterator[str]:
    yield f"{field.value}:{form}"
    if not with_beginnings or form.isdecimal():
        return
    for letter in "sft" if field is Field.ANYWHERE else field.value:
        if len(form) >= _SHORTEST_PREFIX.get(letter, LONGEST_PREFIX + 1):
            yield f"{letter}^{form[:LONGEST_PREFIX]}"
