"""What a message is found by: both sides of the agreement, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mime.model import Person
from mailapp.search import terms
from mailapp.search.terms import All, AnyOf, Either, Expression, Field, Searchable, asked, asked_exactly, of_message
from mailapp.search.words import words

CHLOE = Person("Chloé O’Brien", "chloe@mail.example.test")
MESSAGE = Searchable(
    subject="Facture n° INV-2026-001: l’avion",
    from_=(CHLOE,),
    to=(Person("Алиса", "alice@example.test"), Person("", "sales-team@example.org")),
    cc=(Person("Bob Stone", "bob@example.test"),),
    bcc=(Person("", "hidden@example.test"),),
    file_names=("Quarterly_Report.pdf",),
    text="Bonjour, les factures sont dans le dossier pour vous. 東京都庁で会いましょう. "
    "See www.example.com, e-mail eve@example.com.",
    has_attachment=True,
    size_bytes=5_000,
)


def holds(expression: Expression | None, found: set[str]) -> bool:
    match expression:
        case AnyOf(wanted):
            return not wanted.isdisjoint(found)
        case All(parts):
            return all(holds(part, found) for part in parts)
        case Either(parts):
            return any(holds(part, found) for part in parts)
    return False


@pytest.mark.parametrize(
    ("text", "field", "is_found"),
    [
        ("facture", Field.ANYWHERE, True),
        ("FACTURES", Field.ANYWHERE, True),
        ("factures", Field.SUBJECT, True),
        ("dossiers", Field.ANYWHERE, True),
        ("dossiers", Field.SUBJECT, False),
        ("avion", Field.SUBJECT, True),
        ("l'avion", Field.SUBJECT, True),
        ("fact", Field.ANYWHERE, True),  # the beginning of a word of the subject
        ("doss", Field.ANYWHERE, False),  # but not of the text
        ("fa", Field.SUBJECT, False),
        ("chlo", Field.FROM, True),
        ("ch", Field.FROM, True),
        ("chlo", Field.ANYWHERE, True),
        ("chlo", Field.TO, False),
        ("o'brien", Field.FROM, True),
        ("obrien", Field.FROM, True),
        ("brien", Field.FROM, True),
        ("chloe@mail.example.test", Field.FROM, True),
        ("Chloé@MAIL.example.test", Field.FROM, True),
        ("chloe@example.test", Field.FROM, False),
        ("example.test", Field.FROM, True),
        ("example.test", Field.TO, True),
        ("example.org", Field.FROM, False),
        ("алиса", Field.TO, True),
        ("али", Field.TO, True),
        ("sales-team@example.org", Field.TO, True),
        ("sales", Field.TO, True),
        ("bob", Field.TO, True),  # whoever received it
        ("bob", Field.CC, True),
        ("alice", Field.CC, False),
        ("hidden", Field.BCC, True),
        ("hidden", Field.CC, False),
        ("report", Field.FILE_NAME, True),
        ("reports", Field.FILE_NAME, True),
        ("pdf", Field.FILE_NAME, True),
        ("pdf", Field.SUBJECT, False),
        ("inv-2026-001", Field.ANYWHERE, True),
        ("INV-2026", Field.ANYWHERE, True),
        ("inv-2026-002", Field.ANYWHERE, False),
        ("2026", Field.SUBJECT, True),
        ("東京", Field.ANYWHERE, True),
        ("都庁", Field.ANYWHERE, True),
        ("京", Field.ANYWHERE, True),
        ("大阪", Field.ANYWHERE, False),
        ("example.com", Field.ANYWHERE, True),
        ("email", Field.ANYWHERE, True),
        ("e-mail", Field.ANYWHERE, True),
        ("eve@example.com", Field.ANYWHERE, True),
    ],
)
def test_a_message_is_found_by(text: str, field: Field, is_found: bool) -> None:
    assert holds(asked(text, field), set(of_message(MESSAGE))) is is_found


def test_what_is_read_is_the_text_and_the_html_only_where_the_text_says_nothing() -> None:
    long = "A real text. " * 30
    assert terms.searched_text(long, "<p>lighthouse</p>") == long
    assert "lighthouse" in terms.searched_text("This message needs HTML.", "<p>lighthouse</p>")
    assert len(terms.searched_text("x" * 2_000_000, None)) == terms.LONGEST_TEXT


def test_the_tails_of_links_are_not_words() -> None:
    text = terms.searched_text("See https://www.example.org/docs/guide?utm_source=letter#top, or not.", None)
    found = set(of_message(Searchable(text=text)))
    assert {"b:www.example.org", "b:guide", "b:not"} <= found
    assert not {"b:utm", "b:letter", "b:source"} & found


def test_a_negation_does_not_mean_beginnings() -> None:
    found = set(of_message(Searchable(subject="Three articles")))
    assert holds(asked("art", Field.ANYWHERE), found)
    assert not holds(asked("art", Field.ANYWHERE, with_beginnings=False), found)
    assert holds(asked("article", Field.ANYWHERE, with_beginnings=False), found)


def test_quoted_words_are_asked_for_as_they_stand() -> None:
    found = set(of_message(Searchable(text="two reports")))
    assert holds(asked("report", Field.ANYWHERE), found)
    assert not holds(asked_exactly(["report"], Field.ANYWHERE), found)
    assert holds(asked_exactly(["reports"], Field.ANYWHERE), found)


@given(st.text(max_size=80), st.sampled_from(list(Field)))
def test_every_text_finds_the_message_it_stands_in(text: str, field: Field) -> None:
    person = (Person(text, "someone@example.test"),)
    message = Searchable(
        subject=text if field is Field.SUBJECT else "",
        from_=person if field is Field.FROM else (),
        to=person if field is Field.TO else (),
        cc=person if field is Field.CC else (),
        bcc=person if field is Field.BCC else (),
        file_names=(text,) if field is Field.FILE_NAME else (),
        text=text if field is Field.ANYWHERE else "",
    )
    found = set(of_message(message))
    for wanted in (asked(text, field), asked(text, field, with_beginnings=False), asked_exactly(words(text), field)):
        assert wanted is None or holds(wanted, found)
    anywhere = asked(text, Field.ANYWHERE)
    assert anywhere is None or holds(anywhere, found)


def test_terms_are_bounded_and_the_header_comes_first() -> None:
    people = tuple(Person(f"Person Number{n}", f"person.number{n}@host{n}.example.test") for n in range(100))
    message = Searchable(
        subject="Budget", to=people, cc=people, text=" ".join(f"word{n}" for n in range(100_000)), size_bytes=1
    )
    found = of_message(message)
    assert len(found) == len(set(found)) == terms.MOST_TERMS
    assert {"s:budget", "b:word0", "b:word500"} <= set(found)
    assert "b:word99999" not in found


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_size_terms_never_hide_a_message_of_the_right_size(size: int, limit: int) -> None:
    term = terms.size_term(size)
    assert size <= limit or term in terms.larger_terms(limit)
    assert size >= limit or term in terms.smaller_terms(limit)
