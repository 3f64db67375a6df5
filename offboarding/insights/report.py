"""All insights of a period as JSON, for programs that draw or compare them."""

from collections.abc import Iterable
from typing import Any

from offboarding.insights.intervals import Share
from offboarding.insights.offers import HoldoutLine, OfferLine, StillHere
from offboarding.insights.service import Insights
from offboarding.insights.tallies import Line, Money, Tally


def as_json(found: Insights) -> dict[str, Any]:
    """Counts, shares from 0 to 1 with their 95 % intervals, amounts in minor units, seconds."""
    wait = found.people.median_wait
    return {
        "from": found.period.first.isoformat(),
        "to": found.period.last.isoformat(),
        "time_zone": found.period.zone.key,
        "all": _tally(found.all),
        "before": _tally(found.before),
        "seconds_to_yes": {"median": found.speed.median, "nine_of_ten": found.speed.nine_of_ten},
        "reasons": _lines(found.reasons),
        "plans": _lines(found.plans),
        "time_with_us": _lines(found.stays),
        "countries": _lines(found.countries),
        "ways": {way.value: count for way, count in found.ways},
        "course": [{"from": day.isoformat(), **_tally(tally)} for day, tally in found.course],
        "offers": [_offer(each) for each in found.offers],
        "holdouts": [_holdout(each) for each in found.holdouts],
        "people": {
            "asked_for": found.people.asked_for,
            "by_cause": {cause.value: count for cause, count in found.people.by_cause},
            "promised": found.people.promised,
            "kept": found.people.kept,
            "median_wait_seconds": wait.total_seconds() if wait is not None else None,
            "nobody_came": found.people.nobody_came,
        },
        "survey": {
            each.question.value: {"asked": each.asked, "answered": each.answered}
            for each in found.survey
        },
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "wishes": tally.wishes,
        "left": tally.left,
        "stayed": tally.stayed,
        "came_back": tally.came_back,
        "undecided": tally.undecided,
        "left_later": tally.left_later,
        "returned": tally.returned,
        "still_here": _share(tally.still_here),
        "leaving_a_month": _amounts(tally.leaving),
        "paid_back": _amounts(tally.paid_back),
    }


def _lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [
        {"name": str(line.name), "share": line.share, "before": line.before, **_tally(line.tally)}
        for line in lines
    ]


def _offer(line: OfferLine) -> dict[str, Any]:
    return {
        "name": line.name or None,
        "kind": line.kind.value,
        "by_agents": line.by_agents,
        "made": line.made,
        "accepted": line.accepted,
        "declined": line.declined,
        "unanswered": line.unanswered,
        "still_here": _still_here(line.still_here),
    }


def _holdout(line: HoldoutLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "made": _still_here(line.made),
        "held_out": _still_here(line.held_out),
        "differences": [
            None
            if each is None
            else {"value": each.value, "interval": [each.low, each.high], "sure": each.sure}
            for each in line.differences
        ],
    }


def _still_here(found: Iterable[StillHere]) -> list[dict[str, Any]]:
    return [{"days": each.days, **_share(each.share)} for each in found]


def _share(share: Share) -> dict[str, Any]:
    known = {"value": share.value, "interval": list(share.interval)} if share.of else {}
    return {"count": share.count, "of": share.of, **known}


def _amounts(amounts: Iterable[Money]) -> dict[str, int]:
    return {each.currency: each.minor for each in amounts}
