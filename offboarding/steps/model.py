"""A step of an off-boarding, and how far it is."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.steps.plan import StepKind


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    STUCK = "stuck"
    """It is with a person: it failed for good, or it is for them to release. They may have it tried
    (again), or do it by hand."""
    DONE = "done"
    NOT_NEEDED = "not_needed"
    """There was nothing to do when its time came."""
    CALLED_OFF = "called_off"
    """The customer came back before it was done."""


OVER = frozenset({StepState.DONE, StepState.NOT_NEEDED, StepState.CALLED_OFF})
"""States that a step leaves only where it is reopened."""
NOT_OVER = frozenset(StepState) - OVER
_NOT_ERASED = sa.text("kind = 'erase' AND state = 'not_needed'")


class Step(Base):
    """One promise of a case. The database allows one of each kind in a case."""

    __tablename__ = "off_boarding_step"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "kind"),
        sa.Index("ix_off_boarding_step_state", "state", "due_at"),
        # What may still have to be erased is looked for among all that ever was.
        sa.Index(
            "ix_off_boarding_step_not_erased",
            "kind",
            "state",
            "case_id",
            sqlite_where=_NOT_ERASED,
            postgresql_where=_NOT_ERASED,
        ),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"))
    kind: Mapped[StepKind] = mapped_column(enumeration(StepKind))
    state: Mapped[StepState] = mapped_column(enumeration(StepState), default=StepState.WAITING)
    due_at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    """How often it was looked whether something outside is done yet."""
