"""Deciding that access ends, returns, or that data is erased; and seeing which system has heard.

What is decided is written beside whatever decided it, in the caller's transaction, and is sent
after the commit. Of access each system is told the newest: a return takes the place of an end that
it has not acknowledged, and the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.access.model import (
    AccessEvent,
    AccessEventKind,
    AccessNotification,
    NotificationState,
)
from offboarding.access.transitions import have_sent, locked, locked_line, move
from offboarding.accounts.model import Subscription
from offboarding.audit import service as audit
from offboarding.cases.model import Case, number_from
from offboarding.errors import NotFoundError, TransitionError
from offboarding.policies.systems import SystemsPolicy

_ABOUT_ACCESS = (AccessEventKind.REVOKED, AccessEventKind.RESTORED)
_REPLACEABLE = (NotificationState.WAITING, NotificationState.SENT, NotificationState.FAILED)


@dataclass(frozen=True)
class SystemState:
    """How far one system is with one event. Instants are in UTC, None where it has not come."""

    notification_id: str
    system: str
    """Its key in policy/systems.yml."""
    kind: AccessEventKind
    state: NotificationState
    attempts: int
    decided_at: datetime
    tried_at: datetime | None
    sent_at: datetime | None
    acknowledged_at: datetime | None
    failed_at: datetime | None
    problem: str | None


@dataclass(frozen=True)
class AccessState:
    """What the systems were told in one case, oldest first; what was superseded is left out."""

    systems: tuple[SystemState, ...]

    @property
    def all_acknowledged(self) -> bool:
        """Whether every system has done what it was told; so too where none had to be told."""
        return all(each.state is NotificationState.ACKNOWLEDGED for each in self.systems)

    @property
    def failed(self) -> tuple[SystemState, ...]:
        """Those that a person has to look at."""
        return tuple(each for each in self.systems if each.state is NotificationState.FAILED)

    def of(self, kind: AccessEventKind) -> "AccessState":
        """The same, of one kind of event alone."""
        return AccessState(tuple(each for each in self.systems if each.kind is kind))


def revoke(
    session: Session, case: Case, *, moment: datetime, key: str, systems: SystemsPolicy
) -> AccessEvent:
    """Have every system that wants to know told that access ends at `moment`, and not before.

    Under the same `key` again it changes nothing and returns what was decided first.
    """
    return _decide(session, case, AccessEventKind.REVOKED, moment=moment, key=key, systems=systems)


def restore(
    session: Session, case: Case, *, moment: datetime, key: str, systems: SystemsPolicy
) -> AccessEvent:
    """Have them told that the customer is back since `moment`; otherwise as `revoke`.

    A revocation that no system has acknowledged yet is not sent any more.
    """
    return _decide(session, case, AccessEventKind.RESTORED, moment=moment, key=key, systems=systems)


def erase(
    session: Session,
    case: Case,
    *,
    moment: datetime,
    key: str,
    systems: SystemsPolicy,
    subscription: Subscription | None = None,
) -> AccessEvent:
    """Have them told to erase what they keep of the subscription; otherwise as `revoke`.

    It is that of the case, unless it is another one of its account, which ended without a case.

    Raises ValueError for a moment that is still to come: whoever returns before it must not find an
    erasure on its way. The case waits, and decides it then.
    """
    if moment > clock.now():
        raise ValueError("an erasure is decided when its time has come")
    return _decide(
        session,
        case,
        AccessEventKind.ERASED,
        moment=moment,
        key=key,
        systems=systems,
        subscription=subscription,
    )


def state(session: Session, case_id: str) -> AccessState:
    """Which system is how far in a case."""
    found = session.scalars(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .where(
            AccessEvent.case_id == case_id,
            AccessNotification.state != NotificationState.SUPERSEDED,
        )
        .order_by(AccessEvent.sequence, AccessNotification.system)
    )
    return AccessState(tuple(_state_of(each) for each in found))


def unacknowledged(session: Session) -> Sequence[AccessNotification]:
    """What no system has acknowledged and nothing newer has replaced, the oldest first."""
    return session.scalars(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .where(AccessNotification.state.in_(_REPLACEABLE))
        .order_by(AccessEvent.created_at, AccessNotification.system)
    ).all()


def told_in(session: Session, case_number: str) -> Sequence[AccessNotification]:
    """All that any system was told in a case, the oldest first. Raises NotFoundError."""
    number = number_from(case_number)
    case_id = session.scalar(sa.select(Case.id).where(Case.number == number))
    if case_id is None:
        raise NotFoundError(f"There is no case {number}; `offboard case list` shows them.")
    return session.scalars(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .where(AccessEvent.case_id == case_id)
        .order_by(AccessEvent.sequence, AccessNotification.system)
    ).all()


def send_again(session: Session, notification_id: str) -> AccessNotification:
    """Have a notification sent now, with all its tries before it; for a person.

    Raises NotFoundError, or TransitionError where nothing is to be sent any more.
    """
    notification = locked(session, notification_id)
    if notification is None:
        raise NotFoundError(
            f"There is no notification {notification_id}; `offboard access list` shows them."
        )
    if notification.state not in _REPLACEABLE:
        raise TransitionError(f"It is {notification.state}, so there is nothing to send.")
    if notification.state is not NotificationState.WAITING:
        move(session, notification, NotificationState.WAITING, notification.problem)
    notification.attempts = notification.refusals = 0
    notification.resent += 1
    notification.due_at = max(clock.now(), notification.event.effective_at)
    have_sent(session, notification)
    return notification


def forget(session: Session, subscription_id: str, systems: SystemsPolicy) -> None:
    """Forget what the company calls the customer, once every system has heard of the erasure.

    A system that is named no more counts no more. Raises TransitionError while another has not
    heard: it could not be told any more.
    """
    its_events = sa.select(AccessEvent.id).where(AccessEvent.subscription_id == subscription_id)
    open_yet = sa.select(AccessNotification.id).where(
        AccessNotification.event_id.in_(its_events),
        AccessNotification.state.in_(_REPLACEABLE),
        AccessNotification.system.in_(list(systems.systems)),
    )
    if session.scalars(open_yet.limit(1)).first() is not None:
        raise TransitionError("A system has not acknowledged yet, so it may have to be told again.")
    session.execute(
        sa.update(AccessEvent)
        .where(AccessEvent.subscription_id == subscription_id)
        .values(customer_external_id=None)
    )


def _decide(
    session: Session,
    case: Case,
    kind: AccessEventKind,
    *,
    moment: datetime,
    key: str,
    systems: SystemsPolicy,
    subscription: Subscription | None = None,
) -> AccessEvent:
    subscription = subscription or case.subscription
    # Whoever decides about the same subscription in this instant waits: numbers follow each other.
    session.execute(
        sa.select(Subscription.id).where(Subscription.id == subscription.id).with_for_update()
    )
    known = session.scalar(sa.select(AccessEvent).where(AccessEvent.key == key))
    if known is not None:
        return known
    last = session.scalar(
        sa.select(sa.func.max(AccessEvent.sequence)).where(
            AccessEvent.subscription_id == subscription.id
        )
    )
    event = AccessEvent(
        key=key,
        kind=kind,
        case=case,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        customer_external_id=case.customer.external_id,
        sequence=(last or 0) + 1,
        effective_at=moment,
        created_at=clock.now(),
    )
    session.add(event)
    session.flush()
    told = [each.key for each in systems.systems.values() if kind in each.events]
    audit.record(
        session,
        "access_decided",
        case.id,
        policy_version=str(systems.version),
        kind=kind.value,
        sequence=event.sequence,
        systems=len(told),
    )
    if kind in _ABOUT_ACCESS:
        _supersede_older(session, event)
    for system in told:
        _notify(session, event, system)
    return event


def _notify(session: Session, event: AccessEvent, system: str) -> None:
    notification = AccessNotification(
        event=event, system=system, due_at=max(event.created_at, event.effective_at)
    )
    session.add(notification)
    session.flush()
    have_sent(session, notification)


def _supersede_older(session: Session, event: AccessEvent) -> None:
    """An end and a return replace each other; an erasure is replaced by nothing."""
    for older in locked_line(session, event.subscription_id):
        if older.event.kind in _ABOUT_ACCESS and older.state in _REPLACEABLE:
            move(session, older, NotificationState.SUPERSEDED)


def _state_of(notification: AccessNotification) -> SystemState:
    return SystemState(
        notification_id=notification.id,
        system=notification.system,
        kind=notification.event.kind,
        state=notification.state,
        attempts=notification.attempts,
        decided_at=notification.event.created_at,
        tried_at=notification.tried_at,
        sent_at=notification.sent_at,
        acknowledged_at=notification.acknowledged_at,
        failed_at=notification.failed_at,
        problem=notification.problem,
    )
