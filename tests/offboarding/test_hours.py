"""When somebody of a team is there: by the clock on their wall, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offboarding.handoffs.hours import Opening, opening
from offboarding.policies.teams import MINUTES_OF_A_DAY, WEEKDAYS, Team

CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00Z", "2026-10-25T01:00Z"],
    "America/New_York": ["2026-03-08T07:00Z", "2026-11-01T06:00Z"],
    "Asia/Kathmandu": ["1985-12-31T18:30Z", "2026-11-23T09:30Z"],
    "Pacific/Apia": ["2011-12-30T10:00Z", "2012-03-31T14:00Z", "2012-09-29T14:00Z"],
    "America/Havana": ["2026-03-08T05:00Z", "2026-11-01T05:00Z"],  # at midnight
    "America/St_Johns": ["2010-03-14T03:31Z", "2010-11-07T02:31Z"],  # back to the day before
}
"""Zones, and instants about which their clocks change (in Kathmandu by a quarter, once)."""

MICROSECOND = timedelta(microseconds=1)


def a_team(
    hours: object,
    time_zone: str = "Europe/Berlin",
    calendars: tuple[str, ...] = (),
    closed_on: tuple[date, ...] = (),
) -> Team:
    return Team.model_validate(
        {
            "key": "support",
            "channel": "#offboarding-support",
            "time_zone": time_zone,
            "hours": hours,
            "holidays": calendars,
            "closed_on": [{"date": day, "name": "Ours"} for day in closed_on],
        }
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(until: str) -> Opening:
    return Opening(open=True, closes_at=utc(until))


def closed(until: str) -> Opening:
    return Opening(open=False, opens_at=utc(until))


OFFICE = {"monday-friday": "09:00-17:30"}


# --- an ordinary week


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T07:59:59", closed("2026-11-23T08:00")),
        ("2026-11-23T08:00", opened("2026-11-23T16:30")),
        ("2026-11-23T16:29:59", opened("2026-11-23T16:30")),
        ("2026-11-23T16:30", closed("2026-11-24T08:00")),
        ("2026-11-27T20:00", closed("2026-11-30T08:00")),
    ],
)
def test_an_office_opens_in_the_morning_and_closes_in_the_evening_of_its_place(
    at: str, expected: Opening
) -> None:
    assert opening(a_team(OFFICE), utc(at)) == expected


def test_a_pause_at_noon_is_closed() -> None:
    team = a_team({"monday": ["13:30-17:00", "09:00-12:30"]})
    assert opening(team, utc("2026-11-23T09:00")) == opened("2026-11-23T11:30")
    assert opening(team, utc("2026-11-23T12:00")) == closed("2026-11-23T12:30")


def test_times_that_follow_one_another_over_midnight_are_one() -> None:
    team = a_team({"friday": "22:00-24:00", "saturday": "00:00-02:00"})
    assert opening(team, utc("2026-11-27T21:30")) == opened("2026-11-28T01:00")


def test_days_may_go_over_the_end_of_the_week() -> None:
    team = a_team({"sunday-thursday": "09:00-17:00"}, "UTC")
    assert opening(team, utc("2026-11-22T10:00")) == opened("2026-11-22T17:00")
    assert opening(team, utc("2026-11-26T18:00")) == closed("2026-11-29T09:00")


def test_a_team_without_hours_never_opens() -> None:
    assert opening(a_team({}), utc("2026-11-23T09:30")) == Opening(open=False)


@pytest.mark.parametrize("hours", ["always", {"monday-sunday": "always"}])
def test_a_team_that_is_always_there_has_no_end_in_sight(hours: object) -> None:
    assert opening(a_team(hours), utc("2026-11-23T09:30")) == Opening(open=True)


# --- days off


def test_a_public_holiday_is_closed() -> None:
    team = a_team(OFFICE, calendars=("DE-BE",))
    assert opening(team, utc("2026-12-24T17:00")) == closed("2026-12-28T08:00")


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    at = utc("2027-03-08T09:00")  # a Monday, Women's Day
    assert not opening(a_team(OFFICE, calendars=("DE-BE",)), at).open
    assert opening(a_team(OFFICE, calendars=("DE-BY",)), at).open


def test_a_holiday_made_up_for_is_closed() -> None:
    team = a_team(OFFICE, "Europe/London", calendars=("GB-ENG",))
    # Boxing Day of 2026 is a Saturday.
    assert opening(team, utc("2026-12-25T10:00")) == closed("2026-12-29T09:00")


def test_a_day_of_ones_own_is_closed() -> None:
    team = a_team(OFFICE, closed_on=(date(2026, 11, 23),))
    assert opening(team, utc("2026-11-23T09:30")) == closed("2026-11-24T08:00")


def test_a_holiday_is_a_day_where_the_team_is() -> None:
    team = a_team("always", "Pacific/Auckland", closed_on=(date(2027, 1, 1),))
    assert opening(team, utc("2026-12-31T10:00")) == opened("2026-12-31T11:00")
    assert opening(team, utc("2026-12-31T11:00")) == closed("2027-01-01T11:00")


# --- when clocks change


def test_an_hour_that_the_clocks_leave_out_begins_where_they_go_on() -> None:
    team = a_team({"sunday": "02:30-05:00"})
    assert opening(team, utc("2026-03-29T00:00")) == closed("2026-03-29T01:00")
    assert opening(team, utc("2026-03-29T01:00")) == opened("2026-03-29T03:00")


def test_a_time_within_an_hour_left_out_is_passed_over() -> None:
    team = a_team({"sunday": "02:10-02:50"})
    assert opening(team, utc("2026-03-28T12:00")) == closed("2026-04-05T00:10")


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    team = a_team({"sunday": "02:30-05:00"})
    assert opening(team, utc("2026-10-25T00:00")) == closed("2026-10-25T00:30")
    assert opening(team, utc("2026-10-25T00:30")) == opened("2026-10-25T04:00")


def test_a_day_that_a_place_left_out_is_passed_over() -> None:
    # Samoa had no 30 December 2011, a Friday.
    team = a_team({"friday": "09:00-17:00"}, "Pacific/Apia")
    assert opening(team, utc("2011-12-30T09:00")) == closed("2012-01-05T19:00")
    always = a_team("always", "Pacific/Apia")
    assert opening(always, utc("2011-12-30T09:00")) == Opening(open=True)


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, list[str]]:
    """The hours of a week: up to three times a day, none over another."""
    hours = {}
    for day in draw(st.sets(st.sampled_from(WEEKDAYS))):
        minutes = st.integers(0, MINUTES_OF_A_DAY) | st.integers(0, 12).map(lambda n: n * 15)
        edges = sorted(draw(st.sets(minutes, max_size=6)))
        hours[day] = [f"{_clock(a)}-{_clock(b)}" for a, b in pairwise(edges)][::2]
    return hours


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def teams_and_moments(draw: st.DrawFn) -> tuple[Team, datetime]:
    """A team, and a moment not far from a change of its clocks."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    about = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    moment = about + draw(st.timedeltas(timedelta(days=-4), timedelta(days=4)))
    near = st.integers(-5, 5).map(lambda days: (about + timedelta(days=days)).date())
    calendars = draw(st.sampled_from([(), ("DE-BE",), ("US-NY", "WS")]))
    closed_on = tuple(draw(st.sets(near, max_size=3)))
    return a_team(draw(weeks()), zone, calendars, closed_on), moment


