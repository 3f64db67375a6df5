"""The words of the calendar in the languages that customers write, names from Unicode's tables."""

from __future__ import annotations

from typing import ClassVar

from babel import Locale
from dateutil.parser import parserinfo

_LOCALES = ("en", "en_GB", "de", "es")


def _names(table: str, width: str) -> dict[str, int]:
    return {
        name.casefold().rstrip("."): number
        for locale in map(Locale.parse, _LOCALES)
        for context in ("format", "stand-alone")
        for number, name in getattr(locale, table)[context][width].items()
    }


WEEKDAY_NUMBERS = _names("days", "wide")
"""Each name of a weekday, in lower case, and its number; Monday is 0."""

_MONTHS_IN_FULL = _names("months", "wide")

MONTH_NUMBERS = _names("months", "abbreviated") | _MONTHS_IN_FULL
"""Each name of a month, in lower case and without a dot, and its number."""

# Spain's short August is an everyday word of English: "3 days ago".
del MONTH_NUMBERS["ago"]

MONTHS_ALONE = frozenset(_MONTHS_IN_FULL) - {"may", "march"}
"""The names that hardly mean anything but a month."""

DAYS_AWAY = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "day after tomorrow": 2,
    "day before yesterday": -2, "heute": 0, "gestern": -1, "übermorgen": 2, "vorgestern": -2,
    "hoy": 0, "ayer": -1, "pasado mañana": 2, "anteayer": -2,
}  # fmt: skip
"""Words for a day, and how far it lies from the day they are written on."""

DAYS_IN_DOUBT = frozenset({"morgen", "mañana"})
"""Tomorrow, or the morning."""


def _by_number(names: dict[str, int]) -> list[tuple[str, ...]]:
    numbers = sorted(set(names.values()))
    return [tuple(name for name in names if names[name] == number) for number in numbers]


class CalendarWords(parserinfo):
    """What dateutil has to know to read a date in any of the languages."""

    JUMP: ClassVar[list[str]] = [*parserinfo.JUMP, "the", "de", "del"]
    MONTHS: ClassVar[list[tuple[str, ...]]] = _by_number(MONTH_NUMBERS)
    WEEKDAYS: ClassVar[list[tuple[str, ...]]] = _by_number(WEEKDAY_NUMBERS)
