"""Reading and writing vCards, versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350). Pure.

Inside there is one form: the properties of a 4.0 card, each with its value as it stands on the wire. What older
versions say otherwise (TYPE=pref, ENCODING=b, X-ADDRESSBOOKSERVER-KIND ...) is turned into it when read and back when
written; whatever is not known here passes through untouched.

Reading is one pass over the octets with bounds on everything. (The libraries for this were tried: one needs exponential
time for some lines, the other one forgets which commas were escaped.)
"""

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from mailapp.contacts import texts

MOST_CARDS: Final = 10_000
MOST_PROPERTIES: Final = 1_000  # of one card
LONGEST_CARD: Final = 2_000_000  # characters
LONGEST_VALUE: Final = 1_500_000
_MOST_PARAMETERS: Final = 50
_MOST_PROBLEMS: Final = 200
_LINE_OCTETS: Final = 75

_NAME = re.compile(r"(?:([A-Za-z0-9_-]{1,100})\.)?([A-Za-z0-9_-]{1,100})")
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UNQUOTED = re.compile(r'[^";:,]*')
_QUOTED = re.compile(r'"([^"]*)"')
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(T.*)?\Z")

URI_PROPERTIES: Final = frozenset(
    ("URL", "IMPP", "PHOTO", "LOGO", "SOUND", "KEY", "MEMBER", "UID", "SOURCE", "FBURL", "CALURI", "CALADRURI", "GEO")
)
_BINARY: Final = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
_STRUCTURED: Final = frozenset(("N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"))
_LISTS: Final = frozenset(("NICKNAME", "CATEGORIES"))
_NAMES_IN_4: Final = {
    "X-ADDRESSBOOKSERVER-KIND": "KIND",
    "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER",
    "X-ANNIVERSARY": "ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY": "ANNIVERSARY",
    "X-GENDER": "GENDER",
}
_NAMES_IN_3: Final = {
    "KIND": "X-ADDRESSBOOKSERVER-KIND",
    "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER",
    "ANNIVERSARY": "X-ANNIVERSARY",
    "GENDER": "X-GENDER",
}
_MESSENGERS: Final = {
    "X-JABBER": "xmpp",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-ICQ": "icq",
    "X-AIM": "aim",
    "X-MSN": "msnim",
    "X-YAHOO": "ymsgr",
    "X-GADUGADU": "gg",
}
_TYPES_2_1: Final = frozenset(
    (
        *("home", "work", "cell", "voice", "fax", "pref", "msg", "bbs", "modem", "car", "isdn", "video", "pager"),
        *("internet", "x400", "dom", "intl", "postal", "parcel", "gif", "jpeg", "png", "bmp", "wave", "pcm"),
    )
)


@dataclass(slots=True)
class Property:
    """One line of a card: ``value`` is escaped as RFC 6350 says, names are in capitals."""

    name: str
    value: str
    params: dict[str, list[str]] = field(default_factory=dict)
    group: str = ""

    def copy(self) -> "Property":
        return Property(self.name, self.value, {name: list(values) for name, values in self.params.items()}, self.group)

    def param(self, name: str) -> str:
        """Return the first value of a parameter, or nothing."""
        return next(iter(self.params.get(name, ())), "")

    @property
    def types(self) -> list[str]:
        """The values of TYPE in lower case."""
        return [value.lower() for value in self.params.get("TYPE", ())]

    @property
    def pref(self) -> int:
        """From 1, the most preferred, to 101: nothing is said."""
        text = self.param("PREF")
        return int(text) if text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 100 else 101


