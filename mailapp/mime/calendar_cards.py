"""What an invitation says, for a card above the message. Answering it is the calendar's business."""

import warnings
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import icalendar

from mailapp.mime import charsets
from mailapp.mime.addresses import is_valid_addr_spec

# About zones it had to guess: senders write what they write, and a log full of it helps nobody.
warnings.filterwarnings("ignore", module=r"icalendar(\.|$)")

_LARGEST_BYTES: Final = 200_000  # of a card; larger calendars are files to download
_LONGEST_TEXT: Final = 500
_LONGEST_DESCRIPTION: Final = 4_000
_METHODS: Final = frozenset(("PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"))


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """Times are ISO 8601: a date if ``is_all_day``, local time in the zone ``tzid``, with offset where it is known."""

    number: str  # of the part
    method: str  # "" when it is only a calendar file
    component: str  # "VEVENT" or "VTODO"
    uid: str
    sequence: int
    summary: str
    description: str
    location: str
    dtstart: str
    dtend: str
    is_all_day: bool
    tzid: str  # "" for floating time, "UTC"
    is_recurring: bool
    organizer_name: str
    organizer_addr_spec: str
    attendees_count: int
    components_count: int  # how many there are; the card shows the first
    status: str


def read(number: str, octets: bytes, *, charset: str | None = None, method: str = "") -> CalendarCard | None:
    """Return the card for a calendar part, or None when it has nothing to show or cannot be read. Never raises."""
    if len(octets) > _LARGEST_BYTES:
        return None
    text = charsets.decode(octets, charset or "utf-8")[0].replace("\0", "")
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        return _card(number, calendars, method)
    except Exception:  # whatever the package finds: the part stays a file
        return None


def _card(number: str, calendars: list[Any], method: str) -> CalendarCard | None:
    for calendar in calendars:
        found = [component for component in calendar.subcomponents if component.name in ("VEVENT", "VTODO")]
        if not found:
            continue
        component = found[0]
        start, end = _moment(component, "DTSTART"), _moment(component, "DTEND") or _moment(component, "DUE")
        if end is None and start is not None and (duration := _first(component, "DURATION")) is not None:
            end = _later(start, duration.dt)
        said = str(_first(calendar, "METHOD") or method).strip().upper()
        organizer = _first(component, "ORGANIZER")
        return CalendarCard(
            number=number,
            method=said if said in _METHODS else "",
            component=component.name,
            uid=_text(component, "UID"),
            sequence=_whole(component, "SEQUENCE"),
            summary=_text(component, "SUMMARY"),
            description=_text(component, "DESCRIPTION", _LONGEST_DESCRIPTION, keep_lines=True),
            location=_text(component, "LOCATION"),
            dtstart=start.isoformat() if start else "",
            dtend=end.isoformat() if end else "",
            is_all_day=start is not None and not isinstance(start, datetime),
            tzid=_zone(component, start),
            is_recurring=any(name in component for name in ("RRULE", "RDATE")),
            organizer_name=_clean(str(organizer.params.get("CN", ""))) if organizer is not None else "",
            organizer_addr_spec=_addr_spec(organizer),
            attendees_count=len(_all(component, "ATTENDEE")),
            components_count=len({_text(one, "UID") or str(place) for place, one in enumerate(found)}),
            status=_text(component, "STATUS").upper()[:20],
        )
    return None


def _all(component: Any, name: str) -> list[Any]:
    value = component.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def _first(component: Any, name: str) -> Any:
    values = _all(component, name)
    return values[0] if values else None


def _text(component: Any, name: str, most: int = _LONGEST_TEXT, *, keep_lines: bool = False) -> str:
    value = _first(component, name)
    return _clean(str(value), most, keep_lines=keep_lines) if value is not None else ""


def _clean(text: str, most: int = _LONGEST_TEXT, *, keep_lines: bool = False) -> str:
    text = charsets.clean(text[: most * 4]).replace("\r\n", "\n")
    text = "".join(letter for letter in text if letter == "\n" or letter.isprintable())
    return text.strip()[:most] if keep_lines else " ".join(text.split())[:most]


def _whole(component: Any, name: str) -> int:
    try:
        return min(max(int(_first(component, name) or 0), 0), 2**31 - 1)
    except (TypeError, ValueError):
        return 0


def _moment(component: Any, name: str) -> date | None:
    moment = getattr(_first(component, name), "dt", None)
    return moment if isinstance(moment, date) else None


def _later(start: date, duration: Any) -> date | None:
    if not isinstance(duration, timedelta):
        return None
    try:
        return start + duration
    except OverflowError:
        return None


def _zone(component: Any, start: date | None) -> str:
    if not isinstance(start, datetime) or start.tzinfo is None:
        return ""
    named = getattr(_first(component, "DTSTART"), "params", {}).get("TZID", "")
    return _clean(str(named), 100) or "UTC"


def _addr_spec(organizer: Any) -> str:
    if organizer is None:
        return ""
    address = str(organizer).strip()
    address = address[7:] if address[:7].lower() == "mailto:" else address
    return address if is_valid_addr_spec(address) else ""
