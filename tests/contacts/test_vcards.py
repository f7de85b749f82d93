"""Reading and writing vCards: nothing is lost, and nothing hostile takes long or gets through."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.contacts import cards, texts, vcards
from mailapp.contacts.cards import Edit
from mailapp.contacts.vcards import Card, Property

FROM_A_PHONE = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17//EN
N:Martin;Zoé;Anne,Marie;Dr.;
FN:Dr. Zoé Martin
ORG:Quay Freight;Dispatch
EMAIL;TYPE=INTERNET,WORK,pref:zoe@example.org
item1.TEL;TYPE=CELL,VOICE:+33 6 12 34 56 78
item1.X-ABLabel:_$!<Mobile>!$_
item2.ADR;TYPE=HOME:;;3 rue des Lilas\\, bât. B;Lyon;;69003;France
item2.X-ABADR:fr
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
 BBBB
BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-06
X-JABBER;TYPE=HOME:zoe@jabber.test
NOTE:a\\, b\\nnext
X-FOO;X-P="a;b":x;y\\,z
URL;TYPE=HOME:http\\://example.org/?a=1\\,2
CATEGORIES:Friends,Work\\, old
END:VCARD
"""

words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x7f\x85\u2028\u2029"), max_size=40)


def test_both_versions_give_back_what_was_read():
    [card] = vcards.read(FROM_A_PHONE).cards
    for version in ("3.0", "4.0"):
        text = vcards.write(card, version)
        assert vcards.read_one(text) == card, version
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_what_older_versions_say_otherwise_is_understood():
    [card] = vcards.read(FROM_A_PHONE).cards
    assert cards.entries(card, "EMAIL") == [cards.Entry(0, "zoe@example.org", "work", "", True)]
    assert cards.entries(card, "TEL")[0].label == "Mobile"
    assert cards.date_text(card, "BDAY") == "05-06"
    assert cards.text(card, "URL") == "http://example.org/?a=1,2"
    assert cards.text(card, "IMPP") == "xmpp:zoe@jabber.test"
    assert vcards.data_of(card.first("PHOTO").value) == ("image/jpeg", b"\0\0\0\4\x10A")
    assert cards.categories(card) == ["Friends", "Work, old"]
    assert cards.entries(card, "ADR")[0].parts[2] == "3 rue des Lilas, bât. B"
    assert cards.sort_name(card) == "Martin Zoé"


def test_a_card_of_2_1_is_read():
    text = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=D0=BE=D0=B2;"
        "=D0=9F=D1=91=D1=82=D1=80\r\nTEL;WORK;FAX:123\r\n"
        "NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo, and=\r\n three\r\n"
        "ADR;HOME:;;1 Road, left;Town\r\nEND:VCARD\r\n"
    )
    [card] = vcards.read(text).cards
    assert cards.display_name(card) == "Пётр Иванов"
    assert cards.entries(card, "TEL")[0].kind == "fax"
    assert cards.text(card, "NOTE") == "one\ntwo, and three"
    assert cards.entries(card, "ADR")[0].parts[2] == "1 Road, left"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["X-THING", "NOTE", "TITLE", "FN"]),
            words,
            st.dictionaries(st.sampled_from(["X-A", "LANGUAGE", "ALTID"]), st.lists(words, min_size=1, max_size=3)),
            st.sampled_from(["", "item1"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_stands_in_a_card_comes_back(lines):
    card = Card([Property(name, texts.escape(value), params, group) for name, value, params, group in lines])
    if card.first("FN") is None:
        card.properties.append(Property("FN", "x"))
    for version in ("3.0", "4.0"):
        assert vcards.read_one(vcards.write(card, version)) == card


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_reading_never_raises(text):
    vcards.read(text)
    vcards.read(f"BEGIN:VCARD\n{text}\nEND:VCARD")


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCARD\nTEL;A" + "," * 500_000 + '"\nEND:VCARD',
        "BEGIN:VCARD\n" * 50_000,
        "BEGIN:VCARD\nNOTE:" + "x\n " * 200_000 + "\nEND:VCARD",
        "BEGIN:VCARD\n" + "TEL:1\n" * 100_000 + "END:VCARD",
        "BEGIN:VCARD\nX;" + ";".join(["A=b"] * 100_000) + ":c\nEND:VCARD",
        "BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:" + "=\n" * 200_000 + "\nEND:VCARD",
        'BEGIN:VCARD\nX;A="' + "\\" * 500_000 + "\nEND:VCARD",
    ],
    ids=["commas", "recursive", "folded", "many", "parameters", "soft breaks", "unclosed"],
)
def test_a_hostile_card_is_bounded(text):
    began = time.monotonic()
    reading = vcards.read(text)
    assert time.monotonic() - began < 3
    assert sum(len(card.properties) for card in reading.cards) <= vcards.MOST_PROPERTIES + 1


