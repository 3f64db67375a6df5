"""A hand-off to a person, and the agents who take them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.cases.model import new_case_number
from offboarding.database import IDENTIFIER, MARK, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.states import OPEN, HandOffState

_OPEN = sa.text("state IN ({})".format(", ".join(f"'{state}'" for state in sorted(OPEN))))


class Agent(Base):
    """A person of the company who answers customers."""

    __tablename__ = "agent"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    outer_id: Mapped[str] = mapped_column(sa.String(128), unique=True)
    """Who they are where they work: the workspace and the user's id there."""
    full_name: Mapped[str] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True)
    """False once their account was deactivated."""
    created_at: Mapped[datetime]


class HandOff(Base):
    """A person was asked for in a conversation; one is open for each conversation at most."""

    __tablename__ = "hand_off"
    __table_args__ = (
        sa.Index(
            "uq_hand_off_open",
            "conversation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        sa.Index("ix_hand_off_conversation", "conversation_id", "requested_at"),
        sa.Index("ix_hand_off_state", "state", "requested_at"),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    number: Mapped[str] = mapped_column(sa.String(16), unique=True, default=new_case_number)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER)
    customer_id: Mapped[str | None] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    requested_by: Mapped[str] = mapped_column(sa.String(16))
    """`customer`, or `assistant` when it did not understand."""
    cause: Mapped[HandOffCause] = mapped_column(
        enumeration(HandOffCause), default=HandOffCause.CUSTOMER_ASKED
    )
    contact_email: Mapped[str | None] = mapped_column(
        EncryptedText("hand_off.contact_email", owner="conversation_id", mark="contact_email_mark")
    )
    """Where to answer somebody who is not identified, as they gave it; proves nothing."""
    contact_email_mark: Mapped[str | None] = mapped_column(MARK, index=True)
    note: Mapped[str] = mapped_column(
        EncryptedText("hand_off.note", owner="conversation_id"), default=""
    )
    requested_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[HandOffState] = mapped_column(
        enumeration(HandOffState), default=HandOffState.WAITING
    )
    team: Mapped[str | None] = mapped_column(sa.String(64))
    """The team of policy/routing.yml that has it; None where no desk is connected."""
    claim_due_at: Mapped[datetime | None]
    """By when it was promised that somebody comes; None when nobody is there."""
    opens_at: Mapped[datetime | None]
    """When the team is there again, where nobody was when it was asked for."""
    agent_id: Mapped[str | None] = mapped_column(sa.ForeignKey("agent.id"), index=True)
    """Who claimed it last."""
    claimed_at: Mapped[datetime | None]
    unanswered_at: Mapped[datetime | None]
    """When the customer was told that nobody could come yet."""
    ended_at: Mapped[datetime | None]

    agent: Mapped[Agent | None] = relationship(lazy="joined")

    @property
    def open(self) -> bool:
        """Whether a person is wanted, or there."""
        return self.state in OPEN
