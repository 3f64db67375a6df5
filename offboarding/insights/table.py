"""Every wish to leave in a row of a table, for spreadsheets and programs."""

from collections.abc import Iterable, Iterator, Sequence

from offboarding.exports.archive.values import cell, written
from offboarding.insights.departures import Departure

TABLE = (
    "case",
    "said_at",
    "outcome",
    "reason",
    "plan",
    "interval",
    "country",
    "account_kind",
    "days_with_us",
    "said_yes_at",
    "left_at",
    "way",
    "monthly_minor",
    "currency",
    "refund_minor",
    "offers",
    "held_out",
    "returned",
)
"""The columns: amounts in minor units of `currency`, instants in UTC."""


def table(these: Iterable[Departure], *, with_cases: bool) -> Iterator[Sequence[str]]:
    """The columns, then each wish in their order; no cell can begin a formula.

    Without cases the first column is left out: the number leads to whose wish it is.
    """
    first = 0 if with_cases else 1
    yield TABLE[first:]
    for each in these:
        yield [cell(*written(value, None)) for value in _values(each)[first:]]


def _values(departure: Departure) -> Sequence[object]:
    decided = departure.decided
    return (
        departure.number,
        departure.opened_at,
        departure.outcome,
        departure.reason,
        departure.plan,
        departure.interval,
        departure.country,
        departure.account_kind,
        departure.days_with_us,
        departure.confirmed_at,
        departure.left_at,
        departure.way,
        departure.monthly_minor,
        departure.currency,
        departure.refund_minor,
        " ".join(_offer(offer.name, offer.answer) for offer in departure.offers),
        decided.rule if decided is not None and decided.held_out else None,
        departure.returned,
    )


def _offer(name: str, answer: str | None) -> str:
    return f"{name}={answer or 'unanswered'}"
