"""Files of contacts: what was exported comes back equal, and of what others wrote nothing gets lost silently."""

import csv
import io

import pytest

from mailapp.contacts import book as books
from mailapp.contacts import cards, csv_tables, exporting, importing, writing
from mailapp.contacts.exporting import Format
from tests.contacts.conftest import make_card
from workmail.errors import Invalid, LimitExceeded

pytestmark = pytest.mark.django_db
RICH = (
    "N:Martin;Zoé;Anne;Dr.;",
    "NICKNAME:Zo",
    "ORG:Quay Freight;Dispatch",
    "TITLE:Dock lead",
    "EMAIL;TYPE=work;PREF=1:zoe@example.org",
    "EMAIL;TYPE=home:zoe@example.net",
    "TEL;TYPE=cell:+33 6 12 34 56 78",
    "TEL;TYPE=work:+33 1",
    "ADR;TYPE=home:;;1 Road;Town;Region;1234;France",
    "URL:https://example.org/",
    "BDAY:19850412",
    "ANNIVERSARY:20100601",
    "CATEGORIES:Friends,Work",
    "NOTE:one\\ntwo",
)


def imported(book, octets, name="x", targets=()):
    file = importing.receive(book, name, octets)
    return importing.run(book, importing.pending(book, file.id), targets)


def contents(book):
    """What the cards say, without what belongs to the card itself."""
    found = []
    for contact in books.get_several(book, [entry.key for entry in books.entries(book)]):
        found.append(
            sorted(
                (each.name, each.value, str(sorted(each.params.items())))
                for each in contact.card.properties
                if each.name != "REV"
            )
        )
    return sorted(found)


@pytest.mark.parametrize("wanted", [Format.VCARD_3, Format.VCARD_4])
def test_exported_vcards_come_back_equal(open_book, bob, wanted):
    for card in (make_card("Zoé Martin", *RICH, "X-UNKNOWN;A=b:c\\,d"), make_card("Other", "BDAY:--0102")):
        writing.create(open_book(), card)
    from mailapp.contacts import groups

    groups.create(open_book(), "Team", [books.entries(open_book())[0].summary.uid])
    _name, _type, octets = exporting.export(open_book(), wanted)
    report = imported(open_book(bob), octets)
    assert (report.added, report.refused, report.not_understood) == (3, [], [])
    assert contents(open_book(bob)) == contents(open_book())
    again = imported(open_book(bob), octets)
    assert (again.added, again.completed, again.known) == (0, 0, 3)


@pytest.mark.parametrize("wanted", [Format.GOOGLE, Format.OUTLOOK])
def test_exported_tables_bring_back_every_field(open_book, bob, wanted):
    writing.create(open_book(), make_card("Dr. Zoé Anne Martin", *RICH))
    _name, _type, octets = exporting.export(open_book(), wanted)
    report = imported(open_book(bob), octets)
    assert (report.added, report.refused) == (1, [])
    mine, theirs = (books.get(b, books.entries(b)[0].key).card for b in (open_book(), open_book(bob)))
    for name in ("FN", "N", "NICKNAME", "ORG", "TITLE", "BDAY", "ANNIVERSARY", "NOTE"):
        assert cards.text(theirs, name) == cards.text(mine, name), name
    for name in ("EMAIL", "TEL", "ADR", "URL"):
        assert {entry.value for entry in cards.entries(theirs, name)} == {
            entry.value for entry in cards.entries(mine, name)
        }
    assert cards.categories(theirs) == cards.categories(mine)
    assert {entry.kind for entry in cards.entries(theirs, "TEL")} == {"cell", "work"}
    assert imported(open_book(bob), octets).known == 1


@pytest.mark.parametrize("wanted", [Format.GOOGLE, Format.OUTLOOK])
def test_what_a_spreadsheet_would_calculate_is_marked_and_comes_back_unmarked(open_book, bob, wanted):
    formulas = {'=HYPERLINK("https://example.org")', "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3+cmd"}
    for place, formula in enumerate(sorted(formulas)):
        writing.create(open_book(), make_card(f"Person {place}", f"TITLE:{formula}", "TEL;TYPE=work:+33 1 23"))
    _name, _type, octets = exporting.export(open_book(), wanted)
    cells = {cell for row in csv.reader(io.StringIO(octets.decode("utf-8-sig"))) for cell in row}
    assert not cells & formulas
    assert "+33 1 23" in cells
    imported(open_book(bob), octets)
    theirs = books.get_several(open_book(bob), [entry.key for entry in books.entries(open_book(bob))])
    assert {cards.text(each.card, "TITLE") for each in theirs} == formulas


