"""Dates in header fields (RFC 5322 §3.3), and the many other ways in which programs write them."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)

_MONTHS: Final = {
    month: number
    for number, months in enumerate(
        (
            "jan januar janvier янв",
            "feb februar février fev fév фев",
            "mar märz mars mär мар",
            "apr avril avr апр",
            "may mai май мая",
            "jun juin juni июн",
            "jul juillet juil juli июл",
            "aug août aou авг",
            "sep sept septembre сен",
            "oct okt octobre окт",
            "nov novembre ноя",
            "dec dez décembre déc дек",
        ),
        start=1,
    )
    for month in months.split()
}
# Minutes east of Greenwich. RFC 5322 knows the American ones; single letters say nothing (RFC 5322 §4.3).
_ZONE_NAMES: Final = """
ut 0 utc 0 gmt 0 wet 0 z 0 west 60 bst 60 cet 60 met 60 mez 60 cest 120 mest 120 mesz 120 eet 120 eest 180 sast 120
msk 180 msd 240 ist 330 hkt 480 sgt 480 awst 480 jst 540 kst 540 acst 570 aest 600 aedt 660 nzst 720 nzdt 780
brt -180 ast -240 adt -180 est -300 edt -240 cst -360 cdt -300 mst -420 mdt -360 pst -480 pdt -420 akst -540
akdt -480 hst -600
"""
_ZONES: Final = {name: int(minutes) for name, minutes in re.findall(r"(\w+) (-?\d+)", _ZONE_NAMES)}
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d{1,9})?)?\s*([AaPp][Mm])?")
_OFFSET: Final = re.compile(r"(?:GMT|UTC?|\s|\d|[ApM])([+-])\s?(\d{1,2}):?(\d{2})?\b(?!:)", re.IGNORECASE)
_DAY_MONTH: Final = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s.,-]*([^\W\d_]{3,9})\.?[\s,.-]+(\d{2,5})(?!\d*:)")
_MONTH_DAY: Final = re.compile(r"([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:.{0,40}\s)?(\d{4})(?![\d:])")
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
_WORD: Final = re.compile(r"[A-Za-z]{1,5}")
_COMMENT: Final = re.compile(r"\([^()]{0,200}\)")


def parse_date(text: str) -> datetime | None:
    """Return the moment in UTC, or None when the text names none. Never raises.

    A missing time is midnight and a missing zone is UTC. Moments outside the calendar are moved to its edge, one
    day inside, so that every time zone can show them.
    """
    text = _COMMENT.sub(" ", text[:300]).strip()
    date = _date(text)
    if date is None:
        return None
    year, month, day, rest = date
    found = _TIME.search(rest) or _TIME.search(text)
    hour, minute, second = (int(part or 0) for part in found.groups()[:3]) if found else (0, 0, 0)
    if found and found.group(4):
        hour = hour % 12 + (12 if found.group(4).lower() == "pm" else 0)
    if hour > 24 or minute > 59 or second > 61:
        return None
    offset = _offset(text[found.end() - 1 :] if found and found.string == text else rest)
    if year > 9999:
        return LATEST
    try:
        moment = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return EARLIEST if year == 0 else None
    try:
        moment += timedelta(hours=hour, minutes=minute, seconds=min(second, 59) - offset * 60)
    except OverflowError:
        return LATEST if year > 5000 else EARLIEST
    return min(max(moment, EARLIEST), LATEST)


def _date(text: str) -> tuple[int, int, int, str] | None:
    """Return year, month, day, and the text behind them."""
    if found := _DAY_MONTH.search(text):
        month = _month(found.group(2))
        if month:
            return _full_year(found.group(3)), month, int(found.group(1)), text[found.end() :]
    if found := _NUMERIC.search(text):
        return int(found.group(1)), int(found.group(2)), int(found.group(3)), text[found.end() :]
    if found := _MONTH_DAY.search(text):
        month = _month(found.group(1))
        if month:
            return int(found.group(3)), month, int(found.group(2)), text
    if found := _NUMERIC_DAY_FIRST.search(text):
        first, second, year = int(found.group(1)), int(found.group(3)), int(found.group(4))
        is_american = found.group(2) == "/" and first <= 12
        month, day = (first, second) if is_american else (second, first)
        return year, month, day, text[found.end() :]
    return None


def _month(word: str) -> int:
    word = word.lower()
    return _MONTHS.get(word, 0) or _MONTHS.get(word[:3], 0)


def _full_year(digits: str) -> int:
    """RFC 5322 §4.3: two digits below 50 are of this century, others and three digits are counted from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(text: str) -> int:
    """Return minutes east of Greenwich."""
    if found := _OFFSET.search(" " + text):
        minutes = int(found.group(2)) * 60 + int(found.group(3) or 0)
        if minutes > 24 * 60:
            return 0
        return -minutes if found.group(1) == "-" else minutes
    for word in _WORD.findall(text):
        if word.lower() in _ZONES:
            return _ZONES[word.lower()]
    return 0


def write_date(moment: datetime) -> str:
    """Write a Date field body."""
    return format_datetime(moment)
