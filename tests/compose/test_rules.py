"""Rules without a database: subjects, forgotten attachments, what fields may hold."""

import pytest

from mailapp.composing import checks, subjects
from mailapp.composing.state import Fields, Manner, Origin, dump, load_fields, load_origin


@pytest.mark.parametrize(
    ("subject", "answered", "forwarded"),
    [
        ("Lunch", "Re: Lunch", "Fwd: Lunch"),
        ("Re: Lunch", "Re: Lunch", "Fwd: Re: Lunch"),
        ("RE: re[3]: AW: Lunch", "Re: Lunch", "Fwd: RE: re[3]: AW: Lunch"),
        ("Fwd: Lunch", "Re: Fwd: Lunch", "Fwd: Lunch"),
        ("Ответ: Обед", "Re: Обед", "Fwd: Ответ: Обед"),
        ("TR : Déjeuner", "Re: TR : Déjeuner", "Fwd: Déjeuner"),
        ("", "Re:", "Fwd:"),
        ("Regarding: all", "Re: Regarding: all", "Fwd: Regarding: all"),
    ],
)
def test_an_answer_has_its_prefix_once(subject, answered, forwarded):
    assert subjects.answer(subject) == answered
    assert subjects.forward(subject) == forwarded


@pytest.mark.parametrize(
    "text",
    [
        "See the attached plan.",
        "I attach it.",
        "Veuillez trouver ci-joint le plan.",
        "La pièce jointe suit.",
        "Je vous joins le plan.",
        "План во вложении.",
        "Прилагаю счёт.",
        "файл прикреплён",
    ],
)
def test_speaking_of_an_attachment_is_noticed_in_every_language(text):
    assert checks.mentions_attachment(text)


@pytest.mark.parametrize(
    "text", ["Hello", "I am not that tactful.", "joint venture", "le joint est usé", "положение дел"]
)
def test_other_words_are_not_taken_for_it(text):
    assert not checks.mentions_attachment(text)


@pytest.mark.parametrize(
    ("name", "blocked"),
    [("setup.EXE", True), ("plan.pdf", False), ("evil.js.", True), ("a.b.ps1", True), ("exe", False), ("x.exe ", True)],
)
def test_types_that_run_are_known_by_their_last_extension(name, blocked):
    assert checks.is_blocked(name) is blocked


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\0", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1b"])
def test_no_header_field_keeps_what_ends_a_line(breaker):
    dirty = f"a{breaker}Bcc: evil@example.org"
    fields = Fields(from_address=dirty, to=dirty, cc=dirty, bcc=dirty, subject=dirty).cleaned()
    for text in (fields.from_address, fields.to, fields.cc, fields.bcc, fields.subject):
        assert breaker not in text


def test_recipients_pasted_one_a_line_are_separated():
    assert Fields(to="a@example.org\nb@example.org\r\n\r\nc@example.org,\n").cleaned().to == (
        "a@example.org, b@example.org, c@example.org"
    )


def test_half_surrogates_do_not_survive():
    assert Fields(subject="a\ud800b", text="\udfff").cleaned() == Fields(subject="a\ufffdb", text="\ufffd")


def test_what_is_kept_is_what_was_given():
    fields = Fields(to="a@example.org", html="<p>é</p>", importance="high", requests_receipt=True)
    assert load_fields(dump(fields)) == fields
    origin = Origin(manner=Manner.FORWARD, message_id="<a@b>", references=("<c@d>",), quote_html="<p>")
    assert load_origin(dump(origin)) == origin
