"""Contacts as tables: what Google and Outlook write as CSV, in English, French and Russian. Pure.

A column is *meant* as a target: a property and its part, ``EMAIL.2.value`` or ``N.given_name``. What no target is known
for goes into the note with its heading, unless the person decides otherwise: nothing gets lost silently.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailapp.contacts import cards, texts
from mailapp.contacts.cards import ADDRESS_PARTS, NAME_PARTS, Edit
from mailapp.contacts.vcards import Card, Property

MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 300
_LONGEST_CELL: Final = 20_000
SKIP, NOTE = "skip", "note"
BETWEEN_VALUES: Final = " ::: "  # Google puts several values into one cell so

# What a person may choose for a column whose heading says nothing to us.
TARGETS: Final = (
    *("N.given_name", "N.family_name", "N.additional_names", "N.prefix", "N.suffix", "FN", "NICKNAME"),
    *("ORG.0", "ORG.1", "TITLE", "EMAIL..value", "EMAIL.work.value", "EMAIL.home.value"),
    *("TEL..value", "TEL.work.value", "TEL.home.value", "TEL.cell.value", "TEL.fax.value"),
    *("ADR.work.street", "ADR.work.locality", "ADR.work.region", "ADR.work.code", "ADR.work.country"),
    *("ADR.home.street", "ADR.home.locality", "ADR.home.region", "ADR.home.code", "ADR.home.country"),
    *("URL..value", "BDAY", "ANNIVERSARY", "CATEGORIES"),
)

_PLAIN: Final = {
    "N.given_name": ("first name", "given name", "prénom", "имя"),
    "N.additional_names": ("middle name", "additional name", "deuxième prénom", "отчество"),
    "N.family_name": ("last name", "family name", "nom", "фамилия"),
    "N.prefix": ("name prefix", "title", "titre", "обращение"),
    "N.suffix": ("name suffix", "suffix", "suffixe", "суффикс"),
    "FN": ("name", "display name", "full name", "file as", "nom complet", "nom d'affichage", "полное имя"),
    "NICKNAME": ("nickname", "surnom", "псевдоним"),
    "ORG.0": ("organization name", "organization 1 - name", "company", "société", "организация"),
    "ORG.1": ("organization department", "organization 1 - department", "department", "service", "отдел"),
    "TITLE": ("organization title", "organization 1 - title", "job title", "fonction", "должность"),
    "BDAY": ("birthday", "anniversaire", "день рождения"),
    "ANNIVERSARY": ("anniversary", "anniversaire de mariage", "годовщина"),
    "CATEGORIES": ("categories", "labels", "group membership", "catégories", "категории"),
    "NOTE": ("notes", "note", "remarques", "заметки"),
    "URL..value": ("web page", "personal web page", "page web", "веб-страница"),
    "EMAIL.1.value": ("e-mail address", "e-mail", "email", "email address", "adresse de messagerie", "адрес эл. почты"),
    "EMAIL.2.value": ("e-mail 2 address", "adresse de messagerie 2", "адрес 2 эл. почты"),
    "EMAIL.3.value": ("e-mail 3 address", "adresse de messagerie 3", "адрес 3 эл. почты"),
    "TEL.cell.value": ("mobile phone", "tél. mobile", "телефон переносной"),
    "TEL.home.value": ("home phone", "téléphone (domicile)", "домашний телефон"),
    "TEL.home2.value": ("home phone 2", "téléphone 2 (domicile)", "телефон дом. 2"),
    "TEL.work.value": ("business phone", "téléphone (bureau)", "рабочий телефон"),
    "TEL.work2.value": ("business phone 2", "téléphone 2 (bureau)", "телефон раб. 2"),
    "TEL.fax.value": ("business fax", "télécopie (bureau)", "рабочий факс"),
    "TEL.pager.value": ("pager", "récepteur de radiomessagerie", "пейджер"),
    "TEL..value": ("primary phone", "phone", "téléphone", "телефон", "other phone", "autre téléphone"),
    "RELATED.spouse.value": ("spouse", "conjoint(e)", "супруг(а)"),
    "RELATED.agent.value": ("assistant's name", "nom de l'assistant(e)", "имя помощника"),
}
_ADDRESS_WORDS: Final = {
    "business": "work",
    "home": "home",
    "other": "",
    "(bureau)": "work",
    "(domicile)": "home",
}
_ADDRESS_COLUMNS: Final = {
    "street": "street",
    "city": "locality",
    "state": "region",
    "postal code": "code",
    "country/region": "country",
    "country": "country",
    "address po box": "box",
    "po box": "box",
    "rue": "street",
    "ville": "locality",
    "code postal": "code",
    "pays/région": "country",
}
_GOOGLE = re.compile(r"(e-mail|phone|website|im|relation|event|custom field) (\d+) - (label|type|value|service)\Z")
_GOOGLE_ADDRESS = re.compile(
    r"address (\d+) - (label|type|formatted|street|city|po box|region|postal code|country|extended address)\Z"
)
_GOOGLE_NAMES: Final = {
    "e-mail": "EMAIL",
    "phone": "TEL",
    "website": "URL",
    "im": "IMPP",
    "relation": "RELATED",
    "event": "EVENT",
    "custom field": "CUSTOM",
}
_GOOGLE_PARTS: Final = {
    "street": "street",
    "city": "locality",
    "po box": "box",
    "region": "region",
    "postal code": "code",
    "country": "country",
    "extended address": "extended",
    "formatted": "formatted",
    "label": "label",
    "type": "label",
}
# What a spreadsheet takes for a formula: it begins so, and is not just a number.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().,/-]*\Z)")
_KIND_WORDS: Final = {"work": "work", "home": "home", "mobile": "cell", "cell": "cell", "pager": "pager"}
_BY_HEADING: Final = {heading: target for target, headings in _PLAIN.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of cells. ``broken`` are the numbers of lines that have more cells than there are headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    broken: tuple[int, ...] = ()
    has_more: bool = False


def read(text: str) -> Table | None:
    """Return the table, or None when the text is none."""
    text = text.lstrip("\ufeff")
    if text[:5].lower().startswith("sep="):
        text = text.partition("\n")[2]
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    if not first.strip() or first.count(delimiter) < 1:
        return None
    rows: list[tuple[str, ...]] = []
    broken: list[int] = []
    headings: tuple[str, ...] = ()
    has_more = False
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if not headings:
                headings = tuple(cell.strip()[:200] for cell in cells[:MOST_COLUMNS])
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) >= MOST_ROWS:
                has_more = True
                break
            if len(cells) > len(headings):
                broken.append(reader.line_num)
            rows.append(tuple(cell[:_LONGEST_CELL] for cell in cells[: len(headings)]))
    except csv.Error:
        broken.append(reader.line_num)
    return Table(headings, tuple(rows), tuple(broken[:100]), has_more)


def guess(headings: Sequence[str]) -> list[str]:
    """Return what each column is probably meant as; ``NOTE`` where nothing is known."""
    return [_guess(heading) for heading in headings]


def _guess(heading: str) -> str:
    name = " ".join(heading.lower().split())
    if name in _BY_HEADING:
        return _BY_HEADING[name]
    if match := _GOOGLE.match(name):
        part = "label" if match[3] in ("label", "type") else match[3]
        return f"{_GOOGLE_NAMES[match[1]]}.{match[2]}.{part}"
    if match := _GOOGLE_ADDRESS.match(name):
        return f"ADR.{match[1]}.{_GOOGLE_PARTS[match[2]]}"
    for words, kind in _ADDRESS_WORDS.items():
        rest = name.removeprefix(f"{words} ") if not words.startswith("(") else name.removesuffix(f" {words}")
        if rest != name and rest in _ADDRESS_COLUMNS:
            return f"ADR.{kind}.{_ADDRESS_COLUMNS[rest]}"
    return NOTE


@dataclass(slots=True)
class _Row:
    """What the cells of a row say, by property and number."""

    plain: dict[str, str] = field(default_factory=dict)
    several: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def card_of(headings: Sequence[str], targets: Sequence[str], cells: Sequence[str]) -> Card | None:
    """Return the card a row says, or None for a row that says nothing."""
    row = _Row()
    for heading, target, cell in zip(headings, targets, cells, strict=False):
        value = _as_written(cell.strip())
        if not value or target == SKIP:
            continue
        name, _dot, rest = target.partition(".")
        if target == NOTE:
            row.notes.append(f"{heading}: {value}")
        elif "." in rest:
            number, _dot, part = rest.partition(".")
            entry = row.several.setdefault((name, number), {})
            entry[part] = f"{entry[part]}{BETWEEN_VALUES}{value}" if part in entry else value
        elif target in row.plain:
            row.notes.append(f"{heading}: {value}")
        else:
            row.plain[target] = value
    card = Card()
    _put_plain(card, row)
    for (name, number), entry in row.several.items():
        _put_entry(card, row, name, number, entry)
    cards.set_text(card, "NOTE", "\n".join(filter(None, (row.plain.get("NOTE", ""), *row.notes))))
    if not card.properties:
        return None
    if not cards.text(card, "FN"):
        cards.set_text(card, "FN", cards.display_name(card))
    return card


def _put_plain(card: Card, row: _Row) -> None:
    plain = row.plain
    parts = {at: plain.get(f"N.{part}", "") for part, at in NAME_PARTS.items()}
    if any(parts.values()):
        cards.set_components(card, "N", parts)
    cards.set_text(card, "FN", plain.get("FN", "") or cards.text(card, "N"))
    for name in ("NICKNAME", "TITLE"):
        cards.set_text(card, name, plain.get(name, ""))
    cards.set_components(card, "ORG", {0: plain.get("ORG.0", ""), 1: plain.get("ORG.1", "")})
    categories = re.split(r" ::: |;|,", plain.get("CATEGORIES", ""))
    cards.set_list(
        card, "CATEGORIES", [text for text in map(str.strip, categories) if text and not text.startswith("* ")]
    )
    for name in ("BDAY", "ANNIVERSARY"):
        _put_date(card, row, name, plain.get(name, ""))


def _put_date(card: Card, row: _Row, name: str, value: str) -> None:
    value = value.strip()
    if not value or value in ("0/0/00", "00/00/0000"):  # what Outlook writes for none
        return
    typed = value.removeprefix("--") if re.match(r"--\d\d-\d\d\Z", value) else value
    if match := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z", value):  # month first, as both programs write in English
        typed = f"{match[3]}-{match[1]}-{match[2]}"
    elif match := re.match(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z", value):
        typed = f"{match[3]}-{match[2]}-{match[1]}"
    if cards.date_value(typed) is None:
        row.notes.append(f"{name}: {value}")
    else:
        cards.set_date(card, name, typed)


def _put_entry(card: Card, row: _Row, name: str, number: str, entry: dict[str, str]) -> None:
    label = entry.get("label", "").removeprefix("* ").strip()
    kind = _kind(name, label) or _kind(name, number)
    preferred = entry.get("label", "").startswith("* ")
    if name == "ADR":
        parts = {part: entry.get(part, "") for part in ADDRESS_PARTS}
        if not any(parts.values()):
            parts["street"] = entry.get("formatted", "")
        _add(card, name, Edit(None, "", kind, preferred, parts), label)
        return
    for value in filter(None, map(str.strip, entry.get("value", "").split(BETWEEN_VALUES))):
        if name == "EVENT":
            wanted = {"anniversary": "ANNIVERSARY", "birthday": "BDAY"}.get(label.lower(), "")
            if wanted:
                _put_date(card, row, wanted, value)
            else:
                row.notes.append(f"{label}: {value}")
        elif name == "CUSTOM":
            row.notes.append(f"{label}: {value}" if label else value)
        elif name == "IMPP":
            service = re.sub(r"[^a-z]", "", entry.get("service", "").lower())
            _add(card, name, Edit(None, value if ":" in value or not service else f"{service}:{value}", kind), label)
        else:
            _add(card, name, Edit(None, value, kind, preferred), label)


def _add(card: Card, name: str, edit: Edit, label: str) -> None:
    if edit.is_empty:
        return
    cards.set_entries(card, name, [edit])
    if label and not edit.kind and label.lower() not in ("other", "obsolete"):
        added = card.all(name)[-1]
        added.group = f"item{len(card.properties)}"
        card.properties.append(Property("X-ABLABEL", texts.escape(label), {}, added.group))


def _kind(name: str, label: str) -> str:
    word = label.lower().rstrip("0123456789")
    if name == "TEL" and "fax" in word:
        return "fax"
    found = _KIND_WORDS.get(word, word)
    return found if found in cards.KINDS.get(name, ()) else ""


# --- Writing -------------------------------------------------------------------------------------------------------

_OUTLOOK_PHONES: Final = {
    "work": "Business Phone",
    "home": "Home Phone",
    "cell": "Mobile Phone",
    "fax": "Business Fax",
    "pager": "Pager",
}
_OUTLOOK_PARTS: Final = {
    "street": "Street",
    "locality": "City",
    "region": "State",
    "code": "Postal Code",
    "country": "Country/Region",
}
_GOOGLE_KINDS: Final = {"cell": "Mobile", "work": "Work", "home": "Home", "fax": "Fax", "pager": "Pager", "": "Other"}


def write_google(every: Iterable[Card]) -> str:
    """Return the table that Google Contacts reads."""
    return _table([_google_row(card) for card in every], ("First Name", "Middle Name", "Last Name"))


def write_outlook(every: Iterable[Card]) -> str:
    """Return the table that Outlook reads: three addresses, one number of each kind; more goes into the notes."""
    return _table([_outlook_row(card) for card in every], ("First Name", "Middle Name", "Last Name"))


def _table(rows: list[dict[str, str]], first: Sequence[str]) -> str:
    headings = list(dict.fromkeys([*first, *(heading for row in rows for heading in row)]))
    written = io.StringIO()
    writer = csv.DictWriter(written, headings, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({heading: _harmless(value) for heading, value in row.items()} for row in rows)
    return written.getvalue()


def _harmless(value: str) -> str:
    """Keep a spreadsheet from calculating what somebody has put into a card; a telephone number is none."""
    return f"'{value}" if _FORMULA.match(value) else value


def _as_written(cell: str) -> str:
    """Return the cell without the mark that ``_harmless`` put in front."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell


