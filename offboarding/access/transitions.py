"""The one place where a notification goes from one state to another."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.access.model import (
    TRANSITIONS,
    UNSETTLED,
    AccessEvent,
    AccessNotification,
    NotificationState,
)
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.errors import TransitionError

NOTIFY = "access.notify"
"""The kind of the task that sends a notification; its subject is the notification."""
_HOUR = timedelta(hours=1)
TELL_A_PERSON = "mail.access_failed"
"""The kind of the task that tells a person what failed; its subject is the system's key."""


def locked_line(session: Session, subscription_id: str) -> Sequence[AccessNotification]:
    """All notifications about a subscription, oldest event first, once nobody else works on them.

    All of them, and always in the same order: each is sent or not by how the others are, and two
    who lock them can't wait for each other.
    """
    found = session.scalars(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .where(AccessEvent.subscription_id == subscription_id)
        .order_by(AccessNotification.id)
        .with_for_update(of=AccessNotification)
        .execution_options(populate_existing=True)
    )
    return sorted(found, key=lambda each: each.event.sequence)


def locked(session: Session, notification_id: str) -> AccessNotification | None:
    """One notification, with its line locked; None where there is none."""
    subscription_id = session.scalar(
        sa.select(AccessEvent.subscription_id)
        .join(AccessNotification)
        .where(AccessNotification.id == notification_id)
    )
    line = locked_line(session, subscription_id) if subscription_id is not None else ()
    return next((each for each in line if each.id == notification_id), None)


def move(
    session: Session,
    notification: AccessNotification,
    to: NotificationState,
    problem: str | None = None,
) -> None:
    """Take a locked notification along one way of the table, with all that follows from it.

    Raises TransitionError where the table has no such way.
    """
    start = notification.state
    if to not in TRANSITIONS[start]:
        raise TransitionError(f"What is {start} can't become {to}.")
    notification.state, notification.problem = to, problem
    moment = clock.now()
    match to:
        case NotificationState.SENT:
            notification.sent_at = moment
        case NotificationState.ACKNOWLEDGED:
            notification.acknowledged_at = moment
            notification.sent_at = notification.sent_at or moment
        case NotificationState.FAILED:
            notification.failed_at, notification.told_at = moment, None
            _have_a_person_told(session, notification)
    _record(session, notification)
    session.flush()
    if start in UNSETTLED and to not in UNSETTLED:
        _release_next(session, notification)


def have_sent(session: Session, notification: AccessNotification) -> None:
    """Schedule the next try, at `due_at`."""
    schedule(
        session,
        NOTIFY,
        notification.id,
        key=f"{NOTIFY}:{notification.id}:{notification.resent}:{notification.attempts}",
        due_at=notification.due_at,
    )


def _release_next(session: Session, settled: AccessNotification) -> None:
    """What waited for its turn behind this one, at the same system, is sent now."""
    behind = session.scalar(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .where(
            AccessNotification.system == settled.system,
            AccessNotification.state == NotificationState.WAITING,
            AccessEvent.subscription_id == settled.event.subscription_id,
            AccessEvent.sequence > settled.event.sequence,
        )
        .order_by(AccessEvent.sequence)
        .limit(1)
    )
    if behind is not None:
        schedule(
            session,
            NOTIFY,
            behind.id,
            key=f"{NOTIFY}:{behind.id}:after:{settled.id}:{settled.resent}",
            due_at=max(behind.due_at, clock.now()),
        )


def _have_a_person_told(session: Session, notification: AccessNotification) -> None:
    """At once, and then once an hour at most: a system that is down fails for everybody.

    The second task is for what fails while the first letter is being written.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    for due_at in (hour, hour + _HOUR):
        schedule(
            session,
            TELL_A_PERSON,
            notification.system,
            key=f"{TELL_A_PERSON}:{notification.system}:{due_at:%Y-%m-%dT%H}",
            due_at=due_at,
        )


def _record(session: Session, notification: AccessNotification) -> None:
    audit.record(
        session,
        f"access_{notification.state.value}",
        notification.event.case_id,
        system=notification.system,
        kind=notification.event.kind.value,
        sequence=notification.event.sequence,
        problem=notification.problem,
    )
