"""Scheduling a task inside the transaction that decided it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import BackgroundEngine
from offboarding.errors import NotFoundError

_SCHEDULED = "task_scheduled"


def schedule(
    session: Session, kind: str, subject_id: str, *, key: str = "", due_at: datetime | None = None
) -> Task:
    """Write a task into the outbox; it is carried out after the commit, at `due_at` or at once.

    `key` (default: kind and subject) makes it happen once: asked for again, the first is returned.
    """
    unique = key or f"{kind}:{subject_id}"
    known = session.scalar(sa.select(Task).where(Task.key == unique))
    if known is not None:
        return known
    moment = clock.now()
    task = Task(
        kind=kind, key=unique, subject_id=subject_id, created_at=moment, due_at=due_at or moment
    )
    session.add(task)
    session.flush()
    session.info[_SCHEDULED] = True
    return task


def wake_after_commit(session: Session, background: BackgroundEngine) -> None:
    """Have the engine look at once when this transaction scheduled something, and not else."""

    def wake(committed: Session) -> None:
        if committed.info.pop(_SCHEDULED, False):
            background.wake()

    sa.event.listen(session, "after_commit", wake, once=True)


def failed_tasks(session: Session) -> Sequence[Task]:
    """The tasks that failed for good, the oldest first."""
    return session.scalars(
        sa.select(Task).where(Task.state == TaskState.FAILED).order_by(Task.created_at)
    ).all()


def retry(session: Session, task_id: str) -> Task:
    """Have a task that failed for good tried again, now. Raises NotFoundError."""
    task = session.get(Task, task_id)
    if task is None or task.state is not TaskState.FAILED:
        raise NotFoundError("There is no failed task of that number.")
    task.state, task.attempts = TaskState.PENDING, 0
    task.retries, task.turns = task.retries + 1, task.turns + 1
    return task
