"""What a transaction agreed, and a task carries out at the provider after its commit."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.background.model import Task, TaskState
from offboarding.background.service import retry
from offboarding.billing.model import LedgerEntry

CARRY_OUT = "billing.carry_out"
"""The kind of the task that does at the provider what a ledger entry (its subject) agreed."""


def cancellation_key(case_id: str) -> str:
    """The key under which the cancellation of a case is agreed."""
    return f"{case_id}:cancel"


def is_given_up(session: Session, key: str) -> bool:
    """Whether what was agreed under this key failed for good, and waits for a person."""
    return _given_up(session, key) is not None


def try_again(session: Session, key: str) -> bool:
    """Have what was agreed under this key tried again; False where it was not given up."""
    task_id = _given_up(session, key)
    if task_id is None:
        return False
    retry(session, task_id)
    return True


def _given_up(session: Session, key: str) -> str | None:
    return session.scalar(
        sa.select(Task.id)
        .join(LedgerEntry, LedgerEntry.id == Task.subject_id)
        .where(
            LedgerEntry.key == key,
            LedgerEntry.awaited,
            Task.kind == CARRY_OUT,
            Task.state == TaskState.FAILED,
        )
    )
