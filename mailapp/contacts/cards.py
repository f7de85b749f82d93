"""What the fields of a contact say, and changing them so that everything else in its card stays as it was. Pure.

A field that reads as before keeps its very octets; types, preferences and parameters that no form shows are kept too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mailapp.contacts import texts
from mailapp.contacts.vcards import URI_PROPERTIES, Card, Property

# The kinds a form offers, the most telling first: a "work fax" is a fax.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "EMAIL": ("work", "home"),
    "TEL": ("fax", "cell", "pager", "work", "home"),
    "ADR": ("work", "home"),
    "URL": ("work", "home"),
    "IMPP": ("work", "home"),
    "RELATED": (
        "spouse", "child", "parent", "sibling", "friend", "colleague", "co-worker", "agent", "emergency", "contact",
    ),
}  # fmt: skip
NAME_PARTS: Final = {"family_name": 0, "given_name": 1, "additional_names": 2, "prefix": 3, "suffix": 4}
ADDRESS_PARTS: Final = {"box": 0, "extended": 1, "street": 2, "locality": 3, "region": 4, "code": 5, "country": 6}
# What the card page and the form show; the rest is listed as it stands.
SHOWN: Final = frozenset(
    (
        *KINDS,
        "FN",
        "N",
        "NICKNAME",
        "ORG",
        "TITLE",
        "ROLE",
        "BDAY",
        "ANNIVERSARY",
        "NOTE",
        "CATEGORIES",
        "PHOTO",
        "KIND",
    )
)
HOUSEKEEPING: Final = frozenset(
    ("UID", "REV", "PRODID", "MEMBER", "X-ABLABEL", "X-ABADR", "X-WORKMAIL-DISTINCT", "CLIENTPIDMAP", "X-ABUID")
)
ALSO: Final = "X-WORKMAIL-ALSO"  # a value that merging could not keep under its own name, see ``duplicates``
DISTINCT: Final = "X-WORKMAIL-DISTINCT"  # UIDs of contacts that are somebody else, the person said
_DATE = re.compile(r"(?:(\d{4})-?(\d{2})-?(\d{2})|--(\d{2})-?(\d{2}))\Z")
_LABEL = re.compile(r"_\$!<(.+)>!\$_\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several addresses, numbers or the like. ``at`` counts the properties of that name in the card."""

    at: int
    value: str
    kind: str = ""
    label: str = ""  # what somebody called it themselves
    is_preferred: bool = False
    parts: tuple[str, ...] = ()  # of a postal address


@dataclass(frozen=True, slots=True)
class Edit:
    """What a form says about one entry: ``at`` is None for a new one; without a value it goes."""

    at: int | None
    value: str = ""
    kind: str = ""
    is_preferred: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.value.strip() and not any(part.strip() for part in self.parts.values())


# --- Reading -------------------------------------------------------------------------------------------------------


def text(card: Card, name: str) -> str:
    found = card.first(name)
    return readable(found) if found else ""


def readable(each: Property) -> str:
    if each.name == "N":
        return texts.name_of(each)
    if each.name in ("ADR", "ORG", "GENDER"):
        return ", ".join(filter(None, (part.strip() for part in texts.components(each.value))))
    if each.name in ("NICKNAME", "CATEGORIES"):
        return ", ".join(texts.entries(each.value))
    if each.name in URI_PROPERTIES or (each.name == "RELATED" and each.param("VALUE").lower() != "text"):
        return each.value.strip()
    return texts.unescape(each.value).strip()


def display_name(card: Card) -> str:
    """Return what the contact is called: its name, else its nickname, organization, address or number."""
    for name in ("FN", "N", "NICKNAME", "ORG", "EMAIL", "TEL"):
        if found := text(card, name):
            return " ".join(found.split())
    return ""


def sort_name(card: Card) -> str:
    """Return the name as it is sorted: family name first, if it is known."""
    name = card.first("N")
    if name is not None:
        if sort_as := name.param("SORT-AS"):
            return sort_as.replace(",", " ")
        family, given = texts.component(name.value, 0), texts.component(name.value, 1)
        if family:
            return f"{family} {given}"
    return display_name(card)


def entries(card: Card, name: str) -> list[Entry]:
    """Return the entries of that name that say something, as they stand in the card."""
    found = []
    for at, each in enumerate(card.all(name)):
        value = readable(each)
        if value:
            found.append(
                Entry(
                    at,
                    value,
                    _kind(each),
                    _label(card, each),
                    each.pref == 1,
                    tuple(_parts(each)) if name == "ADR" else (),
                )
            )
    return found


def preferred_first(found: Iterable[Entry]) -> list[Entry]:
    return sorted(found, key=lambda entry: not entry.is_preferred)


def categories(card: Card) -> list[str]:
    return list(dict.fromkeys(entry for each in card.all("CATEGORIES") for entry in texts.entries(each.value)))


def uid(card: Card) -> str:
    found = card.first("UID")
    return found.value.strip() if found else ""


def is_group(card: Card) -> bool:
    return text(card, "KIND").lower() == "group"


def members(card: Card) -> list[str]:
    return [each.value.strip() for each in card.all("MEMBER") if each.value.strip()]


def others(card: Card) -> list[tuple[str, str]]:
    """Return what no field shows: name and value of properties that are kept, and seen, but not edited."""
    return [
        (each.param("X-NAME") if each.name == ALSO else each.name, readable(each)[:500])
        for each in card.properties
        if each.name not in SHOWN and each.name not in HOUSEKEEPING and each.value.strip()
    ]


def date_text(card: Card, name: str) -> str:
    """Return a date as the form has it: 1985-04-12, without year 04-12, or whatever else stands there."""
    value = text(card, name)
    match = _DATE.match(value)
    if not match:
        return value
    return f"{match[1]}-{match[2]}-{match[3]}" if match[1] else f"{match[4]}-{match[5]}"


