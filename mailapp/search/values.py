"""The values of operators: dates, ages and sizes, as people of several languages write them. Pure."""

import calendar
import re
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from mailapp.search.operators import key
from mailapp.search.tree import Aged, Dated, Than, When

_RELATIVE_NAMES: Final = {
    "today": {"en": "today", "fr": "aujourd'hui", "ru": "сегодня"},
    "yesterday": {"en": "yesterday", "fr": "hier", "ru": "вчера"},
}
_RELATIVE: Final = {key(name): canonical for canonical, names in _RELATIVE_NAMES.items() for name in names.values()}
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_MONTH_AND_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})")


def date_value(text: str) -> str | None:
    """Return the date in its canonical form, as ``tree.Dated`` has it; None when it is none.

    The day comes before the month, except where only the other way makes a date.
    """
    text = text.strip()
    if relative := _RELATIVE.get(key(text)):
        return relative
    if not text.isascii():
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
    elif found := _MONTH_AND_YEAR.fullmatch(text):
        (month, year), day = found.groups(), None
    elif found := _YEAR_LAST.fullmatch(text):
        day, month, year = found.groups()
        year = year if len(year) == 4 else f"20{year}"
        if int(month) > 12:
            day, month = month, day
    else:
        return None
    canonical = "-".join([year, *(f"{int(part):02}" for part in (month, day) if part)])
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return canonical


def shown_date(canonical: str, language: str) -> str:
    names = _RELATIVE_NAMES.get(canonical, {})
    return names.get(language.partition("-")[0], canonical)


def period(canonical: str, today: date) -> tuple[date, date]:
    """Return the first day of a date, a month or a year, and the first day after it."""
    if canonical in ("today", "yesterday"):
        first = today if canonical == "today" else _plus(today, -1)
        return first, _plus(first, 1)
    year, *rest = (int(part) for part in canonical.split("-"))
    first = date(year, *[*rest, 1, 1][:2])
    if len(rest) == 2:
        return first, _plus(first, 1)
    return first, _plus_months(first, 1 if rest else 12)


_UNITS: Final = {
    key(name): unit
    for unit, names in {
        "d": ("d", "day", "days", "j", "jour", "jours", "д", "дн", "день", "дня", "дней"),
        "w": ("w", "week", "weeks", "s", "sem", "semaine", "semaines", "н", "нед", "неделя", "недели", "недель"),
        "m": ("m", "month", "months", "mois", "м", "мес", "месяц", "месяца", "месяцев"),
        "y": ("y", "year", "years", "a", "an", "ans", "г", "л", "год", "года", "лет"),
    }.items()
    for name in names
}
_SHOWN_UNITS: Final = {
    "fr": {"d": "j", "w": "sem", "m": "mois", "y": "an"},
    "ru": {"d": "д", "w": "нед", "m": "мес", "y": "г"},
}
_AGE: Final = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")


def age_value(text: str) -> tuple[int, str] | None:
    """Return the count and the unit of "10d", "2 semaines", "3мес"; None when it is no age."""
    found = _AGE.fullmatch(text.strip())
    unit = _UNITS.get(key(found.group(2))) if found else None
    return (int(found.group(1)), unit) if found and unit and int(found.group(1)) else None


def shown_age(count: int, unit: str, language: str) -> str:
    return f"{count}{_SHOWN_UNITS.get(language.partition('-')[0], {}).get(unit, unit)}"


_SIZE_UNITS: Final = {
    key(name): factor
    for factor, names in {
        1: ("", "b", "o", "б"),
        1024: ("k", "kb", "ko", "kib", "к", "кб"),
        1024**2: ("m", "mb", "mo", "mib", "м", "мб"),
        1024**3: ("g", "gb", "go", "gib", "г", "гб"),
    }.items()
    for name in names
}
_SIZE: Final = re.compile(r"(\d{1,16}(?:[.,]\d{1,3})?)\s*([^\W\d_]*)")


def size_value(text: str) -> int | None:
    """Return the bytes of "5M", "1,5 Mo", "500кб", "1000"; None when it is no size."""
    found = _SIZE.fullmatch(text.strip())
    if not found or not found.group(1).isascii() or (factor := _SIZE_UNITS.get(key(found.group(2)))) is None:
        return None
    size = int(Decimal(found.group(1).replace(",", ".")) * factor)
    return size if size < 2**50 else None


def shown_size(size_bytes: int) -> str:
    """Return the shortest way to write exactly this size."""
    for factor, unit in ((1024**3, "G"), (1024**2, "M"), (1024, "K")):
        if size_bytes and size_bytes % factor == 0:
            return f"{size_bytes // factor}{unit}"
    return str(size_bytes)


# --- Moments ---------------------------------------------------------------------------------------------------


def moments(condition: Dated | Aged, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """Return the moments from which on, and up to which, the condition holds; None where it has no end."""
    if isinstance(condition, Aged):
        moment = _ago(condition, now)
        return (None, moment) if condition.than is Than.OLDER else (moment, None)
    first, after = (_midnight(day, zone) for day in period(condition.date, now.astimezone(zone).date()))
    if condition.when is When.BEFORE:
        return None, first
    return first, None if condition.when is When.AFTER else after


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _ago(condition: Aged, now: datetime) -> datetime:
    if condition.unit in "dw":
        return max(now - timedelta(days=condition.count * (7 if condition.unit == "w" else 1)), _oldest(now))
    day = _plus_months(now.date(), -condition.count * (12 if condition.unit == "y" else 1))
    return datetime.combine(day, now.timetz())


def _oldest(now: datetime) -> datetime:
    return datetime.min.replace(year=2, tzinfo=now.tzinfo)


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _plus_months(day: date, months: int) -> date:
    """Return the same day some months later (or earlier), or the last of that month; stays within the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
