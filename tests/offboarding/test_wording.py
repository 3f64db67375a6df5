"""Dates and money as customers read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from offboarding.accounts.model import Customer
from offboarding.days import last_second
from offboarding.wording import (
    date_text,
    locale_of,
    moment_text,
    money_text,
    until_text,
    zone_of,
    zone_text,
)

LATE = datetime(2026, 12, 14, 23, 30, tzinfo=UTC)


def reader(locale: str, time_zone: str) -> Customer:
    return Customer(locale=locale, time_zone=time_zone)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (2900, "EUR", "en-GB", "€29.00"),
        (2900, "EUR", "de-DE", "29,00\N{NO-BREAK SPACE}€"),
        (2900, "USD", "en-US", "$29.00"),
        (2900, "JPY", "ja-JP", "\N{FULLWIDTH YEN SIGN}2,900"),
        (2900, "JPY", "en-GB", "JP¥2,900"),
        (2900, "BHD", "en-GB", "BHD2.900"),
        (-500, "EUR", "en-GB", "-€5.00"),
        (0, "EUR", "en-GB", "€0.00"),
        (123456789012, "EUR", "en-GB", "€1,234,567,890.12"),
    ],
)
def test_money_is_written_with_the_currencys_own_decimals(
    minor: int, currency: str, locale: str, text: str
) -> None:
    assert money_text(minor, currency, locale) == text


@pytest.mark.parametrize(
    ("time_zone", "text"),
    [
        ("Europe/London", "14 December 2026"),
        ("Europe/Berlin", "15 December 2026"),
        ("Pacific/Kiritimati", "15 December 2026"),
        ("America/Los_Angeles", "14 December 2026"),
    ],
)
def test_a_date_is_the_customers_own_calendar_day(time_zone: str, text: str) -> None:
    assert date_text(LATE, reader("en-GB", time_zone)) == text


def test_a_moment_says_which_zone_it_is_in() -> None:
    assert moment_text(LATE, reader("en-GB", "Europe/Berlin")) == (
        "15 December 2026, 00:30 (Berlin time)"
    )


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("US/Pacific", "Los Angeles time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Etc/GMT+5", "GMT-05:00"),
        ("EST5EDT", "GMT-05:00"),
    ],
)
def test_a_zone_is_named_as_people_do(zone: str, text: str) -> None:
    assert zone_text(ZoneInfo(zone), LATE) == text


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), "14 December 2026"),
        (datetime(2026, 12, 13, 22, 59, tzinfo=UTC), "14 December 2026"),
        (datetime(2026, 12, 14, 9, tzinfo=UTC), "15 December 2026, 00:30 (Berlin time)"),
        (datetime(2026, 12, 14, 23, 10, tzinfo=UTC), "15 December 2026, 00:30 (Berlin time)"),
    ],
)
def test_until_is_the_last_whole_day_and_nearer_than_that_the_hour(
    now: datetime, text: str
) -> None:
    with time_machine.travel(now, tick=False):
        assert until_text(LATE, reader("en-GB", "Europe/Berlin")) == text


@pytest.mark.parametrize(
    ("today", "text"), [(13, "14 December 2026"), (14, "the end of 14 December 2026")]
)
def test_what_ends_with_a_day_holds_on_that_day(today: int, text: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    with time_machine.travel(datetime(2026, 12, today, 12, tzinfo=zone), tick=False):
        end = last_second(datetime(2026, 12, 14, tzinfo=zone).date(), zone)
        assert until_text(end, reader("en-GB", "Europe/Berlin")) == text


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: LATE + timedelta(minutes=minutes)),
    st.sampled_from(["Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Beirut", "UTC"]),
)
def test_a_day_said_as_the_last_holds_to_its_end(end: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    with time_machine.travel(end - timedelta(days=9), tick=False):
        said = until_text(end, reader("en-GB", name))
    day = datetime.strptime(said, "%d %B %Y").date()  # noqa: DTZ007 - a day of the zone
    assert last_second(day, zone) <= end < last_second(day + timedelta(days=1), zone)


@pytest.mark.parametrize("name", ["de-DE", "de_DE", "de"])
def test_a_locale_may_be_written_in_any_usual_way(name: str) -> None:
    assert locale_of(name).language == "de"


@pytest.mark.parametrize("name", [None, "", "x", "*", "tlh", "i-klingon", "-", "\0", "../de"])
def test_an_unknown_locale_is_british_english(name: str | None) -> None:
    assert str(locale_of(name)) == "en_GB"


@pytest.mark.parametrize(
    "name", [None, "", "Europe", "Nowhere/Land", "../../etc/passwd", "/etc", "\0", "é", "z" * 300]
)
def test_an_unknown_time_zone_is_utc(name: str | None) -> None:
    assert zone_of(name).key == "UTC"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_of_a_locale_or_zone_keeps_a_date_from_being_written(
    locale: str, time_zone: str
) -> None:
    assert "2026" in date_text(LATE, reader("en-GB", time_zone))
    assert date_text(LATE, reader(locale, "UTC"))
