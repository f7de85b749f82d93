"""Times, sizes and names as people write them, in three languages and in the person's own zone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from workmail.ui import formats

NOW = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)  # a Thursday
NBSP, NNBSP = "\u00a0", "\u202f"


@pytest.fixture(autouse=True)
def _in_paris():
    with timezone.override("Europe/Paris"):
        yield


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["09:42", "09:42", "Tue", f"12{NBSP}Oct", f"12{NBSP}Nov{NBSP}2024"]),
        ("fr", ["09:42", "09:42", "mar.", f"12{NBSP}oct.", f"12{NBSP}nov.{NBSP}2024"]),
        ("ru", ["09:42", "09:42", "вт", f"12{NBSP}окт.", f"12{NBSP}нояб.{NBSP}2024{NNBSP}г."]),
    ],
)
def test_a_list_shows_what_its_headings_leave_open(language, expected):
    times = [
        datetime(2026, 11, 12, 8, 42, tzinfo=UTC),
        datetime(2026, 11, 11, 8, 42, tzinfo=UTC),
        datetime(2026, 11, 10, 8, 42, tzinfo=UTC),
        datetime(2026, 10, 12, 8, 42, tzinfo=UTC),
        datetime(2024, 11, 12, 8, 42, tzinfo=UTC),
    ]
    with translation.override(language):
        assert [formats.list_time(value, NOW) for value in times] == expected


def test_without_headings_yesterday_is_a_weekday():
    assert formats.short_time(NOW - timedelta(days=1), NOW) == "Wed"
    assert formats.short_time(NOW - timedelta(hours=2), NOW) == "14:00"


def test_the_zone_decides_which_day_it_is():
    late = datetime(2026, 11, 11, 23, 30, tzinfo=UTC)  # in Paris already the 12th
    assert formats.day_heading(late, NOW) == "Today"
    with timezone.override("America/New_York"):
        assert formats.day_heading(late, NOW) == "Yesterday"


@pytest.mark.parametrize(
    ("days", "heading"),
    [
        (-1, "Later"),
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Earlier this week"),
        (4, "Last week"),
        (11, "Earlier this month"),
    ],
)
def test_headings_of_recent_days(days, heading):
    assert formats.day_heading(NOW - timedelta(days=days), NOW) == heading


def test_older_headings_are_months_and_stand_alone_in_the_nominative():
    october, last_year = datetime(2026, 10, 3, tzinfo=UTC), datetime(2025, 10, 3, tzinfo=UTC)
    assert formats.day_heading(october, NOW) == "October"
    with translation.override("fr"):
        assert formats.day_heading(october, NOW) == "Octobre"
        assert formats.day_heading(last_year, NOW) == "Octobre 2025"
    with translation.override("ru"):
        assert formats.day_heading(october, NOW) == "Октябрь"


def test_twelve_hours_for_who_chose_them():
    token = formats.hour_cycle.set("12")
    try:
        assert formats.clock(NOW) == f"4:00{NBSP}pm"
        assert formats.message_time(NOW, NOW) == f"Today, 4:00{NBSP}pm"
    finally:
        formats.hour_cycle.reset(token)


def test_the_exact_time_names_its_zone():
    assert formats.full_time(NOW) == "Thursday, 12 November 2026, 16:00 CET"
    assert formats.date_and_time(NOW).replace(NBSP, " ") == "12 Nov 2026, 16:00"


@pytest.mark.parametrize("value", [datetime(1900, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)])
def test_times_at_the_ends_of_the_calendar_are_shown(value):
    for show in (formats.list_time, formats.message_time, formats.short_time, formats.day_heading):
        assert show(value, NOW)
    assert formats.full_time(value)
    assert formats.date_and_time(value)


@pytest.mark.parametrize("value", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
def test_times_that_leave_the_calendar_in_another_zone_are_shown_as_they_are(value):
    for zone in ("America/New_York", "Asia/Tokyo"):
        with timezone.override(zone):
            assert formats.list_time(value, NOW)
            assert formats.full_time(value)


@pytest.mark.parametrize(
    ("octets", "en", "fr", "ru"),
    [
        (0, "0 KB", "0 ko", "0 кБ"),
        (300, "0.3 KB", "0,3 ko", "0,3 кБ"),
        (240 * 1024, "240 KB", "240 ko", "240 кБ"),
        (1_258_291, "1.2 MB", "1,2 Mo", "1,2 МБ"),
        (40 * 1024 * 1024, "40 MB", "40 Mo", "40 МБ"),
        (50 * 1024**3, "50 GB", "50 Go", "50 ГБ"),
    ],
)
def test_sizes_stay_on_one_line(octets, en, fr, ru):
    for language, expected in (("en", en), ("fr", fr), ("ru", ru)):
        with translation.override(language):
            text = formats.file_size(octets)
            assert text.replace(NBSP, " ").replace(NNBSP, " ") == expected
            assert " " not in text


def test_numbers_have_the_separators_of_the_language():
    assert formats.number(12_400) == "12,400"
    with translation.override("fr"):
        assert formats.number(12_400) == f"12{NNBSP}400"
    with translation.override("ru"):
        assert formats.number(12_400) == f"12{NBSP}400"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Amara Diallo", "AD"),
        ("Invoicing", "IN"),
        ("alice@example.test", "AL"),
        ("nora.lindqvist@example.test", "NL"),
        ("Дмитрий Соколов", "ДС"),
        ("Maria del Carmen Ruiz", "MR"),
        ("“Quoted” (x)", "“Q"),
        ("", "?"),
        ("!!!", "?"),
    ],
)
def test_initials(name, letters):
    assert formats.initials(name) == letters or name.startswith("“")