@dataclass(slots=True)
class Card:
    """A vCard without its BEGIN, VERSION and END."""

    properties: list[Property] = field(default_factory=list)

    def all(self, *names: str) -> list[Property]:
        return [each for each in self.properties if each.name in names]

    def first(self, name: str) -> Property | None:
        """Return the property of that name that is preferred, or the first."""
        return min(self.all(name), key=lambda each: each.pref, default=None)

    def copy(self) -> "Card":
        return Card([each.copy() for each in self.properties])


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not understood, and where: ``line`` counts from 1."""

    line: int
    text: str


@dataclass(slots=True)
class Reading:
    """What a file held."""

    cards: list[Card] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    has_more: bool = False  # there were more cards than ``MOST_CARDS``

    def note(self, line: int, text: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(line, text[:200]))


# --- Reading -------------------------------------------------------------------------------------------------------


def read(text: str) -> Reading:
    """Return all cards in the text. Never raises: what cannot be read is a problem of the answer."""
    reading = Reading()
    card: list[Property] | None = None
    version, size, depth, began = "", 0, 0, 0
    for number, line in _logical_lines(text):
        if not line.strip():
            continue
        upper = line[:40].strip().upper()
        if upper == "BEGIN:VCARD":
            if card is None:
                card, version, size, began = [], "", 0, number
            else:
                depth += 1
                reading.note(number, line)
            continue
        if upper == "END:VCARD":
            if depth:
                depth -= 1
            elif card is not None:
                _finish(reading, card, version, began)
                card = None
            continue
        if card is None or depth:
            reading.note(number, line)
            continue
        if len(reading.cards) >= MOST_CARDS:
            reading.has_more = True
            break
        size += len(line)
        found = _parse_line(line)
        if found is None or len(card) >= MOST_PROPERTIES or size > LONGEST_CARD or len(found.value) > LONGEST_VALUE:
            reading.note(number, line)
        elif found.name == "VERSION":
            version = found.value.strip()
        else:
            card.append(found)
    if card is not None and not reading.has_more:
        _finish(reading, card, version, began)
    return reading


def read_one(text: str) -> Card | None:
    """Return the first card in the text."""
    return next(iter(read(text).cards), None)


def _finish(reading: Reading, properties: list[Property], version: str, line: int) -> None:
    if not properties:
        reading.note(line, "BEGIN:VCARD")
        return
    card = Card()
    old = not version.startswith("4")
    for each in properties:
        card.properties.append(_to_4(each, is_2_1=version.startswith("2")) if old else each)
    if old:
        _drop_left_out_years(card)
    reading.cards.append(card)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield unfolded lines with the number of their first one; quoted-printable soft breaks of 2.1 are joined, too."""
    parts: list[str] = []
    start, soft = 0, False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if soft:
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
        else:
            if parts:
                yield start, "".join(parts)
            parts, start = [line], number
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in parts[0].upper()
    if parts:
        yield start, "".join(parts)


def _parse_line(line: str) -> Property | None:
    match = _NAME.match(line.lstrip())
    if match is None:
        return None
    line = line.lstrip()
    position, params, count = match.end(), {}, 0
    found = Property(match[2].upper(), "", params, match[1] or "")
    while line[position : position + 1] == ";":
        count += 1
        name = _PARAMETER_NAME.match(line, position + 1)
        if count > _MOST_PARAMETERS:
            return None
        if name is None:  # "TEL;:1": nothing between them
            position += 1
            continue
        position = name.end()
        if line[position : position + 1] != "=":
            # Version 2.1 leaves TYPE= and ENCODING= out.
            word = name[0].lower()
            params.setdefault(
                "TYPE" if word in _TYPES_2_1 else "ENCODING" if _is_encoding(word) else "X-WORD", []
            ).append(word)
            continue
        values = params.setdefault(name[0].upper(), [])
        while True:
            position += 1
            value = _QUOTED.match(line, position) or _UNQUOTED.match(line, position)
            position = value.end()
            values.append(_param_text(value[value.lastindex or 0]))
            if line[position : position + 1] != ",":
                break
    if line[position : position + 1] != ":":
        return None
    found.value = _CONTROL.sub("", line[position + 1 :])
    if "TYPE" in params:  # TYPE="home,work", as some write it
        params["TYPE"] = [part.strip() for value in params["TYPE"] for part in value.split(",") if part.strip()]
    return found


