"""Finds the dates in a text, and the day that is meant where it can be no other."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache

from dateutil.parser import ParserError, parse

from bot.nlu.entities.calendar_words import DAYS_AWAY, CalendarWords
from bot.nlu.entities.date_shapes import DATE_SHAPES
from bot.nlu.entities.span import Span, apart

NEAR = timedelta(days=92)
"""A day without a year is the one this near, if one is: for another people say the year."""

Reading = tuple[int | None, int, int]
"""Year, month and day as the words give them; the year may be left open."""


def dates_in(text: str, days: Collection[date]) -> list[Span]:
    """The dates in a text, none on another.

    `days` are those on which the message may have been written: more than one where it is not
    known on which side of midnight the customer was.
    """
    return apart(
        _date(found.start(), found.end(), found.group(), days)
        for shape in DATE_SHAPES
        for found in shape.finditer(text)
    )


def day_meant(words: str, days: Collection[date]) -> date | None:
    """The day that the words mean, if they can mean no other."""
    words = " ".join(words.casefold().split()).removeprefix("the ")
    if words in DAYS_AWAY:
        return _only({day + timedelta(days=DAYS_AWAY[words]) for day in days})
    try:
        return date.fromisoformat(words)
    except ValueError:
        readings = {_reading(words, dayfirst=dayfirst) for dayfirst in (True, False)} - {None}
    return _only({_nearest(reading, days) for reading in readings if reading})


def _date(start: int, end: int, words: str, days: Collection[date]) -> Span:
    day = day_meant(words, days)
    return Span("date", start, end, words, {"day": day.isoformat()} if day else {})


def _reading(words: str, *, dayfirst: bool) -> Reading | None:
    # What the words leave open is taken from the default: a part is given where both agree.
    try:
        one, other = (
            parse(words, _calendar_words(dayfirst=dayfirst), default=default)
            for default in (datetime(2000, 1, 1), datetime(2004, 3, 31))  # noqa: DTZ001
        )
    except (ParserError, OverflowError):
        return None
    if (one.month, one.day) != (other.month, other.day):
        return None
    return (one.year if one.year == other.year else None), one.month, one.day


@cache
def _calendar_words(*, dayfirst: bool) -> CalendarWords:
    return CalendarWords(dayfirst=dayfirst)


def _nearest(reading: Reading, days: Collection[date]) -> date | None:
    year, month, day = reading
    if year:
        return _day(year, month, day)
    years = {each.year + step for each in days for step in (-1, 0, 1)}
    meant = {found for each in years if (found := _day(each, month, day))}
    return _only({each for each in meant if all(abs(each - day) <= NEAR for day in days)})


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _only(days: Collection[date | None]) -> date | None:
    return next(iter(days)) if len(days) == 1 else None
