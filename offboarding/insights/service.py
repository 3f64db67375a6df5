"""Why customers leave: everything that is told of a period, counted anew whenever it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from offboarding.cases.reasons import ChurnReason
from offboarding.insights.departures import Departure, Way, departures
from offboarding.insights.offers import HoldoutLine, OfferLine, holdout_lines, offer_lines
from offboarding.insights.people import Answered, People, answered, people
from offboarding.insights.period import Period
from offboarding.insights.tallies import Line, Speed, Tally, course, lines, speed, stays, tally

NOT_GIVEN = "not given"


@dataclass(frozen=True)
class Insights:
    """What there is to learn from a period, and from as many days before it."""

    period: Period
    departures: Sequence[Departure]
    all: Tally
    before: Tally
    reasons: Sequence[Line]
    """By `ChurnReason`, or NOT_GIVEN."""
    plans: Sequence[Line]
    stays: Sequence[Line]
    countries: Sequence[Line]
    ways: Sequence[tuple[Way, int]]
    """Where they said yes; only the ways that somebody took."""
    speed: Speed
    course: Sequence[tuple[date, Tally]]
    offers: Sequence[OfferLine]
    holdouts: Sequence[HoldoutLine]
    people: People
    survey: Sequence[Answered]


def insights(session: Session, period: Period) -> Insights:
    """All that is told of a period. A wish counts on the day on which it was said."""
    these, before = departures(session, period), departures(session, period.before)
    return Insights(
        period=period,
        departures=these,
        all=tally(these),
        before=tally(before),
        reasons=lines(these, _reason, before),
        plans=lines(these, lambda each: each.plan, before),
        stays=stays(these),
        countries=lines(these, lambda each: each.country, before),
        ways=[(way, count) for way in Way if (count := sum(each.way is way for each in these))],
        speed=speed(these),
        course=course(these, period),
        offers=offer_lines(these),
        holdouts=holdout_lines(these),
        people=people(session, period),
        survey=answered(session, period),
    )


def _reason(departure: Departure) -> ChurnReason | str:
    return departure.reason.value if departure.reason is not None else NOT_GIVEN
