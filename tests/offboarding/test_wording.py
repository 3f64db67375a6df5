"""Dates and money as customers read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offboarding.accounts.model import Customer
from offboarding.wording import (
    date_text,
    locale_of,
    moment_text,
    money_text,
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