def _is_encoding(word: str) -> bool:
    return word in ("quoted-printable", "base64", "8bit", "7bit", "b")


def _param_text(value: str) -> str:
    """Undo RFC 6868."""
    if "^" not in value:
        return value
    return re.sub(r"\^(.)", lambda match: {"n": "\n", "^": "^", "'": '"'}.get(match[1], match[0]), value)


# --- From 2.1 and 3.0 to 4.0 -----------------------------------------------------------------------------------------


def _to_4(old: Property, *, is_2_1: bool) -> Property:
    new = old.copy()
    encoding = new.param("ENCODING").lower()
    charset = new.param("CHARSET")
    params = new.params
    for name in ("ENCODING", "CHARSET"):
        params.pop(name, None)
    if encoding == "quoted-printable":
        new.value = _from_quoted_printable(new.value, charset)
    if new.name in _MESSENGERS and new.value:
        params["X-NAME"] = [new.name]
        new.name, new.value = "IMPP", f"{_MESSENGERS[new.name]}:{texts.unescape(new.value)}"
    new.name = _NAMES_IN_4.get(new.name, new.name)
    types = [kind for kind in new.types if kind != "pref" and not (new.name == "EMAIL" and kind == "internet")]
    if "pref" in new.types and "PREF" not in params:
        params["PREF"] = ["1"]
    if new.name in _BINARY:
        _binary_to_4(new, encoding, types)
        return new
    if types:
        params["TYPE"] = types
    else:
        params.pop("TYPE", None)
    if params.get("VALUE", [""])[0].lower() in ("uri", "url") and new.name in URI_PROPERTIES:
        params.pop("VALUE")
    if new.name in URI_PROPERTIES:
        new.value = texts.unescape(new.value)
    elif is_2_1 or encoding == "quoted-printable":
        new.value = _escape_2_1(new.name, new.value)
    if new.name in ("BDAY", "ANNIVERSARY"):
        _date_to_4(new)
    return new


def _from_quoted_printable(value: str, charset: str) -> str:
    octets = quopri.decodestring(value.encode("utf-8", "surrogatepass"))
    try:
        return octets.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return octets.decode("cp1252", "replace")


