"""What an account sheet says, and whether a text says it too: dates and amounts, leniently."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Self

from babel.dates import format_date, get_month_names
from babel.numbers import get_currency_precision
from pydantic import Field, model_validator

from offboarding.policies.reading import PolicyModel
from offboarding.practice.phrases import Phrase, plainly, says
from offboarding.wording import money_text

_MONTHS = {
    name: number
    for number in range(1, 13)
    for width in ("wide", "abbreviated")
    for name in (get_month_names(width, locale="en_US")[number].casefold(),)
} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN = (
    re.compile(rf"(?<!\d){_DAY}\.?\s*(?:of\s+)?{_MONTH}{_YEAR}"),
    re.compile(rf"\b{_MONTH}\s*(?:the\s+)?{_DAY}\b{_YEAR}"),
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
)
_IN_FIGURES = re.compile(
    r"(?<![\d.,/])(\d{1,2})(?P<mark>[./])(\d{1,2})(?:(?P=mark)(\d{4}|\d{2})\b|(?P=mark))?(?![\d%])"
)
_DAY_ALONE = re.compile(r"\bthe\s+(\d{1,2})(?:st|nd|rd|th)\b")
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<whole>\d{1,3}(?:[ .,']\d{3})+|\d{1,9})(?:[.,](?P<part>\d{2}))?"
    r"(?!\s?%)(?![.,]?\d)(?:(?=eur|usd|gbp|sek|chf)|(?![a-z]))"
)


class Fact(PolicyModel):
    """One row of the account sheet. It has one of `date`, `amount` and `text`."""

    label: Annotated[str, Field(min_length=1, max_length=80)]
    date: dt.date | None = None
    amount: Annotated[Decimal, Field(ge=0, le=10_000_000)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    text: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    also: tuple[Phrase, ...] = ()
    """Other wordings that say it as well: tomorrow, in three weeks."""

    @model_validator(mode="after")
    def _has_one_value(self) -> Self:
        if [self.date, self.amount, self.text].count(None) != 2:
            raise ValueError("give exactly one of `date`, `amount` and `text`")
        return self

    @property
    def value(self) -> str:
        """What the row says, written as customers read it."""
        if self.date is not None:
            return format_date(self.date, format="long", locale="en_GB")
        if self.amount is not None:
            minor = self.amount * 10 ** get_currency_precision(self.currency)
            return money_text(int(minor), self.currency)
        return self.text or ""

    def is_in(self, text: str) -> bool:
        """Whether a text says this."""
        if says(text, self.also):
            return True
        if self.date is not None:
            return _says_date(text, self.date)
        if self.amount is not None:
            return self.amount in set(_amounts(text))
        return plainly(self.text or "") in plainly(text)


def dates_written(text: str) -> Iterator[tuple[dt.date, bool]]:
    """Each date of a text with a month in words, or year first; whether it names a year.

    One without a year is given the leap year 2000, so that every day of a calendar exists in it.
    """
    plain = plainly(text)
    for pattern in _WRITTEN:
        for found in pattern.finditer(plain):
            month = _MONTHS.get(found["month"]) or int(found["month"])
            made = _date(found["year"], month, int(found["day"]))
            if made is not None:
                yield made, found["year"] is not None


def same_day(one: dt.date, other: dt.date, *, with_year: bool) -> bool:
    """Whether two dates are the same day, of the same year where that was named."""
    same = (one.month, one.day) == (other.month, other.day)
    return same and (not with_year or one.year == other.year)


def _says_date(text: str, day: dt.date) -> bool:
    if any(same_day(day, each, with_year=year) for each, year in dates_written(text)):
        return True
    plain = plainly(text)
    if any(int(alone) == day.day for alone in _DAY_ALONE.findall(plain)):
        return True
    for first, _mark, second, year in _IN_FIGURES.findall(plain):
        right_year = not year or int(year) % 100 == day.year % 100
        if right_year and {(int(first), int(second))} <= {
            (day.day, day.month),
            (day.month, day.day),
        }:
            return True
    return False


def _date(year: str | None, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(int(year or 2000), month, day)
    except ValueError:
        return None


def _amounts(text: str) -> Iterator[Decimal]:
    plain = plainly(text)
    for pattern in _WRITTEN:
        plain = pattern.sub(" ", plain)
    for found in _NUMBER.finditer(plain):
        whole = re.sub(r"\D", "", found["whole"])
        yield Decimal(f"{whole}.{found['part'] or '00'}")
