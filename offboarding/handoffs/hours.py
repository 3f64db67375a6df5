"""Whether somebody of a team is there, and until or from when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from offboarding.policies.teams import Team

_HORIZON = timedelta(days=400)
"""How far ahead is looked: a year and any row of holidays."""


@dataclass(frozen=True)
class Opening:
    """Whether somebody is there at a moment. Instants in UTC."""

    open: bool
    closes_at: datetime | None = None
    """The first instant in which nobody is there; None while closed, and where none is in sight."""
    opens_at: datetime | None = None
    """The next instant in which somebody is there; None while open, and for a team never there."""


def opening(team: Team, moment: datetime) -> Opening:
    """Whether somebody of the team is there at `moment`, and until or from when."""
    horizon = moment + _HORIZON
    for opens_at, closes_at in _joined(_openings(team, moment)):
        if closes_at <= moment:
            continue
        if opens_at > moment:
            return Opening(open=False, opens_at=opens_at)
        return Opening(open=True, closes_at=closes_at if closes_at < horizon else None)
    return Opening(open=False)


def _joined(openings: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Those that follow one another without a gap, as over midnight, as one."""
    current = next(openings, None)
    for following in openings:
        if current is not None and following[0] <= current[1]:
            current = (current[0], max(current[1], following[1]))
            continue
        if current is not None:
            yield current
        current = following
    if current is not None:
        yield current


def _openings(team: Team, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times of each day, in order, from the day of `moment` to beyond the horizon."""
    zone, week = ZoneInfo(team.time_zone), team.week
    closed = {one.date for one in team.closed_on}
    today = moment.astimezone(zone).date()
    for step in range(_HORIZON.days + 2):
        day = today + timedelta(days=step)
        if day in closed or _is_holiday(team, day):
            continue
        for span in week[day.weekday()]:
            opens_at, closes_at = (_instant(day, minutes, zone) for minutes in span)
            if opens_at < closes_at:  # a day or an hour that the clocks left out has none
                yield opens_at, closes_at


def _is_holiday(team: Team, day: date) -> bool:
    return any(day in _public_holidays(code, day.year) for code in team.holidays)


@lru_cache(maxsize=256)
def _public_holidays(code: str, year: int) -> frozenset[date]:
    country, _, subdivision = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first instant at which the wall clock there shows this time of the day, or a later one.

    Where clocks go back a time comes twice, and the first counts. Where they go forward over it, it
    is the instant at which they do.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(instant, zone) == wall:
        return instant
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while instant - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(instant - before) // timedelta(seconds=2))
        before, instant = (middle, instant) if _wall(middle, zone) < wall else (before, middle)
    return instant


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
