"""Every wish to leave of a period, as far as it came: what all of the insights are counted from.

Nothing of a person is read: no name, no address, no word. What is said of a wish stays after the
erasure of who had it, so the figures of a period do not shrink.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from offboarding.accounts.model import (
    Account,
    AccountKind,
    Interval,
    Plan,
    Subscription,
    SubscriptionState,
)
from offboarding.audit.model import AuditEntry
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import PROMISED, CaseState
from offboarding.insights.period import Period
from offboarding.offers.model import Offer, OfferAnswer, OfferKind


class Outcome(StrEnum):
    """What became of a wish to leave."""

    LEFT = "left"
    """They said yes to a cancellation, and have not taken it back."""
    STAYED = "stayed"
    """They said that they stay, or took an offer, before anything was cancelled."""
    CAME_BACK = "came_back"
    """They cancelled, and took it back before the end."""
    UNDECIDED = "undecided"
    """They went without a yes and without a no. That is not counted as having stayed."""


OUTCOMES: Mapping[CaseState, Outcome] = {
    CaseState.OPEN: Outcome.UNDECIDED,
    CaseState.SHOWN: Outcome.UNDECIDED,
    CaseState.CONFIRMED: Outcome.LEFT,
    CaseState.SCHEDULED: Outcome.LEFT,
    CaseState.ENDED: Outcome.LEFT,
    CaseState.KEPT: Outcome.STAYED,
    CaseState.UNDONE: Outcome.CAME_BACK,
}


class Way(StrEnum):
    """Where they said yes."""

    CHAT = "chat"
    """To the assistant, on the website or by text."""
    PAGE = "page"
    """On the Cancel now page."""
    PERSON = "person"
    """With an agent, or by staff."""


@dataclass(frozen=True, slots=True)
class MadeOffer:
    """A retention offer that was made, and the answer; None where there was none."""

    name: str
    kind: OfferKind
    by_agent: bool
    answer: OfferAnswer | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the assistant decided to offer by policy/offers.yml: `rule`, or nothing."""

    rule: str | None
    held_out: bool
    """Whether the rule fitted and the offer was left out, to see what it changes."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One customer's wish to leave one plan."""

    number: str
    opened_at: datetime
    outcome: Outcome
    reason: ChurnReason | None
    """None where none was given; on the Cancel now page nobody is asked."""
    plan: str
    interval: Interval
    country: str
    account_kind: AccountKind
    days_with_us: int
    """From the beginning of the contract to the wish."""
    confirmed_at: datetime | None
    left_at: datetime | None
    """When they said yes to the cancellation that holds, by this wish or a later one, or the plan
    ended without a case."""
    monthly_minor: int
    """What they pay a month, in minor units of `currency`: the next payment as it was shown, else
    the plan's price; a yearly one by the twelfth."""
    currency: str
    refund_minor: int
    """What was agreed to be paid back; 0 where nothing was, or they did not leave."""
    way: Way | None
    """None where there was no yes, or nobody noted where it was said."""
    offers: tuple[MadeOffer, ...]
    """In the order in which they were made."""
    decided: Decided | None
    """None where no offer was considered, as on the Cancel now page."""
    returned: bool
    """Whether the account began another plan after this one had ended."""

    @property
    def seconds_to_yes(self) -> float | None:
        """From the wish to the yes; None where there was none."""
        if self.confirmed_at is None or self.outcome is not Outcome.LEFT:
            return None
        return max(0.0, (self.confirmed_at - self.opened_at).total_seconds())

    def still_here_after(self, days: int) -> bool:
        """Whether they had not left so many days after the wish."""
        return self.left_at is None or self.left_at > self.opened_at + timedelta(days=days)


def departures(session: Session, period: Period) -> list[Departure]:
    """The wishes that were said in a period, the oldest first."""
    reading = _Reading(session, period)
    return list(reading.departures())