GOOGLE_OLD = (
    "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,"
    "Custom Field 1 - Type,Custom Field 1 - Value,Shoe size\n"
    'Ina Berg,Ina,Berg,* myContacts ::: Choir,* Home,ina@example.org ::: i@example.org,Boat,"+47 1",Locker,12,39\n'
)
OUTLOOK_FR = (
    "Prénom;Nom;Société;Adresse de messagerie;Tél. mobile;Ville (bureau);Rue (bureau)\r\n"
    'Zoé;Müller;Quai;z@example.org;06;Lyon;"1, rue"\r\n'
)
OUTLOOK_RU = "Имя\tФамилия\tАдрес эл. почты\nПётр\tИванов\tpetr@example.org\n"


def test_an_old_table_of_google_is_understood_and_unknown_columns_go_into_the_note(open_book):
    imported(open_book(), GOOGLE_OLD.encode())
    [entry] = books.entries(open_book())
    card = books.get(open_book(), entry.key).card
    assert entry.summary.addresses == ("ina@example.org", "i@example.org")
    assert entry.summary.categories == ("Choir",)
    assert cards.entries(card, "TEL")[0].label == "Boat"
    assert cards.text(card, "NOTE").splitlines() == ["Shoe size: 39", "Locker: 12"] or set(
        cards.text(card, "NOTE").splitlines()
    ) == {"Shoe size: 39", "Locker: 12"}


@pytest.mark.parametrize(
    "octets, name, address",
    [
        (OUTLOOK_FR.encode("cp1252"), "Zoé Müller", "z@example.org"),
        (OUTLOOK_FR.encode("utf-16"), "Zoé Müller", "z@example.org"),
        (OUTLOOK_RU.encode("utf-8-sig"), "Пётр Иванов", "petr@example.org"),
    ],
)
def test_outlook_in_other_languages_and_charsets(open_book, octets, name, address):
    imported(open_book(), octets)
    [entry] = books.entries(open_book())
    assert (entry.summary.name, entry.summary.addresses) == (name, (address,))


def test_the_person_decides_what_a_column_means(open_book):
    text = "Wer,Wo,Secret\nIna Berg,ina@example.org,x\n"
    assert csv_tables.guess(["Wer", "Wo", "Secret"]) == ["note", "note", "note"]
    imported(open_book(), text.encode(), targets=["FN", "EMAIL..value", "skip"])
    [entry] = books.entries(open_book())
    assert (entry.summary.name, entry.summary.addresses) == ("Ina Berg", ("ina@example.org",))
    assert not books.get(open_book(), entry.key).card.all("NOTE")


def test_a_known_contact_gets_what_is_new_and_the_report_says_all(open_book):
    writing.create(open_book(), make_card("A", "UID:urn:x:1", "EMAIL:a@example.org"))
    file = "\n".join(
        [
            *("BEGIN:VCARD", "VERSION:4.0", "FN:A", "UID:urn:x:1", "TEL:1", "END:VCARD"),
            *("BEGIN:VCARD", "VERSION:4.0", "FN:A", "EMAIL:a@example.org", "END:VCARD"),
            *("BEGIN:VCARD", "VERSION:4.0", "X-ONLY:this", "END:VCARD"),
            *("BEGIN:VCARD", "VERSION:4.0", "FN:B", "what is this", "END:VCARD"),
            *("BEGIN:VCARD", "VERSION:4.0", "FN:C", "PHOTO:data:image/png;base64," + "A" * 200_000, "END:VCARD"),
        ]
    )
    report = imported(open_book(), file.encode())
    assert (report.added, report.completed, report.known) == (2, 1, 1)
    assert [what for what, _why in report.refused] == ["this", "C"]
    assert [line for line, _text in report.not_understood] == [19]
    assert books.entries(open_book())[0].summary.phones == ("1",)


def test_what_is_no_file_of_contacts_is_refused_and_too_large_ones_too(open_book, monkeypatch):
    for octets in (b"", b"hello", b"\x89PNG\r\n\0\0\0", b"a,b\n"):
        with pytest.raises(Invalid):
            importing.receive(open_book(), "x", octets)
    monkeypatch.setattr(importing, "LARGEST_FILE", 10)
    with pytest.raises(LimitExceeded):
        importing.receive(open_book(), "x", b"x" * 11)


def test_an_import_can_be_taken_back(open_book):
    report = imported(open_book(), b"BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD")
    [undo_id] = report.undo_ids
    writing.undo(open_book(), undo_id)
    assert books.entries(open_book()) == ()
