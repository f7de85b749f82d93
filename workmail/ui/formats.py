"""Times, sizes and numbers as the person writes them: their language, their zone, 12 or 24 hours.

Everything goes through Babel's CLDR data. The language and the zone are Django's active ones (set for each request by
``PersonalPreferencesMiddleware``); only the hour cycle has no place in Django and is kept here.
"""

from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext

hour_cycle: ContextVar[str] = ContextVar("hour_cycle", default="")  # "12", "24" or "": as the language does

# English as it is written between people of many countries: 24 hours, "12 Nov", the day before the month.
_LOCALES = {"en": "en_GB"}
_NO_BREAK_SPACE = "\u00a0"
_SIZE_UNITS = ("digital-kilobyte", "digital-megabyte", "digital-gigabyte", "digital-terabyte")


@lru_cache(maxsize=64)
def _parse_locale(language: str) -> Locale:
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except Exception:  # a language that CLDR does not know must not cost anyone their page
        return Locale("en", "GB")


def current_locale() -> Locale:
    """Return the CLDR locale of the active language."""
    return _parse_locale(get_language() or "en")


def local(value: datetime) -> datetime:
    """Return the time in the person's zone; a time without one is taken as UTC."""
    zone = timezone.get_current_timezone()
    if value.tzinfo is zone:
        return value
    aware = value.replace(tzinfo=UTC) if timezone.is_naive(value) else value
    try:
        return aware.astimezone(zone)
    except OverflowError:  # a message may claim the first or the last day of the calendar
        return aware


def clock(value: datetime) -> str:
    """Return the time of day: 09:42, or 9:42 am for who chose twelve hours."""
    here = local(value)
    return _clock(here.hour, here.minute, hour_cycle.get(), current_locale())


# A list has a hundred times of day and fifty tooltips of a few days: each is written once.
@lru_cache(maxsize=8192)
def _clock(hour: int, minute: int, cycle: str, locale: Locale) -> str:
    skeleton = {"12": "hm", "24": "Hm"}.get(cycle)
    if skeleton:
        return _bound(format_skeleton(skeleton, datetime(2000, 1, 1, hour, minute), locale=locale))
    return _bound(format_time(time(hour, minute), "short", locale=locale))


def list_time(value: datetime, now: datetime | None = None) -> str:
    """Return what stands in a list under headings of days: 09:42, Mon, 12 Nov, 12 Nov 2024."""
    here, today = local(value), _today(now)
    age = (today - here.date()).days
    if 0 <= age <= 1:
        return clock(value)
    if 1 < age < 7:
        return _weekday(here.date(), current_locale())
    return _day_and_month(here.date(), here.year == today.year, current_locale())


def short_time(value: datetime, now: datetime | None = None) -> str:
    """Return the same where no heading names the day (search results): yesterday becomes a weekday."""
    here, today = local(value), _today(now)
    age = (today - here.date()).days
    if age == 0:
        return clock(value)
    if 0 < age < 7:
        return _weekday(here.date(), current_locale())
    return _day_and_month(here.date(), here.year == today.year, current_locale())


def message_time(value: datetime, now: datetime | None = None) -> str:
    """Return the time beside a message in a conversation: Today, 09:42; Tue, 16:10; 12 Nov 2024, 16:10."""
    here, today = local(value), _today(now)
    age = (today - here.date()).days
    if age == 0:
        # Translators: beside a message; {time} is a time of day such as 09:42
        return gettext("Today, {time}").format(time=clock(value))
    if age == 1:
        # Translators: beside a message; {time} is a time of day such as 09:42
        return gettext("Yesterday, {time}").format(time=clock(value))
    if 1 < age < 7:
        day = _weekday(here.date(), current_locale())
    else:
        day = _day_and_month(here.date(), here.year == today.year, current_locale())
    # Translators: beside a message; {day} is a short date such as "Tue" or "12 Nov", {time} a time of day
    return gettext("{day}, {time}").format(day=day, time=clock(value))


def full_time(value: datetime) -> str:
    """Return the exact time with its zone, for tooltips and details."""
    here = local(value)
    day = _full_date(here.date(), current_locale())
    zone = here.tzname() or "UTC"
    # Translators: exact time; {day} is a full date, {time} a time of day, {zone} a time zone such as CET
    return gettext("{day}, {time} {zone}").format(day=day, time=clock(value), zone=zone)


