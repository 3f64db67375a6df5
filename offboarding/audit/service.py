"""Writing to the audit log (rule R13)."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit.model import AuditEntry


def record(
    session: Session,
    event: str,
    subject_id: str,
    *,
    policy_version: str | None = None,
    **details: str | int | bool | None,
) -> None:
    """Note that `event` happened to a case or conversation, in the same commit as the event."""
    session.add(
        AuditEntry(
            at=clock.now(),
            event=event,
            subject_id=subject_id,
            policy_version=policy_version,
            details=dict(details),
        )
    )


def entries(session: Session, subject_id: str) -> list[AuditEntry]:
    """What happened to a case or conversation, oldest first."""
    found = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.sequence)
    )
    return list(found)