def _common(card: Card, prefix: str, suffix: str, organization: Sequence[str]) -> dict[str, str]:
    name, organized = card.first("N"), card.first("ORG")
    parts = {part: texts.component(name.value, at) if name else "" for part, at in NAME_PARTS.items()}
    if not any(parts.values()):
        parts["given_name"] = cards.display_name(card)
    company, department, title = organization
    return {
        "First Name": parts["given_name"],
        "Middle Name": parts["additional_names"],
        "Last Name": parts["family_name"],
        prefix: parts["prefix"],
        suffix: parts["suffix"],
        "Nickname": cards.text(card, "NICKNAME"),
        company: texts.component(organized.value, 0) if organized else "",
        department: texts.component(organized.value, 1) if organized else "",
        title: cards.text(card, "TITLE"),
        "Birthday": _written_date(cards.date_text(card, "BDAY")),
        "Notes": "\n".join(cards.readable(each) for each in card.all("NOTE")),
    }


def _written_date(text: str) -> str:
    return f"--{text}" if len(text) == 5 else text


def _google_row(card: Card) -> dict[str, str]:
    row = _common(
        card, "Name Prefix", "Name Suffix", ("Organization Name", "Organization Department", "Organization Title")
    )
    row["File As"] = cards.display_name(card)
    row["Labels"] = BETWEEN_VALUES.join(cards.categories(card))
    for name, heading in (("EMAIL", "E-mail"), ("TEL", "Phone"), ("URL", "Website"), ("RELATED", "Relation")):
        for number, entry in enumerate(cards.preferred_first(cards.entries(card, name)), 1):
            kind = entry.label or _GOOGLE_KINDS.get(entry.kind, entry.kind.capitalize())
            row[f"{heading} {number} - Label"] = f"* {kind}" if entry.is_preferred else kind
            row[f"{heading} {number} - Value"] = entry.value
    for number, entry in enumerate(cards.entries(card, "IMPP"), 1):
        service, _colon, value = entry.value.rpartition(":")
        row[f"IM {number} - Service"], row[f"IM {number} - Value"] = service, value
    for number, entry in enumerate(cards.entries(card, "ADR"), 1):
        row[f"Address {number} - Label"] = entry.label or _GOOGLE_KINDS.get(entry.kind, "")
        for heading, part in _GOOGLE_PARTS.items():
            if part in ADDRESS_PARTS:
                row[f"Address {number} - {heading.title().replace('Po ', 'PO ')}"] = entry.parts[ADDRESS_PARTS[part]]
    if card.first("ANNIVERSARY"):
        row["Event 1 - Label"] = "Anniversary"
        row["Event 1 - Value"] = _written_date(cards.date_text(card, "ANNIVERSARY"))
    return row


