"""The kept view of a message, and what IMAP says about it."""

# ruff: noqa: E501  (structures, one part to a line)

import json
import re

import pytest
from hypothesis import strategies as st

from mailapp.mime import imap, render
from tests.mime.conftest import OWN_MESSAGES, name_of
from tests.mime.inertness import problems
from tests.mime.laws import law


@pytest.mark.parametrize("path", OWN_MESSAGES, ids=name_of)
def test_a_view_survives_being_kept(path):
    view = render.render(path.read_bytes())
    kept = json.loads(json.dumps(render.to_json(view)).encode("utf-8"))
    assert render.from_json(kept) == view
    for html in (view.html, view.quoted_html, view.text_html, view.quoted_text_html):
        assert problems(html) == []
        shown = render.with_addresses(
            html, part=lambda number: f"/part/{number}", remote=lambda place: f"/proxy/{place}"
        )
        for address in re.findall(r'(?<= )src="([^"]*)"', shown):
            assert address.startswith(("/part/", "/proxy/", "data:image/"))


@law(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    tried=20,
)
def test_anything_else_is_no_view(values):
    with pytest.raises(render.OutdatedView):
        render.from_json(values)


def test_a_view_of_another_version_is_rendered_again(message):
    kept = render.to_json(render.render(message("structure/plain.eml")))
    for damaged in (
        {**kept, "version": 0},
        {**kept, "extra": 1},
        {**kept, "attachments": [{}]},
        {"version": render.VERSION},
    ):
        with pytest.raises(render.OutdatedView):
            render.from_json(damaged)


def test_placeholders_become_addresses_in_one_pass(message):
    view = render.render(message("structure/everything.eml"))
    assert '<img alt="Logo" src="part:1.2.2">' in view.html
    assert '<img alt="Logo" src="/m/1.2.2?a=1&amp;b=2">' in render.with_addresses(
        view.html, part=lambda n: f"/m/{n}?a=1&b=2"
    )
    view = render.render(message("security/html-remote.eml"))
    blocked = render.with_addresses(view.html, part=str)
    assert "remote:" not in blocked
    assert '<img data-remote-src="http://track.example/1.gif">' in blocked
    assert "url('data:image/gif;base64," in blocked
    shown = render.with_addresses(view.html, part=str, remote=lambda place: f"/proxy?u={place}")
    assert '<img src="/proxy?u=0" data-remote-src="http://track.example/1.gif">' in shown
    assert "url('/proxy?u=2')" in shown
    assert len(view.remote_urls) == view.remote_count == 6


def test_text_that_looks_like_a_placeholder_stays_text(message):
    view = render.render(message("security/html-placeholder.eml"))
    assert render.with_addresses(view.html, part=lambda _: "X", remote=lambda _: "X") == view.html


def test_a_picture_that_is_no_picture_is_not_shown_inside():
    raw = (
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:a"><iframe src="cid:a">\r\n'
        b"--b\r\nContent-Type: text/html\r\nContent-ID: <a>\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
    )
    view = render.render(raw)
    assert view.html == '<div class="wm-message"><img></div>'


@pytest.mark.parametrize(
    "name, expected",
    [
        ("structure/attachments.eml", [("pdf", "pdf"), ("text", "text"), ("image", "image")]),
        ("structure/message-attached.eml", [("message", "message")]),
        ("structure/winmail-dat.eml", [("pdf", "pdf"), ("text", "text")]),
        ("invitations/whole-day.eml", [("calendar", "")]),
        ("security/smime-enveloped.eml", [("other", "")]),
    ],
)
def test_attachments_have_an_icon_and_a_preview(message, name, expected):
    view = render.render(message(name))
    assert [(one.icon, one.preview) for one in view.attachments] == expected
    assert all(one.can_preview is bool(one.preview) for one in view.attachments)


def test_an_invitation_is_a_card(message):
    view = render.render(message("invitations/request.eml"))
    [card] = view.calendar_cards
    assert (card.number, card.method, card.component, card.uid, card.sequence) == (
        "1.3",
        "REQUEST",
        "VEVENT",
        "1@example.test",
        1,
    )
    assert (card.summary, card.location, card.description) == (
        "Planning the year",
        "Room 4",
        "Bring numbers.\nAll of them.",
    )
    assert (card.dtstart, card.dtend, card.tzid) == (
        "2026-11-10T10:00:00+01:00",
        "2026-11-10T11:30:00+01:00",
        "Europe/Paris",
    )
    assert (card.organizer_name, card.organizer_addr_spec, card.attendees_count) == (
        "Alice Martin",
        "alice@example.test",
        2,
    )
    assert [one.file_name for one in view.attachments] == ["invite.ics"]


