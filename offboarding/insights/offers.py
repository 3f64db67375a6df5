"""Whether offers help: not who accepts one, but who is still there months later.

An offer that many accept and few outlast has only put the end off. Whether it changed anything at
all is known from those to whom it would have been made and was not (`holdout_percent` of
policy/offers.yml): chance alone decided who they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from offboarding import clock
from offboarding.insights.departures import Departure
from offboarding.insights.intervals import Difference, Share, difference
from offboarding.offers.model import OfferAnswer, OfferKind

AFTER_DAYS = (30, 60, 90)
"""When it is looked whether they are still there, in days after the wish."""


@dataclass(frozen=True)
class StillHere:
    """Who is still there so many days after the wish, of those for whom that day has come."""

    days: int
    share: Share


@dataclass(frozen=True)
class OfferLine:
    """One offer of policy/offers.yml, or those that agents made of a kind."""

    name: str
    kind: OfferKind
    by_agents: bool
    made: int
    accepted: int
    declined: int
    unanswered: int
    """Not answered, or taken back."""
    still_here: tuple[StillHere, ...]
    """Of those who accepted it."""


@dataclass(frozen=True)
class HoldoutLine:
    """An offer that was made to most of whom it fits, and left out with the others by chance."""

    name: str
    made: tuple[StillHere, ...]
    held_out: tuple[StillHere, ...]

    @property
    def differences(self) -> tuple[Difference | None, ...]:
        """What the offer changes, for each of the days; None where it is too early to tell."""
        return tuple(
            difference(made.share, left_out.share)
            for made, left_out in zip(self.made, self.held_out, strict=True)
        )


def offer_lines(these: Sequence[Departure]) -> list[OfferLine]:
    """The offers that were made, the most frequent first."""
    groups: dict[tuple[str, OfferKind, bool], list[tuple[Departure, OfferAnswer | None]]] = {}
    for departure in these:
        for offer in departure.offers:
            key = ("" if offer.by_agent else offer.name, offer.kind, offer.by_agent)
            groups.setdefault(key, []).append((departure, offer.answer))
    found = []
    for (name, kind, by_agents), made in groups.items():
        answers = [answer for _, answer in made]
        accepted, declined = (
            answers.count(answer) for answer in (OfferAnswer.ACCEPTED, OfferAnswer.DECLINED)
        )
        takers = [each for each, answer in made if answer is OfferAnswer.ACCEPTED]
        found.append(
            OfferLine(
                name=name,
                kind=kind,
                by_agents=by_agents,
                made=len(made),
                accepted=accepted,
                declined=declined,
                unanswered=len(made) - accepted - declined,
                still_here=still_here(takers),
            )
        )
    return sorted(found, key=lambda line: (-line.made, line.name, line.kind))


def holdout_lines(these: Iterable[Departure]) -> list[HoldoutLine]:
    """The offers that were left out with some, by name.

    Both sides are told apart by chance alone, from the same moment on: all to whom the rule was to
    be offered, whatever they answered, against all with whom it was left out.
    """
    made: dict[str, list[Departure]] = {}
    held_out: dict[str, list[Departure]] = {}
    for each in these:
        if each.decided is not None and each.decided.rule is not None:
            side = held_out if each.decided.held_out else made
            side.setdefault(each.decided.rule, []).append(each)
    return [
        HoldoutLine(name, still_here(made.get(name, ())), still_here(held_out[name]))
        for name in sorted(held_out)
    ]


def still_here(these: Iterable[Departure]) -> tuple[StillHere, ...]:
    """Who of these is still there, so many days after the wish."""
    found, now = list(these), clock.now()
    return tuple(StillHere(days, _share(found, days, now)) for days in AFTER_DAYS)


def _share(these: Iterable[Departure], days: int, now: datetime) -> Share:
    of_age = [each for each in these if each.opened_at + timedelta(days=days) <= now]
    return Share(sum(each.still_here_after(days) for each in of_age), len(of_age))
