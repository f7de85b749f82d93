"""Plain text to HTML and back, quotes, previews."""

# ruff: noqa: E501  (texts, one example to a line)

import time

import pytest
from hypothesis import strategies as st

from mailapp.mime.html_text import html_to_preview, html_to_text, to_preview
from mailapp.mime.plain_text import text_to_html
from mailapp.mime.quoting import split_quoted, unflow
from mailapp.mime.render import render
from tests.mime.inertness import problems
from tests.mime.laws import law

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    "text, html",
    [
        ("a < b & c", "a &lt; b &amp; c\n"),
        ("two  blanks\n\n\tand a tab", "two  blanks\n\n\tand a tab\n"),
        (
            "> one\n>> two\nthree",
            '<blockquote class="q1">one\n<blockquote class="q2">two\n</blockquote></blockquote>three\n',
        ),
        ("x\n-- \nAlice", 'x\n<div class="sig">-- \nAlice\n</div>'),
        ("x\n-- \nAlice\n> old", 'x\n<div class="sig">-- \nAlice\n</div><blockquote class="q1">old\n</blockquote>'),
        (
            "see https://x.example/a(b)?c=d&e.",
            f'see <a href="https://x.example/a(b)?c=d&amp;e" {LINK}>https://x.example/a(b)?c=d&amp;e</a>.\n',
        ),
        ("(www.x.example)", f'(<a href="https://www.x.example" {LINK}>www.x.example</a>)\n'),
        ("<https://x.example/>", f'&lt;<a href="https://x.example/" {LINK}>https://x.example/</a>&gt;\n'),
        ("to a.b@x.example!", f'to <a href="mailto:a.b@x.example" {LINK}>a.b@x.example</a>!\n'),
        ("javascript:alert(1) file:///x data:x", "javascript:alert(1) file:///x data:x\n"),
        ("left\u202eright", "leftright\n"),
    ],
)
def test_text_is_shown_as_it_was_meant(text, html):
    assert text_to_html(text) == html


def test_flowing_lines_are_joined():
    assert unflow("one \ntwo\n> a \n> b\n>> c \nd") == "one two\n> a b\n> > c\nd"
    assert unflow("-- \nAlice") == "-- \nAlice"
    assert unflow(" stuffed\n>  quoted") == "stuffed\n>  quoted"
    assert text_to_html("one \ntwo", flowed=True) == "one two\n"


@law(st.text(st.sampled_from("a>- \n<&\"'@.:/w\u202e\0") | st.characters(), max_size=200))
def test_any_text_is_shown_inertly(text):
    assert problems(text_to_html(text)) == []
    assert problems(text_to_html(text, flowed=True, delsp=True)) == []


@pytest.mark.parametrize(
    "html, text",
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ('<a href="https://x.example/a">here</a>', "here (https://x.example/a)"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@x.example">write</a>', "write (a@x.example)"),
        ('<a href="javascript:x">here</a>', "here"),
        ("<ul><li>a<li>b<ol><li>c<li>d</ol></ul>", "* a\n* b\n  1. c\n  2. d"),
        ("<ol start=3><li>a</ol>", "3. a"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<script>x</script><style>y</style><title>z</title>b", "ab"),
        ('a<span style="display:none">hidden</span><div hidden>too</div>b', "ab"),
        ("a<!-- c -->b&nbsp;c&copy;", "ab\xa0c©"),
        ("<img alt='Logo' src=x> text", "[Logo] text"),
        ("a\u200b\u00adb", "ab"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
        ("one<div>two<div>three</div></div>", "one\ntwo\nthree"),
        ("<hr>", "-" * 20),
        ("", ""),
    ],
)  # fmt: skip
def test_html_is_read_as_text(html, text):
    assert html_to_text(html) == text


def test_previews_begin_with_what_newsletters_hide_for_them():
    html = '<div style="display:none">Only today: &#847;&zwnj;&nbsp;&#847;&zwnj;</div><p>Dear reader, <b>hello</b></p><blockquote>old</blockquote>'
    assert html_to_preview(html) == "Only today: Dear reader, hello"
    assert to_preview("> quoted\nfresh\u200b  words\nand more") == "fresh words and more"
    assert len(to_preview("word " * 100)) <= 200
    assert to_preview("word " * 100).endswith("word…")


@pytest.mark.parametrize(
    "name, fresh",
    [
        ("plain-answer", "Thank you!"),
        ("plain-answer-french", "Merci !"),
        ("plain-answer-russian", "Спасибо!"),
        ("plain-outlook", "Thank you!"),
    ],
)
def test_the_quoted_text_is_apart(message, name, fresh):
    view = render(message(f"conversation/{name}.eml"))
    assert view.text_html == f"{fresh}\n"
    assert "Good morning" in view.quoted_text_html


def test_answers_between_the_lines_stay_whole(message):
    assert render(message("conversation/plain-between.eml")).quoted_text_html == ""
    assert split_quoted("> only a quote") == ("> only a quote", "")
    assert split_quoted("") == ("", "")


@law(st.text(st.sampled_from("a>:\n -") | st.characters(), max_size=200))
def test_splitting_loses_nothing(text):
    fresh, quoted = split_quoted(text)
    assert (fresh + quoted).split() == text.split()


def test_hostile_text_takes_no_longer_than_long_text():
    began = time.process_time()
    texts = (
        *(
            ">" * 500_000,
            "> " * 200_000,
            "a@" * 200_000,
            "www." * 100_000,
            "http://" * 60_000,
            "https://x" + ")" * 200_000,
        ),
        *(
            "On a wrote:\n" * 30_000,
            "From: a\n" * 40_000,
            ("x" * 300 + ":\n") * 2_000,
            "a.b." * 100_000,
            "\n" * 200_000,
        ),
    )
    for text in texts:
        text_to_html(text)
        split_quoted(text)
        unflow(text)
        to_preview(text)
    assert time.process_time() - began < 40