@dataclass(frozen=True)
class _Reading:
    session: Session
    period: Period

    @property
    def _within(self) -> sa.ColumnElement[bool]:
        return sa.and_(
            Case.opened_at >= self.period.starts_at, Case.opened_at < self.period.ends_at
        )

    def departures(self) -> Iterator[Departure]:
        offers, ways, decided = self._offers(), self._ways(), self._decided()
        returned, left = self._returned(), self._left()
        for row in map(dict, self.session.execute(_CASES.where(self._within)).mappings()):
            monthly_minor, currency = _monthly(row)
            outcome = OUTCOMES[row["case_state"]]
            yield Departure(
                number=row["number"],
                opened_at=row["opened_at"],
                outcome=outcome,
                reason=row["reason"],
                plan=row["plan_name"],
                interval=row["interval"],
                country=row["country"],
                account_kind=row["kind"],
                days_with_us=max(0, (row["opened_at"] - row["started_at"]).days),
                confirmed_at=row["confirmed_at"],
                left_at=left.get(row["subscription_id"]) or _ended_without_a_case(row),
                monthly_minor=monthly_minor,
                currency=currency,
                refund_minor=(row["refund_minor"] or 0) if outcome is Outcome.LEFT else 0,
                way=ways.get(row["id"]),
                offers=tuple(offers.get(row["id"], ())),
                decided=decided.get(row["id"]),
                returned=row["id"] in returned,
            )

    def _offers(self) -> dict[str, list[MadeOffer]]:
        found: dict[str, list[MadeOffer]] = {}
        rows = self.session.execute(
            sa.select(Offer.case_id, Offer.name, Offer.kind, Offer.agent_id, Offer.answer)
            .join(Case, Case.id == Offer.case_id)
            .where(self._within)
            .order_by(Offer.presented_at, Offer.id)
        )
        for case_id, name, kind, agent_id, answer in rows:
            made = MadeOffer(name, kind, agent_id is not None, answer)
            found.setdefault(case_id, []).append(made)
        return found

    def _log(self, event: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the audit log has of these cases under a name, the oldest first."""
        rows = self.session.execute(
            sa.select(AuditEntry.subject_id, AuditEntry.details)
            .join(Case, Case.id == AuditEntry.subject_id)
            .where(self._within, AuditEntry.event == event)
            .order_by(AuditEntry.sequence)
        )
        yield from ((case_id, details) for case_id, details in rows)

    def _ways(self) -> dict[str, Way]:
        found = {}
        for case_id, details in self._log("confirmed"):
            source = str(details.get("source", ""))
            person = source.partition(":")[0] in {"agent", "staff"}
            if person or source in {Way.CHAT, Way.PAGE}:
                found[case_id] = Way.PERSON if person else Way(source)
        return found

    def _decided(self) -> dict[str, Decided]:
        return {
            case_id: Decided(details.get("offer"), bool(details.get("held_out")))
            for case_id, details in self._log("offer_decided")
        }

    def _left(self) -> dict[str, datetime]:
        """When they said yes to a cancellation that holds, by the subscription."""
        these = sa.select(Case.subscription_id).where(self._within)
        yes = (
            sa.select(Case.subscription_id, sa.func.max(Case.confirmed_at))
            .where(Case.subscription_id.in_(these), Case.state.in_(PROMISED))
            .group_by(Case.subscription_id)
        )
        return {subscription_id: at for subscription_id, at in self.session.execute(yes) if at}

    def _returned(self) -> set[str]:
        later = aliased(Subscription)
        rows = self.session.scalars(
            sa.select(Case.id)
            .join(Subscription, Subscription.id == Case.subscription_id)
            .join(later, later.account_id == Subscription.account_id)
            .where(
                self._within,
                Case.state == CaseState.ENDED,
                later.id != Subscription.id,
                later.started_at >= Case.ends_at,
            )
        )
        return set(rows)


_CASES = (
    sa.select(
        Case.id,
        Case.number,
        Case.subscription_id,
        Case.state.label("case_state"),
        Case.reason,
        Case.opened_at,
        Case.confirmed_at,
        Case.shown["spared_minor"].as_integer().label("spared_minor"),
        Case.shown["refund_minor"].as_integer().label("refund_minor"),
        Case.shown["currency"].as_string().label("shown_currency"),
        Subscription.state.label("subscription_state"),
        Subscription.started_at,
        Subscription.cancel_at,
        Plan.name.label("plan_name"),
        Plan.interval,
        Plan.price_minor,
        Plan.currency,
        Account.country,
        Account.kind,
    )
    .join(Subscription, Subscription.id == Case.subscription_id)
    .join(Plan, Plan.id == Subscription.plan_id)
    .join(Account, Account.id == Subscription.account_id)
    .order_by(Case.opened_at, Case.id)
)


def _monthly(row: Mapping[str, Any]) -> tuple[int, str]:
    minor, currency = row["price_minor"], row["currency"]
    if row["spared_minor"] is not None:
        minor, currency = row["spared_minor"], row["shown_currency"]
    if row["interval"] is Interval.YEAR:
        minor = (minor + 6) // 12  # half a cent is rounded up
    return minor, currency


def _ended_without_a_case(row: Mapping[str, Any]) -> datetime | None:
    if row["subscription_state"] is not SubscriptionState.ENDED:
        return None
    ended_at: datetime | None = row["cancel_at"]
    # Where nobody wrote down when, they are not counted as having been here for long.
    return ended_at or row["opened_at"]