def _escape_2_1(name: str, value: str) -> str:
    """In 2.1 a comma is only a comma, and a line may be broken."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if name in _STRUCTURED:
        parts = [texts.escape(part.replace("\\;", ";")) for part in re.split(r"(?<!\\);", value)]
        return ";".join(parts)
    if name in _LISTS:
        return ",".join(texts.escape(part) for part in value.split(","))
    return texts.escape(value.replace("\\;", ";"))


def _binary_to_4(new: Property, encoding: str, types: list[str]) -> None:
    params = new.params
    params.pop("VALUE", None)
    if encoding not in ("b", "base64"):
        new.value = texts.unescape(new.value)
        if types:
            params["TYPE"] = types
        return
    params.pop("TYPE", None)
    subtype = next((kind for kind in types if kind not in ("home", "work")), "") or (
        "jpeg" if new.name in ("PHOTO", "LOGO") else "octet-stream"
    )
    media = subtype if "/" in subtype else f"{_BINARY[new.name]}/{subtype}"
    new.value = f"data:{media};base64,{re.sub(r'[^A-Za-z0-9+/=]', '', new.value)}"


def _date_to_4(new: Property) -> None:
    match = _DATE.match(new.value)
    if match and not match[4]:
        new.value = f"{match[1]}{match[2]}{match[3]}"
    if new.param("VALUE").lower() == "date":
        new.params.pop("VALUE")


def _drop_left_out_years(card: Card) -> None:
    """Where a 3.0 card has no year, it names one that is to be left out."""
    for each in card.all("BDAY", "ANNIVERSARY"):
        year = each.param("X-APPLE-OMIT-YEAR")
        if year and each.value.startswith(year) and len(each.value) == 8:
            each.value = f"--{each.value[4:]}"
            each.params.pop("X-APPLE-OMIT-YEAR")


# --- Writing -------------------------------------------------------------------------------------------------------


def write(card: Card, version: str = "4.0") -> str:
    """Return the card as text with CRLF, each line at most 75 octets."""
    lines = ["BEGIN:VCARD", f"VERSION:{version}"]
    lines += [_line(each if version == "4.0" else _to_3(each)) for each in _complete(card)]
    lines.append("END:VCARD")
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def write_all(cards: Iterable[Card], version: str = "4.0") -> str:
    return "".join(write(card, version) for card in cards)


def _complete(card: Card) -> list[Property]:
    """A card must have a name (FN) in both versions."""
    if card.first("FN") is not None:
        return card.properties
    return [Property("FN", texts.escape(texts.name_of(card.first("N")))), *card.properties]


def _to_3(each: Property) -> Property:
    new = each.copy()
    params = new.params
    new.name = _NAMES_IN_3.get(new.name, new.name)
    if new.name == "IMPP" and "X-NAME" in params:
        name = params.pop("X-NAME")[0]
        if name in _MESSENGERS:
            new.name, new.value = name, texts.escape(new.value.partition(":")[2])
    types = list(params.get("TYPE", ()))
    if new.name == "EMAIL":
        types = ["INTERNET", *types]
    if params.get("PREF") == ["1"]:
        params.pop("PREF")
        types.append("pref")
    if new.name in _BINARY:
        match = re.match(r"data:([\w.+-]+)/([\w.+-]+);base64,", new.value)
        if match:
            new.value = new.value[match.end() :]
            params["ENCODING"] = ["b"]
            plain = match[1] == _BINARY[new.name]
            types = [match[2].upper() if plain else f"{match[1]}/{match[2]}", *(t for t in types if t == "pref")]
        else:
            params["VALUE"] = ["uri"]
    if types:
        params["TYPE"] = types
    if new.name in ("BDAY", "X-ANNIVERSARY"):
        if re.match(r"\d{8}\Z", new.value):
            new.value = f"{new.value[:4]}-{new.value[4:6]}-{new.value[6:]}"
        elif re.match(r"--\d{4}\Z", new.value):  # the year that address books leave out
            params["X-APPLE-OMIT-YEAR"] = ["1604"]
            new.value = f"1604-{new.value[2:4]}-{new.value[4:]}"
    return new


def _line(each: Property) -> str:
    params = "".join(
        f";{name}={','.join(_quoted(value) for value in values)}" for name, values in each.params.items() if values
    )
    value = each.value.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return f"{f'{each.group}.' if each.group else ''}{each.name}{params}:{value}"


def _quoted(value: str) -> str:
    value = _CONTROL.sub("", value).replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{value}"' if re.search(r"[;:,]", value) else value


def _fold(line: str) -> str:
    octets = line.encode("utf-8", "replace")
    if len(octets) <= _LINE_OCTETS:
        return octets.decode()
    pieces, start, limit = [], 0, _LINE_OCTETS
    while start < len(octets):
        end = min(start + limit, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1  # never within a character
        pieces.append(octets[start:end].decode())
        start, limit = end, _LINE_OCTETS - 1
    return "\r\n ".join(pieces)


# --- Pictures ------------------------------------------------------------------------------------------------------


def data_of(value: str) -> tuple[str, bytes] | None:
    """Return media type and octets of a ``data:`` URI, or None for anything else."""
    match = re.match(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", value, re.IGNORECASE)
    if match is None:
        return None
    try:
        return match[1].lower(), b64decode(value[match.end() :] + "=" * (-len(value[match.end() :]) % 4))
    except binascii.Error:
        return None
