"""The outbox: what is still to be done outside the transaction that decided it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


class TaskState(StrEnum):
    """How far a task is."""

    PENDING = "pending"
    HANDED = "handed"
    DONE = "done"
    FAILED = "failed"


class Task(Base):
    """One thing to do: its kind names the handler, its subject is an identifier, never a text.

    `key` makes it unique: the same thing is scheduled once however often it is asked for.
    """

    __tablename__ = "task"
    __table_args__ = (sa.Index("ix_task_state_due", "state", "due_at"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    kind: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    subject_id: Mapped[str] = mapped_column(IDENTIFIER)
    state: Mapped[TaskState] = mapped_column(enumeration(TaskState), default=TaskState.PENDING)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    turns: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was handed to the engine anew, after an error or by a person."""
    retries: Mapped[int] = mapped_column(default=0)
    """How often a person had it tried again after it failed for good."""
    last_error: Mapped[str | None] = mapped_column(sa.String(300))
