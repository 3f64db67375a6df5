"""Writing to the audit log (rule R13)."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit.model import AuditEntry, AuditSeal


def record(
    session: Session,
    event: str,
    subject_id: str,
    *,
    policy_version: str | None = None,
    **details: str | int | bool | None,
) -> None:
    """Note that `event` happened to a case or conversation, in the same commit as the event.

    It is sealed a moment after that commit (`offboarding.audit.sealer`).
    """
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


def positions(session: Session, sequences: Collection[int]) -> Mapping[int, int]:
    """The places in the chain of these entries; one that is not sealed yet is not among them."""
    found = session.execute(
        sa.select(AuditSeal.entry_sequence, AuditSeal.position).where(
            AuditSeal.entry_sequence.in_(sequences)
        )
    )
    return {row.entry_sequence: row.position for row in found}
