"""What the company's systems are told, and how far each of them is."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.cases.model import Case
from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


class AccessEventKind(StrEnum):
    """What happened, as the systems read it in `type`."""

    REVOKED = "access.revoked"
    """The subscription is over: nobody gets in by it any more."""
    RESTORED = "access.restored"
    """The customer is back: everything is as it was before."""
    ERASED = "data.erased"
    """Erase what is kept of it; access ends too, where it had not yet."""


class NotificationState(StrEnum):
    """How far one system is with one event."""

    WAITING = "waiting"
    """It is to be sent, now or at the next try."""
    SENT = "sent"
    """The system has taken it, and says later whether it did it."""
    ACKNOWLEDGED = "acknowledged"
    """The system has done it."""
    FAILED = "failed"
    """It could not be brought there, or the system could not do it; a person is told."""
    SUPERSEDED = "superseded"
    """A newer event says what holds now; this one is not sent any more."""


TRANSITIONS: dict[NotificationState, frozenset[NotificationState]] = {
    NotificationState.WAITING: frozenset(set(NotificationState) - {NotificationState.WAITING}),
    NotificationState.SENT: frozenset(set(NotificationState) - {NotificationState.SENT}),
    NotificationState.FAILED: frozenset(
        {
            NotificationState.WAITING,
            NotificationState.ACKNOWLEDGED,
            NotificationState.SUPERSEDED,
        }
    ),
    NotificationState.ACKNOWLEDGED: frozenset(),
    NotificationState.SUPERSEDED: frozenset(),
}
"""The only ways between them. Back to waiting leads only a person; a system that failed may say
later that it did it after all."""

UNSETTLED = frozenset({NotificationState.WAITING, NotificationState.SENT})
"""In these nobody knows yet how it ends."""


class AccessEvent(Base):
    """One thing the systems have to know about one subscription.

    It holds the identifiers that the systems know, for what it is about may be erased meanwhile.
    """

    __tablename__ = "access_event"
    __table_args__ = (sa.UniqueConstraint("subscription_id", "sequence"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    """Whoever decides it again under this key changes nothing."""
    kind: Mapped[AccessEventKind] = mapped_column(enumeration(AccessEventKind))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"), index=True)
    account_id: Mapped[str] = mapped_column(IDENTIFIER)
    subscription_id: Mapped[str] = mapped_column(IDENTIFIER)
    customer_external_id: Mapped[str | None] = mapped_column(sa.String(200))
    """The company's own name for the customer; None once it was forgotten."""
    sequence: Mapped[int]
    """Counts the events of one subscription from 1; the higher number holds."""
    effective_at: Mapped[datetime]
    created_at: Mapped[datetime]

    case: Mapped[Case] = relationship()


class AccessNotification(Base):
    """One event, to be told to one system. Its identifier is the `webhook-id` of every try."""

    __tablename__ = "access_notification"
    __table_args__ = (sa.UniqueConstraint("event_id", "system"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    event_id: Mapped[str] = mapped_column(sa.ForeignKey("access_event.id"))
    system: Mapped[str] = mapped_column(sa.String(32))
    """Its key in policy/systems.yml."""
    state: Mapped[NotificationState] = mapped_column(
        enumeration(NotificationState), default=NotificationState.WAITING, index=True
    )
    attempts: Mapped[int] = mapped_column(default=0)
    """Tries since it was decided, or since a person had it sent again."""
    refusals: Mapped[int] = mapped_column(default=0)
    """Of these, answers that another try seldom mends."""
    resent: Mapped[int] = mapped_column(default=0)
    """How often a person had it sent again."""
    due_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    """When the system first took it."""
    acknowledged_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When a person was told that it failed."""
    problem: Mapped[str | None] = mapped_column(sa.String(300))
    """What went wrong last, for whoever looks after the systems."""

    event: Mapped[AccessEvent] = relationship(lazy="joined", innerjoin=True)