def test_other_calendar_parts_are_cards_too(message):
    [day] = render.render(message("invitations/whole-day.eml")).calendar_cards
    assert (day.is_all_day, day.dtstart, day.dtend, day.method) == (True, "2026-12-24", "2026-12-25", "PUBLISH")
    assert render.render(message("invitations/cancel.eml")).calendar_cards[0].method == "CANCEL"
    assert render.render(message("invitations/only-calendar.eml")).calendar_cards[0].summary == "Planning the year"


def test_a_broken_calendar_stays_a_file(message):
    view = render.render(message("invitations/broken-calendar.eml"))
    assert view.calendar_cards == ()
    assert [one.file_name for one in view.attachments] == ["attachment-1.ics"]


def test_messages_inside_are_listed(message):
    view = render.render(message("structure/digest.eml"))
    assert [(one.number, one.subject) for one in view.nested] == [
        ("1", "The inner message"),
        ("2", "The second message"),
    ]


def test_a_bounce_shows_its_details(message):
    view = render.render(message("reports/bounce.eml"))
    assert [(one.addr_spec, one.status) for one in view.bounces] == [("nobody@elsewhere.example", "5.1.1")]
    assert "Final-Recipient" in render.render(message("reports/bounce-without-words.eml")).text_html


def test_a_lists_footer_is_shown_below_its_html(message):
    view = render.render(message("structure/html-with-footer.eml"))
    assert "October" in view.html
    assert 'href="https://lists.example.test/"' in view.html


# --- IMAP ----------------------------------------------------------------------------------------------------------


def test_an_envelope_has_ten_fields(message):
    raw = message("structure/groups.eml")
    message_id = re.search(rb"Message-ID: (\S+)", raw)[1]
    assert imap.envelope(raw) == (
        b'("Tue, 3 Nov 2026 09:15:00 +0100" "Groups of people" (("Alice Martin" NIL "alice" "example.test")) '
        b'(("Alice Martin" NIL "alice" "example.test")) (("Alice Martin" NIL "alice" "example.test")) '
        b'((NIL NIL "bob" "example.test")("Chloe, head of design" NIL "chloe" "example.test")("Dmitri" NIL "dmitri" "example.test")) '
        b'NIL NIL NIL "%s")' % message_id
    )
    assert imap.envelope(b"") == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def test_a_bodystructure_tells_the_whole_tree(message):
    assert imap.bodystructure(message("structure/everything.eml")) == (
        b'((("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 74 5 NIL NIL NIL NIL)'
        b'(("TEXT" "HTML" ("CHARSET" "utf-8") NIL NIL "7BIT" 92 1 NIL NIL NIL NIL)'
        b'("IMAGE" "PNG" ("NAME" "logo.png") "<logo@example.test>" NIL "BASE64" 104 NIL ("INLINE" ("FILENAME" "logo.png")) NIL NIL)'
        b' "RELATED" ("BOUNDARY" "rel" "TYPE" "text/html") NIL NIL NIL) "ALTERNATIVE" ("BOUNDARY" "alt") NIL NIL NIL)'
        b'("APPLICATION" "PDF" ("NAME" "figures.pdf") NIL NIL "BASE64" 268 NIL ("ATTACHMENT" ("FILENAME" "figures.pdf")) NIL NIL)'
        b'("TEXT" "CSV" ("NAME" "figures.csv") NIL NIL "BASE64" 34 1 NIL ("ATTACHMENT" ("FILENAME" "figures.csv")) NIL NIL)'
        b' "MIXED" ("BOUNDARY" "mix") NIL NIL NIL)'
    )


def test_a_message_inside_brings_its_envelope_and_structure(message):
    structure = imap.bodystructure(message("structure/message-attached.eml"))
    assert b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" ' in structure
    assert b'"The inner message" ((NIL NIL "chloe" "example.test"))' in structure
    assert b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 17 1 NIL NIL NIL NIL)' in structure


@pytest.mark.parametrize("path", OWN_MESSAGES, ids=name_of)
def test_what_imap_is_told_is_balanced(path):
    """Parentheses outside of strings and literals match, which is what a client's parser stands on."""
    raw = path.read_bytes()
    for octets in (imap.envelope(raw), imap.bodystructure(raw)):
        depth, position = 0, 0
        while position < len(octets):
            found = re.compile(rb'"(?:[^"\\\r\n]|\\["\\])*"|\{(\d+)\}\r\n|[()]|[^"{()]+').match(octets, position)
            assert found, octets[position : position + 40]
            position = found.end() + int(found[1] or 0)
            depth += (found[0] == b"(") - (found[0] == b")")
            assert depth > 0 or position == len(octets)
        assert depth == 0
