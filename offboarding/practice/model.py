"""A practice run and what was written in it. Nothing here belongs to a customer."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier

TEXT_AT_MOST = 10_000
"""Characters of a message that are kept."""


class PracticeState(StrEnum):
    """How far a run is."""

    GOING = "going"
    ENDED_WELL = "ended_well"
    ENDED_BADLY = "ended_badly"
    STOPPED = "stopped"
    """The agent asked for the review before the customer was done."""


class PracticeAuthor(StrEnum):
    """Who wrote a message."""

    AGENT = "agent"
    CUSTOMER = "customer"
    """The simulated one."""


class PracticeRun(Base):
    """An agent plays one scenario once. `key` makes it unique: a command sent twice starts one."""

    __tablename__ = "practice_run"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    agent_id: Mapped[str] = mapped_column(sa.String(64), index=True)
    scenario_id: Mapped[str] = mapped_column(sa.String(64))
    scenario: Mapped[dict[str, Any]]
    """As it was at the start, so that an edit of its file does not change a talk in the middle."""
    progress: Mapped[dict[str, Any]]
    """What the simulated customer has heard so far."""
    state: Mapped[PracticeState] = mapped_column(
        enumeration(PracticeState), default=PracticeState.GOING
    )
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    messages: Mapped[list["PracticeMessage"]] = relationship(
        order_by="PracticeMessage.sequence", cascade="all, delete-orphan"
    )


class PracticeMessage(Base):
    """One message of a run. The customer's name the message of the agent that they answer."""

    __tablename__ = "practice_message"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "sequence"),
        sa.UniqueConstraint("run_id", "outer_id", name="uq_practice_message_outer_id"),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("practice_run.id"))
    sequence: Mapped[int]
    author: Mapped[PracticeAuthor] = mapped_column(enumeration(PracticeAuthor))
    outer_id: Mapped[str | None] = mapped_column(sa.String(160))
    """An agent's message, as its channel names it; none for the customer's."""
    in_answer_to: Mapped[str | None] = mapped_column(sa.String(160))
    text: Mapped[str] = mapped_column(sa.Text)
    noticed: Mapped[list[Any]] = mapped_column(default=list)
    """What the review will say of an agent's message, noted when it was read."""
    written_at: Mapped[datetime]
