"""A contact as its card shows it: every field with its words."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from babel.dates import format_date, format_skeleton
from django.urls import reverse
from django.utils.translation import pgettext

from mailapp.composing import recipients
from mailapp.contacts import cards
from mailapp.contacts.book import OpenContact
from mailapp.contacts.vcards import Card
from mailapp.mime.model import Person
from mailapp.web import search_links
from workmail.ui import formats


@dataclass(frozen=True, slots=True)
class Line:
    """One value on a card, with what it is."""

    label: str
    value: str
    url: str = ""
    is_multiline: bool = False
    is_preferred: bool = False


def kind_labels(name: str) -> dict[str, str]:
    """The kinds of one field, in words."""
    words = {
        "work": pgettext("kind of address or number", "Work"),
        "home": pgettext("kind of address or number", "Home"),
        "cell": pgettext("kind of number", "Mobile"),
        "fax": pgettext("kind of number", "Fax"),
        "pager": pgettext("kind of number", "Pager"),
        "spouse": pgettext("related person", "Spouse"),
        "child": pgettext("related person", "Child"),
        "parent": pgettext("related person", "Parent"),
        "sibling": pgettext("related person", "Sibling"),
        "friend": pgettext("related person", "Friend"),
        "colleague": pgettext("related person", "Colleague"),
        "co-worker": pgettext("related person", "Co-worker"),
        "agent": pgettext("related person", "Assistant"),
        "emergency": pgettext("related person", "In an emergency"),
        "contact": pgettext("related person", "Contact"),
    }
    return {kind: words[kind] for kind in cards.KINDS[name]}


def field_label(name: str) -> str:
    return {
        "EMAIL": pgettext("field of a contact", "Address"),
        "TEL": pgettext("field of a contact", "Phone"),
        "ADR": pgettext("field of a contact", "Postal address"),
        "URL": pgettext("field of a contact", "Web page"),
        "IMPP": pgettext("field of a contact", "Messages"),
        "RELATED": pgettext("field of a contact", "Related person"),
    }[name]


def lines(card: Card) -> list[Line]:
    """Return the ways to reach somebody, then what else one knows."""
    found = [line for name in cards.KINDS if name != "RELATED" for line in _several(card, name)]
    for name, label in (
        ("BDAY", pgettext("field of a contact", "Birthday")),
        ("ANNIVERSARY", pgettext("field of a contact", "Anniversary")),
    ):
        if card.first(name):
            found.append(Line(label, date_words(card, name)))
    found += _several(card, "RELATED")
    found += [
        Line(pgettext("field of a contact", "Note"), cards.readable(each), is_multiline=True)
        for each in card.all("NOTE")
        if each.value
    ]
    return found


def also_known_as(card: Card) -> list[str]:
    """Nicknames and further names."""
    name = cards.display_name(card)
    found = [cards.readable(each) for each in (*card.all("NICKNAME"), *card.all("FN"))]
    return list(dict.fromkeys(text for text in found if text and text != name))


def occupation(card: Card) -> str:
    """Dock lead, Operations, Quay Freight: titles before organizations."""
    return ", ".join(filter(None, (cards.readable(each) for each in card.all("TITLE", "ROLE", "ORG"))))


def date_words(card: Card, name: str) -> str:
    text, locale = cards.date_text(card, name), formats.current_locale()
    try:
        if len(text) == 5:
            return format_skeleton("MMMMd", date(2000, int(text[:2]), int(text[3:])), locale=locale)
        return format_date(date.fromisoformat(text), "long", locale=locale)
    except (ValueError, KeyError):
        return text


def write_url(name: str, addr_spec: str) -> str:
    return f"{reverse('mail:compose')}?to={quote(recipients.write([Person(name, addr_spec)]))}"


def write_to_all_url(people: list[Person]) -> str:
    return f"{reverse('mail:compose')}?to={quote(recipients.write(people))}"


def mail_url(addr_spec: str) -> str:
    """Where the mail from somebody is listed."""
    return search_links.address_of(f"from:{addr_spec}")


def context_of(contact: OpenContact) -> dict[str, Any]:
    card, summary = contact.card, contact.summary
    address = summary.addresses[0] if summary.addresses else ""
    return {
        "contact": contact,
        "name": summary.name,
        "occupation": occupation(card),
        "also": also_known_as(card),
        "lines": lines(card),
        "others": cards.others(card),
        "categories": cards.categories(card),
        "photo_url": f"{reverse('contacts:photo', args=[contact.key])}?v={contact.row.modseq}"
        if summary.has_photo
        else "",
        "write_url": write_url(summary.name, address) if address else "",
        "mail_url": mail_url(address) if address else "",
    }


def _several(card: Card, name: str) -> list[Line]:
    labels, found = kind_labels(name), []
    several = cards.preferred_first(cards.entries(card, name))
    for entry in several:
        kind = entry.label or labels.get(entry.kind, "")
        if name == "RELATED":
            label = kind or field_label(name)
        elif kind:
            # Translators: the field of a contact and its kind: "Phone, work"
            label = pgettext("field of a contact and its kind", "{field}, {kind}").format(
                field=field_label(name), kind=kind
            )
        else:
            label = field_label(name)
        value = entry.value
        if name == "ADR":
            value = "\n".join(filter(None, _envelope(entry.parts)))
        preferred = entry.is_preferred and len(several) > 1
        found.append(Line(label, value, _url(card, name, entry.value), name == "ADR", preferred))
    return found


def _envelope(parts: tuple[str, ...]) -> list[str]:
    box, extended, street, locality, region, code, country = parts
    return [extended, street, box, " ".join(filter(None, (code, locality))), region, country]


def _url(card: Card, name: str, value: str) -> str:
    if name == "EMAIL":
        return write_url(cards.display_name(card), value) if "@" in value else ""
    if name == "TEL":
        number = "".join(
            character for character in value.removeprefix("tel:") if character.isdigit() or character == "+"
        )
        return f"tel:{number}" if number else ""
    # Nothing else may be followed: a card can come from anybody.
    return value if name == "URL" and value.lower().startswith(("https://", "http://")) else ""