def test_what_was_not_understood_is_said_with_its_line():
    reading = vcards.read("hello\nBEGIN:VCARD\nFN:A\nno colon here\nBEGIN:VCARD\nFN:inner\nEND:VCARD\nEND:VCARD\n")
    assert [cards.display_name(card) for card in reading.cards] == ["A"]
    assert [problem.line for problem in reading.problems] == [1, 4, 5, 6]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_files_are_read_in_the_charsets_that_programs_write(encoding):
    text, is_certain = texts.decode("BEGIN:VCARD\nFN:Zoé Müller\nEND:VCARD\n".encode(encoding))
    assert "FN:Zoé Müller" in text
    assert is_certain == (encoding != "cp1252")


# --- Changing ---------------------------------------------------------------------------------------------------


def test_a_form_that_changes_nothing_changes_nothing():
    card = vcards.read_one(FROM_A_PHONE)
    edited = card.copy()
    for name in cards.KINDS:
        cards.set_entries(
            edited,
            name,
            [
                Edit(
                    entry.at,
                    entry.value,
                    entry.kind,
                    entry.is_preferred,
                    dict(zip(cards.ADDRESS_PARTS, entry.parts, strict=False)),
                )
                for entry in cards.entries(edited, name)
            ],
        )
    for name in ("FN", "TITLE", "NOTE"):
        cards.set_text(edited, name, cards.text(edited, name))
    cards.set_components(edited, "N", {0: "Martin", 1: "Zoé", 2: "Anne, Marie", 3: "Dr.", 4: ""})
    cards.set_list(edited, "CATEGORIES", cards.categories(edited))
    cards.set_date(edited, "BDAY", cards.date_text(edited, "BDAY"))
    assert edited == card


def test_changing_one_thing_keeps_all_others():
    card = vcards.read_one(FROM_A_PHONE)
    edited = card.copy()
    cards.set_entries(edited, "TEL", [Edit(0, "+33 1", "cell"), Edit(None, "+33 2", "work", True)])
    changed = [(old, new) for old, new in zip(card.properties, edited.properties, strict=False) if old != new]
    assert [property.value for property in edited.all("TEL")] == ["+33 1", "+33 2"]
    assert edited.all("TEL")[0].types == ["cell", "voice"]
    assert edited.all("TEL")[0].group == "item1"
    assert len(changed) >= 1
    untouched = [each for each in card.properties if each.name != "TEL"]
    assert [each for each in edited.properties if each.name != "TEL"] == untouched


def test_what_is_emptied_goes_with_its_label():
    card = vcards.read_one(FROM_A_PHONE)
    cards.set_entries(card, "TEL", [Edit(0)])
    assert not card.all("TEL")
    assert not card.all("X-ABLABEL")


@pytest.mark.parametrize(
    "typed, value",
    [("1985-04-12", "19850412"), ("04-12", "--0412"), ("2-29", "--0229"), ("2023-02-29", None), ("x", None)],
)
def test_dates_are_typed_with_or_without_their_year(typed, value):
    assert cards.date_value(typed) == value
