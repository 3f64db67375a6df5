"""The teams of policy/routing.yml: their channel, their hours, what they promise."""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from offboarding.policies.reading import PolicyModel

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_OF_A_DAY = 24 * 60

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_CHANNEL_NAME = re.compile(r"#[\w-]{1,79}")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{8,20}")
_CALENDAR = re.compile(r"[A-Z]{2}(-[\w ]+)?")


class Span(NamedTuple):
    """A time of the day in which somebody is there, in minutes from midnight by the wall clock."""

    opens: int
    closes: int
    """The first minute in which nobody is there any more; 1440 is the end of the day."""


def mistake_at(place: tuple[int | str, ...], mend: str) -> ValidationError:
    """A mistake that lies deeper than the validator that finds it, so that its line is named."""
    kind = PydanticCustomError("mistake", "{mend}", {"mend": mend})
    details = InitErrorDetails(type=kind, loc=place, input=None)
    return ValidationError.from_exception_data("policy", [details])


def is_channel(name: str) -> bool:
    """Whether it has the shape of a Slack channel's name, with its #, or of its id."""
    named = _CHANNEL_NAME.fullmatch(name) is not None and name == name.lower()
    return named or _CHANNEL_ID.fullmatch(name) is not None


def _not_swallowed(value: Any) -> Any:
    if value is None:
        raise ValueError('there is nothing here. Write a channel in quotes: "#offboarding-support"')
    return value


def _channel(name: str) -> str:
    if not is_channel(name):
        raise ValueError(
            "this is no Slack channel. Write its name in small letters with # and in quotes, "
            '"#offboarding-support", or its id, such as C024BE91L'
        )
    return name


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        mend = "Write one such as Europe/Berlin"
        raise ValueError(f"there is no time zone {name}. {mend}") from error
    return name


def _calendar(code: str) -> str:
    if not _has_calendar(code):
        raise ValueError(
            f"there is no calendar of public holidays for {code}. Write a country, or a country "
            "and its part, such as DE, DE-BE or GB-ENG"
        )
    return code


def _has_calendar(code: str) -> bool:
    country, _, subdivision = code.partition("-")
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        return False
    return _CALENDAR.fullmatch(code) is not None


def weekdays_of(days: str) -> list[int]:
    """`monday-friday` as numbers from 0 (Monday); `friday-monday` goes over the weekend.

    Raises ValueError whose sentence names the mend.
    """
    first, _, last = days.partition("-")
    for name in (first, last or first):
        if name not in WEEKDAYS:
            raise ValueError(f"there is no day {name}. Write monday, or monday-friday")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _days(days: str) -> str:
    weekdays_of(days)
    return days


def _week(written: Any) -> Any:
    return {"monday-sunday": written} if written == "always" else written


def _spans(written: Any) -> Any:
    if written == "always":
        return (Span(0, MINUTES_OF_A_DAY),)
    several = written if isinstance(written, list) else [written]
    spans = sorted(_span(one) for one in several)
    for earlier, later in pairwise(spans):
        if later.opens < earlier.closes:
            raise ValueError("two times of this day overlap. Write them one after the other")
    return tuple(spans)


def _span(written: Any) -> Span:
    found = _SPAN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(
            f'{written or "nothing"} is no time of day. Write "09:00-17:30", or always'
        )
    hour, minute, last_hour, last_minute = map(int, found.groups())
    span = Span(hour * 60 + minute, last_hour * 60 + last_minute)
    if span.closes > MINUTES_OF_A_DAY:
        raise ValueError(f"{written} ends after the day does. The latest end is 24:00")
    if span.closes <= span.opens:
        raise ValueError(
            f"{written} ends before it begins. A time that goes over midnight is written in two: "
            "until 24:00, and from 00:00 on the day after"
        )
    return span


TeamKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Channel = Annotated[str, BeforeValidator(_not_swallowed), AfterValidator(_channel)]
Days = Annotated[str, AfterValidator(_days)]
Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class ClosedDay(PolicyModel):
    """A day of the team's own calendar on which nobody is there."""

    date: date
    name: Line


class Team(PolicyModel):
    """People who answer customers in one Slack channel."""

    key: TeamKey
    """What it is called in policy/routing.yml; taken from the list there."""
    name: Line = "our team"
    """What customers read: "somebody from our support team"."""
    channel: Channel
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    hours: Annotated[dict[Days, Spans], BeforeValidator(_week)]
    """When somebody is there, by the wall clock of `time_zone`; a day not named is closed."""
    holidays: tuple[Annotated[str, AfterValidator(_calendar)], ...] = ()
    """Whose public holidays are closed: codes of the package `holidays`, DE-BE, GB-ENG."""
    closed_on: tuple[ClosedDay, ...] = ()
    """Days that are closed besides."""
    claim_within_seconds: Annotated[int, Field(ge=1, le=180)] = 180
    """The promise: in so long a person has taken the conversation."""
    remind_after_seconds: Annotated[int, Field(ge=1, le=3600)] = 90
    """Nobody has taken it: the channel is reminded."""
    answer_within_seconds: Annotated[int, Field(ge=30, le=3600)] = 300
    """Somebody has taken it, and the customer waits for an answer: that person is reminded, and
    as long after that the team is asked again."""
    escalate_to: Annotated[str | None, BeforeValidator(_not_swallowed)] = None
    """Where it goes on to once the promised time is over: another team, or a channel."""

    @field_validator("hours")
    @classmethod
    def _names_each_day_once(cls, hours: dict[str, tuple[Span, ...]]) -> Any:
        known: set[int] = set()
        for days in hours:
            for weekday in weekdays_of(days):
                if weekday in known:
                    day = WEEKDAYS[weekday]
                    raise mistake_at((days,), f"{day} is named twice. Write each day once")
                known.add(weekday)
        return hours

    @property
    def week(self) -> tuple[tuple[Span, ...], ...]:
        """The times of each weekday, Monday first."""
        by_day = {day: spans for days, spans in self.hours.items() for day in weekdays_of(days)}
        return tuple(by_day.get(day, ()) for day in range(7))
