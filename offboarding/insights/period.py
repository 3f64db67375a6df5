"""The days that are looked at, by the calendar of the company's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from offboarding import clock
from offboarding.errors import OffboardingError

MOST_DAYS = 5 * 366
EARLIEST = date(2000, 1, 1)
"""No wish is older, and the calendar holds as many days before it as can be asked for."""
_A_DAY = timedelta(days=1)


class PeriodInvalidError(OffboardingError):
    """These are no days that can be looked at."""

    word = "period_invalid"


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both of them whole."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last + _A_DAY, time(), self.zone).astimezone(UTC)

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before these."""
        return Period(self.first - timedelta(days=self.days), self.first - _A_DAY, self.zone)


def last_days(days: int, zone: ZoneInfo) -> Period:
    """The last so many days, today among them."""
    return period(today(zone) - timedelta(days=days - 1), today(zone), zone)


def period(first: date, last: date, zone: ZoneInfo) -> Period:
    """The days from one to another. Raises PeriodInvalidError."""
    if last < first:
        raise PeriodInvalidError("The last day is before the first. Swap them.")
    if first < EARLIEST:
        raise PeriodInvalidError(
            f"That is before {EARLIEST.year}. Choose a first day from {EARLIEST} on."
        )
    if first > today(zone):
        raise PeriodInvalidError("That has not begun yet. Choose a first day until today.")
    found = Period(first, last, zone)
    if found.days > MOST_DAYS:
        raise PeriodInvalidError(f"These are {found.days:,} days. Choose {MOST_DAYS:,} at most.")
    return found


def today(zone: ZoneInfo) -> date:
    """The day it is there."""
    return clock.now().astimezone(zone).date()