@settings(max_examples=300, deadline=None)
@given(team_and_moment=teams_and_moments(), percent=st.integers(0, 99))
def test_an_opening_agrees_with_itself(
    team_and_moment: tuple[Team, datetime], percent: int
) -> None:
    team, moment = team_and_moment
    found = opening(team, moment)
    change = found.closes_at if found.open else found.opens_at
    if change is None:
        return
    assert change > moment
    assert change.tzinfo is UTC
    assert opening(team, change).open is not found.open
    assert opening(team, change - MICROSECOND) == found
    assert opening(team, moment + (change - moment) * percent // 100) == found


@settings(max_examples=300, deadline=None)
@given(team_and_moment=teams_and_moments())
def test_a_team_is_there_when_the_clock_on_its_wall_says_so(
    team_and_moment: tuple[Team, datetime],
) -> None:
    team, moment = team_and_moment
    wall = moment.astimezone(ZoneInfo(team.time_zone))
    if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
        return  # this time comes twice
    minutes = wall.hour * 60 + wall.minute
    written = any(span.opens <= minutes < span.closes for span in team.week[wall.weekday()])
    free = wall.date() in {one.date for one in team.closed_on} or any(
        _is_public_holiday(code, wall.date()) for code in team.holidays
    )
    assert opening(team, moment).open is (written and not free)


def _is_public_holiday(code: str, day: date) -> bool:
    country, _, part = code.partition("-")
    return day in holidays.country_holidays(country, subdiv=part or None)
