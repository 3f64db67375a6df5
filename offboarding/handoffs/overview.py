"""The desk at a glance: who waits, who talks with whom, how today went, and what is looked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.cases.model import Case, number_from
from offboarding.encryption.keyring import Keyring
from offboarding.encryption.lookup import is_value
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState

_MOST_FOUND = 10


@dataclass(frozen=True)
class Numbers:
    """How a day went, up to now."""

    asked_for: int
    """Hand-offs that began."""
    promised: int
    """Those of them to which a time was promised, and it is over or somebody came."""
    kept: int
    """Those of them that were claimed within it."""
    median_wait: timedelta | None
    """Half of those who were claimed waited no longer; None before anybody was."""
    handed_back: int
    resolved: int
    nobody_came: int
    """How often a customer had to be told so."""


def waiting(session: Session) -> Sequence[HandOff]:
    """The hand-offs that nobody has claimed, the longest waiting first."""
    query = sa.select(HandOff).where(HandOff.state == HandOffState.WAITING)
    return _read(session, query.order_by(HandOff.requested_at, HandOff.id))


def claimed(session: Session, agent_id: str | None = None) -> Sequence[HandOff]:
    """The hand-offs that an agent, or anybody, has claimed; the earliest claimed first."""
    query = sa.select(HandOff).where(HandOff.state == HandOffState.CLAIMED)
    if agent_id is not None:
        query = query.where(HandOff.agent_id == agent_id)
    return _read(session, query.order_by(HandOff.claimed_at, HandOff.id))


def waited(hand_off: HandOff) -> timedelta:
    """How long the customer waited for somebody to claim it, or has waited until now."""
    until = hand_off.claimed_at or hand_off.ended_at or clock.now()
    return max(timedelta(), until - hand_off.requested_at)


def today(zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of today where the clocks show this zone, and that of tomorrow."""
    day = clock.now().astimezone(zone).date()
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
    )


def numbers(session: Session, zone: ZoneInfo) -> Numbers:
    """How today went, for somebody in this zone."""
    start, end = today(zone)

    def within(moment: datetime | None) -> bool:
        return moment is not None and start <= moment < end

    touched = _read(
        session,
        sa.select(HandOff).where(
            sa.or_(
                *(
                    sa.and_(column >= start, column < end)
                    for column in (
                        HandOff.requested_at,
                        HandOff.ended_at,
                        HandOff.unanswered_at,
                    )
                )
            )
        ),
    )
    begun = [each for each in touched if within(each.requested_at)]
    ended = [each for each in touched if within(each.ended_at) and each.agent_id is not None]
    return Numbers(
        asked_for=len(begun),
        promised=sum(_promise_is_over(each) for each in begun),
        kept=sum(_kept(each) for each in begun),
        median_wait=_median_wait(begun),
        handed_back=sum(each.state is HandOffState.HANDED_BACK for each in ended),
        resolved=sum(each.state is HandOffState.RESOLVED for each in ended),
        nobody_came=sum(within(each.unanswered_at) for each in touched),
    )


def find(session: Session, words: str) -> Sequence[HandOff]:
    """The newest hand-offs of a request's number, a case's number or an e-mail address."""
    looked_for = words.replace("\x00", "").strip()
    if "@" in looked_for:
        return _newest(session, _of_address(session, looked_for))
    number = number_from(looked_for)
    conversations = sa.select(Case.conversation_id).where(Case.number == number)
    return _newest(
        session, sa.or_(HandOff.number == number, HandOff.conversation_id.in_(conversations))
    )


def case_of_number(session: Session, words: str) -> Case | None:
    """The off-boarding case with this number, whether or not anybody asked for a person in it."""
    return session.scalar(sa.select(Case).where(Case.number == number_from(words)))


def _of_address(session: Session, address: str) -> sa.ColumnElement[bool]:
    """Of the customer with this address, and of strangers who gave it."""
    given = is_value(session, HandOff.contact_email, address)
    customer = accounts.customer_by_email(session, address)
    return given if customer is None else sa.or_(given, HandOff.customer_id == customer.id)


def _newest(session: Session, wanted: sa.ColumnElement[bool]) -> Sequence[HandOff]:
    query = sa.select(HandOff).where(wanted)
    newest_first = query.order_by(HandOff.requested_at.desc(), HandOff.id)
    return _read(session, newest_first.limit(_MOST_FOUND))


def _read(session: Session, wanted: sa.Select[HandOff]) -> Sequence[HandOff]:
    """Hand-offs, with their keys at once instead of one by one."""
    owners = session.scalars(wanted.with_only_columns(HandOff.conversation_id))
    Keyring.of(session.get_bind().dialect).fetch(set(owners))
    return session.scalars(wanted).all()


def _kept(hand_off: HandOff) -> bool:
    came, due = hand_off.claimed_at, hand_off.claim_due_at
    return came is not None and due is not None and came <= due


def _promise_is_over(hand_off: HandOff) -> bool:
    due = hand_off.claim_due_at
    return due is not None and (hand_off.claimed_at is not None or due <= clock.now())


def _median_wait(hand_offs: Iterable[HandOff]) -> timedelta | None:
    seconds = [waited(each).total_seconds() for each in hand_offs if each.claimed_at is not None]
    return timedelta(seconds=median(seconds)) if seconds else None