def date_value(typed: str) -> str | None:
    """Return what was typed as the card keeps it, or None if it is no date."""
    match = re.match(r"\s*(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s*\Z", typed)
    if not match:
        return None
    try:
        day = date(int(match[1] or 2000), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return f"{day:%Y%m%d}" if match[1] else f"--{day:%m%d}"


def _kind(each: Property) -> str:
    types = each.types
    return next((kind for kind in KINDS.get(each.name, ()) if kind in types), "")


def _parts(each: Property) -> list[str]:
    found = [part.strip() for part in texts.components(each.value)]
    return (found + [""] * 7)[:7]


def _label(card: Card, each: Property) -> str:
    if not each.group:
        return ""
    for other in card.properties:
        if other.name == "X-ABLABEL" and other.group == each.group:
            label = texts.unescape(other.value)
            match = _LABEL.match(label)
            return match[1] if match else label
    return ""


# --- Changing ------------------------------------------------------------------------------------------------------


def set_text(card: Card, name: str, wanted: str) -> None:
    """Let the (preferred) property of that name say this; with nothing to say it goes."""
    wanted = wanted.strip()
    found = card.first(name)
    if found is None:
        if wanted:
            card.properties.append(Property(name, texts.escape(wanted)))
    elif not wanted:
        _remove(card, found)
    elif readable(found) != wanted:
        found.value = texts.escape(wanted)


def set_components(card: Card, name: str, wanted: Mapping[int, str]) -> None:
    found = card.first(name)
    if found is None:
        if not any(part.strip() for part in wanted.values()):
            return
        found = Property(name, "")
        card.properties.append(found)
    found.value = texts.with_components(found.value, dict(wanted))
    if not found.value.replace(";", "").strip() and name != "N":
        _remove(card, found)


def set_list(card: Card, name: str, wanted: Sequence[str]) -> None:
    """Let the lists of that name hold these entries, all in the first one."""
    wanted = list(dict.fromkeys(entry.strip() for entry in wanted if entry.strip()))
    found = card.all(name)
    if [entry for each in found for entry in texts.entries(each.value)] == wanted:
        return
    for each in found[1:] if wanted else found:
        _remove(card, each)
    if wanted and found:
        found[0].value = texts.joined(wanted)
    elif wanted:
        card.properties.append(Property(name, texts.joined(wanted)))


def set_date(card: Card, name: str, typed: str) -> None:
    """Raises ValueError when it is no date and does not stand there already."""
    if typed.strip() == date_text(card, name):
        return
    value = date_value(typed) if typed.strip() else ""
    if value is None:
        raise ValueError(typed)
    found = card.first(name)
    if found is None:
        card.properties.append(Property(name, value))
    elif not value:
        _remove(card, found)
    else:
        found.value = value
        found.params.pop("VALUE", None)


def set_entries(card: Card, name: str, edits: Iterable[Edit]) -> None:
    """Change, add and remove entries. Those that no edit names stay as they are."""
    existing = card.all(name)
    for edit in edits:
        if edit.at is not None and 0 <= edit.at < len(existing):
            each = existing[edit.at]
            if edit.is_empty:
                _remove(card, each)
                continue
        elif edit.is_empty:
            continue
        else:
            each = Property(name, "")
            _insert(card, each)
        _apply(each, edit)


def set_members(card: Card, wanted: Sequence[str]) -> None:
    kept = {each.value.strip(): each for each in card.all("MEMBER")}
    card.properties = [each for each in card.properties if each.name != "MEMBER"]
    card.properties += [kept.get(member) or Property("MEMBER", member) for member in dict.fromkeys(wanted)]


def set_uid(card: Card, value: str) -> None:
    card.properties = [each for each in card.properties if each.name != "UID"]
    card.properties.append(Property("UID", value))


def set_photo(card: Card, data_uri: str) -> None:
    """Replace all pictures by this one, or by none."""
    card.properties = [each for each in card.properties if each.name != "PHOTO"]
    if data_uri:
        card.properties.append(Property("PHOTO", data_uri))


def _apply(each: Property, edit: Edit) -> None:
    if each.name == "ADR":
        before = each.value
        wanted = {ADDRESS_PARTS[part]: value for part, value in edit.parts.items()}
        each.value = texts.with_components(before or ";;;;;;", wanted)
        if each.value != before:
            each.params.pop("LABEL", None)  # the envelope's text, which is another one now
    elif readable(each) != edit.value.strip():
        if each.name == "RELATED":
            each.params["VALUE"] = ["text"]
        plain = each.name in URI_PROPERTIES
        each.value = " ".join(edit.value.split()) if plain else texts.escape(edit.value.strip())
    if edit.kind != _kind(each):
        types = [kind for kind in each.types if kind not in KINDS.get(each.name, ())]
        if edit.kind in KINDS.get(each.name, ()):
            types.append(edit.kind)
        if types:
            each.params["TYPE"] = types
        else:
            each.params.pop("TYPE", None)
    if edit.is_preferred != (each.pref == 1):
        if edit.is_preferred:
            each.params["PREF"] = ["1"]
        else:
            each.params.pop("PREF", None)


def _insert(card: Card, each: Property) -> None:
    same = [position for position, other in enumerate(card.properties) if other.name == each.name]
    card.properties.insert(same[-1] + 1 if same else len(card.properties), each)


def _remove(card: Card, each: Property) -> None:
    # By identity: two equal lines are two lines.
    card.properties = [other for other in card.properties if other is not each]
    if each.group and not any(
        other.group == each.group and not other.name.startswith("X-AB") for other in card.properties
    ):
        card.properties = [other for other in card.properties if other.group != each.group]
