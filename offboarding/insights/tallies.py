"""Counting wishes to leave: all of them, and by what they have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from offboarding.insights.departures import Departure, Outcome, Way
from offboarding.insights.intervals import Share
from offboarding.insights.period import Period

_WEEK = timedelta(days=7)
_MANY_WEEKS = 13
"""From so many on, a period is told by the month."""

STAYS = (
    (31, "Up to a month"),
    (92, "One to three months"),
    (365, "Three months to a year"),
    (730, "One to two years"),
    (None, "Longer than two years"),
)
"""How long they had been with us: up to so many days, and how that is called."""


@dataclass(frozen=True)
class Money:
    """An amount in minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Tally:
    """What became of some wishes to leave."""

    wishes: int
    left: int
    stayed: int
    came_back: int
    undecided: int
    left_later: int
    """Of those who stayed or came back: how many have left since. They did not stay after all."""
    returned: int
    """Of those who left: how many began another plan after the end."""
    leaving: tuple[Money, ...]
    """What those who left had paid a month, each currency by itself, the largest first."""
    paid_back: tuple[Money, ...]

    @property
    def decided(self) -> int:
        """Those who left, stayed or came back."""
        return self.wishes - self.undecided

    @property
    def still_here(self) -> Share:
        """Of those who decided, who is still a customer: whoever has left since is not."""
        return Share(self.stayed + self.came_back - self.left_later, self.decided)


@dataclass(frozen=True)
class Line:
    """Some wishes, by what they have in common."""

    name: str
    tally: Tally
    share: float
    """Of all wishes of the period, from 0 to 1."""
    before: int | None
    """How many there were in the period before; None where that is not told."""


@dataclass(frozen=True)
class Speed:
    """How long it took from the wish to the yes, in seconds; None where nobody said yes."""

    median: float | None
    nine_of_ten: float | None
    """Nine of ten were no slower."""


Name = Callable[[Departure], str]


def tally(these: Iterable[Departure]) -> Tally:
    """What became of these."""
    found = list(these)
    by = {outcome: [each for each in found if each.outcome is outcome] for outcome in Outcome}
    kept = by[Outcome.STAYED] + by[Outcome.CAME_BACK]
    left = by[Outcome.LEFT]
    return Tally(
        wishes=len(found),
        left=len(left),
        stayed=len(by[Outcome.STAYED]),
        came_back=len(by[Outcome.CAME_BACK]),
        undecided=len(by[Outcome.UNDECIDED]),
        left_later=sum(each.left_at is not None for each in kept),
        returned=sum(each.returned for each in left),
        leaving=_sums((each.monthly_minor, each.currency) for each in left),
        paid_back=_sums((each.refund_minor, each.currency) for each in left),
    )


def lines(
    these: Sequence[Departure], name: Name, before: Sequence[Departure] | None = None
) -> list[Line]:
    """These by name, the most frequent first; with `before`, also what is there no more."""
    groups = _grouped(these, name)
    earlier = {} if before is None else _grouped(before, name)
    found = [
        Line(
            each,
            tally(groups.get(each, ())),
            len(groups.get(each, ())) / len(these) if these else 0.0,
            None if before is None else len(earlier.get(each, ())),
        )
        for each in {**groups, **earlier}
    ]
    return sorted(found, key=lambda line: (-line.tally.wishes, -(line.before or 0), line.name))


def stay(departure: Departure) -> str:
    """How long they had been with us, in words."""
    return next(name for most, name in STAYS if most is None or departure.days_with_us <= most)


def stays(these: Sequence[Departure]) -> list[Line]:
    """By how long they had been with us, the shortest first."""
    by_name = {line.name: line for line in lines(these, stay)}
    return [by_name[name] for _, name in STAYS if name in by_name]


def course(these: Sequence[Departure], period: Period) -> list[tuple[date, Tally]]:
    """Week by week, or month by month where there are many: the first day of each, and its wishes.

    Weeks begin with the period, months on their first day; those without a wish are there too.
    """
    starts = _starts(period)
    groups: Mapping[date, list[Departure]] = {start: [] for start in starts}
    for each in these:
        day = each.opened_at.astimezone(period.zone).date()
        groups[max(start for start in starts if start <= day)].append(each)
    return [(start, tally(group)) for start, group in groups.items()]


def speed(these: Iterable[Departure], way: Way | None = None) -> Speed:
    """How quickly those who left had said yes, in one way or in all."""
    seconds = sorted(
        each.seconds_to_yes
        for each in these
        if each.seconds_to_yes is not None and (way is None or each.way is way)
    )
    return Speed(_at(seconds, 5), _at(seconds, 9))


def _at(ordered: Sequence[float], tenths: int) -> float | None:
    """The value that so many tenths of them do not exceed (nearest rank)."""
    return ordered[-(-len(ordered) * tenths // 10) - 1] if ordered else None


def _grouped(these: Iterable[Departure], name: Name) -> dict[str, list[Departure]]:
    groups: dict[str, list[Departure]] = {}
    for each in these:
        groups.setdefault(name(each), []).append(each)
    return groups


def _sums(amounts: Iterable[tuple[int, str]]) -> tuple[Money, ...]:
    sums: dict[str, int] = {}
    for minor, currency in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    found = [Money(minor, currency) for currency, minor in sums.items() if minor]
    return tuple(sorted(found, key=lambda money: (-money.minor, money.currency)))


def _starts(period: Period) -> list[date]:
    if period.days > _MANY_WEEKS * 7:
        first, starts = period.first, [period.first]
        while (first := _next_month(first)) <= period.last:
            starts.append(first)
        return starts
    return [period.first + _WEEK * week for week in range(-(-period.days // 7))]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