@lru_cache(maxsize=1024)
def _full_date(day: date, locale: Locale) -> str:
    return format_date(day, "full", locale=locale)


def long_date(value: datetime | date) -> str:
    """Return a date in words: 12 November 2026."""
    day = local(value).date() if isinstance(value, datetime) else value
    return format_date(day, "long", locale=current_locale())


def short_date(value: datetime | date) -> str:
    """Return a date as it stands in tables: 12 Nov 2026."""
    day = local(value).date() if isinstance(value, datetime) else value
    return format_date(day, "medium", locale=current_locale())


def date_and_time(value: datetime) -> str:
    """Return a date and a time as they stand in tables: 12 Nov 2026, 09:42."""
    here = local(value).replace(tzinfo=None)
    if hour_cycle.get():
        # Translators: {day} is a date, {time} a time of day
        return gettext("{day}, {time}").format(day=short_date(here.date()), time=clock(value))
    return _bound(format_datetime(here, "medium", locale=current_locale()).replace(f":{here:%S}", "", 1))


def day_heading(value: datetime, now: datetime | None = None) -> str:
    """Return the heading of a group in the message list: Today, Yesterday, Earlier this week, October, 2024."""
    here, today = local(value).date(), _today(now)
    age = (today - here).days
    week_start = today - timedelta(days=(today.weekday() - current_locale().first_week_day) % 7)
    if age < 0:
        # Translators: heading in the message list, for messages dated later than today
        return pgettext("group of messages", "Later")
    if age == 0:
        return pgettext("group of messages", "Today")
    if age == 1:
        return pgettext("group of messages", "Yesterday")
    if here >= week_start:
        return pgettext("group of messages", "Earlier this week")
    if here >= week_start - timedelta(days=7):
        return pgettext("group of messages", "Last week")
    if (here.year, here.month) == (today.year, today.month):
        return pgettext("group of messages", "Earlier this month")
    if here.year == today.year:
        month = format_date(here, "LLLL", locale=current_locale())
    else:
        month = format_skeleton("yMMMM", datetime.combine(here, time()), locale=current_locale())
    return month[:1].upper() + month[1:]


def ago(value: datetime, now: datetime | None = None) -> str:
    """Return how long ago, under a day (2 minutes ago); older times are written as times."""
    passed = (now or timezone.now()) - value
    if timedelta(0) <= passed < timedelta(days=1):
        return format_timedelta(-passed, granularity="second", add_direction=True, locale=current_locale())
    return date_and_time(value)


SMALLEST_SHOWN = Decimal("0.1")


def file_size(octets: int | None) -> str:
    """Return a size: 240 KB, 1.2 MB, 1,2 Mo, 1,2 МБ. 1 KB is 1,024 octets, as the limits are counted."""
    size, unit = Decimal(max(0, octets or 0)) / 1024, 0
    if octets and size < SMALLEST_SHOWN:
        size = SMALLEST_SHOWN  # something is there, so it is not said to be nothing
    while size >= 1000 and unit < len(_SIZE_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    pattern = "#,##0.#" if size < 10 else "#,##0"
    text = format_unit(size, _SIZE_UNITS[unit], "short", format=pattern, locale=current_locale())
    return _bound(text.replace("kB", "KB"))


def number(value: int | float | Decimal) -> str:
    """Return a number with the language's own separators: 1,240 or 1 240."""
    return format_decimal(value, locale=current_locale())


def percent(value: float) -> str:
    """Return a share, 0.62, as 62 %."""
    return _bound(format_percent(value, locale=current_locale()))


def initials(name: str) -> str:
    """Return one or two letters that stand for a person: Amara Diallo is AD, alice@example.test is AL."""
    words = [word for word in name.partition("@")[0].replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return (words[0][:2] if words else "?").upper()


def _today(now: datetime | None) -> date:
    return local(now or timezone.now()).date()


@lru_cache(maxsize=1024)
def _weekday(day: date, locale: Locale) -> str:
    return format_date(day, "EEE", locale=locale)


@lru_cache(maxsize=1024)
def _day_and_month(day: date, is_this_year: bool, locale: Locale) -> str:
    skeleton = "MMMd" if is_this_year else "yMMMd"
    return _bound(format_skeleton(skeleton, datetime.combine(day, time()), locale=locale))


def _bound(text: str) -> str:
    """Keep a number and its unit on one line."""
    return text.replace(" ", _NO_BREAK_SPACE)