def _outlook_row(card: Card) -> dict[str, str]:
    row = _common(card, "Title", "Suffix", ("Company", "Department", "Job Title"))
    row["Categories"] = ";".join(cards.categories(card))
    row["Anniversary"] = _written_date(cards.date_text(card, "ANNIVERSARY"))
    more: list[str] = []
    for number, entry in enumerate(cards.preferred_first(cards.entries(card, "EMAIL")), 1):
        if number <= 3:
            row["E-mail Address" if number == 1 else f"E-mail {number} Address"] = entry.value
        else:
            more.append(entry.value)
    for entry in cards.entries(card, "TEL"):
        kind = _OUTLOOK_PHONES.get(entry.kind, "Other Phone")
        heading = next((each for each in (kind, f"{kind} 2") if not row.get(each)), "")
        if heading and (heading == kind or entry.kind in ("work", "home")):
            row[heading] = entry.value
        else:
            more.append(entry.value)
    used: set[str] = set()
    for entry in cards.entries(card, "ADR"):
        kind = {"work": "Business", "home": "Home"}.get(entry.kind, "Other")
        if kind in used or entry.parts[ADDRESS_PARTS["extended"]]:
            more.append(entry.value)
            continue
        used.add(kind)
        for part, heading in _OUTLOOK_PARTS.items():
            row[f"{kind} {heading}"] = entry.parts[ADDRESS_PARTS[part]]
        if box := entry.parts[ADDRESS_PARTS["box"]]:
            row[f"{kind} Address PO Box"] = box
    pages = [entry.value for entry in cards.entries(card, "URL")]
    if pages:
        row["Web Page"] = pages[0]
    more += pages[1:] + [entry.value for entry in cards.entries(card, "IMPP")]
    for entry in cards.entries(card, "RELATED"):
        if entry.kind == "spouse" and not row.get("Spouse"):
            row["Spouse"] = entry.value
        else:
            more.append(entry.value)
    row["Notes"] = "\n".join(filter(None, (row["Notes"], *more)))
    return row
