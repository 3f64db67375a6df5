"""The retention offers of a case, and what agents proposed to offer."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.cases.model import Case
from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.handoffs.model import Agent, HandOff


class OfferKind(StrEnum):
    """What may be offered."""

    PAUSE = "pause"
    DISCOUNT = "discount"
    SMALLER_PLAN = "smaller_plan"
    TRIAL_EXTENSION = "trial_extension"
    CALL = "call"


class OfferAnswer(StrEnum):
    """What became of it."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """Taken back before the customer answered: the person who made it has left, or made another."""


_OPEN = sa.text("answer IS NULL")


class Offer(Base):
    """An offer of a case. The table holds one at most that waits for an answer.

    The assistant makes one in a case; an agent may make another (`offboarding.offers.by_agent`).
    """

    __tablename__ = "retention_offer"
    __table_args__ = (
        sa.Index(
            "uq_retention_offer_open",
            "case_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"), index=True)
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    agent_id: Mapped[str | None] = mapped_column(sa.ForeignKey("agent.id"))
    """Who made it; None for the assistant."""
    name: Mapped[str] = mapped_column(sa.String(64))
    """The rule of policy/offers.yml it comes from, or that an agent made it."""
    on_request: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether they asked the assistant for it by themselves: then it was no offer of ours."""
    kind: Mapped[OfferKind] = mapped_column(enumeration(OfferKind))
    terms: Mapped[dict[str, Any]]
    """Amounts in minor units, percents, instants in ISO-8601: just what was said."""
    policy_version: Mapped[str] = mapped_column(sa.String(32))
    presented_at: Mapped[datetime]
    answer: Mapped[OfferAnswer | None] = mapped_column(enumeration(OfferAnswer))
    answered_at: Mapped[datetime | None]


class ProposalState(StrEnum):
    """How far an agent's offer is on its way to the customer."""

    WAITING = "waiting"
    """It is above a limit, and a second person has to agree."""
    PRESENTED = "presented"
    """The customer has it."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The conversation was handed back, released or resolved before anybody agreed."""


_WAITING = sa.text(f"state = '{ProposalState.WAITING}'")


class AgentOffer(Base):
    """What an agent offers: the offer's row once the customer has it. One of a case may wait."""

    __tablename__ = "agent_offer"
    __table_args__ = (
        sa.Index(
            "uq_agent_offer_waiting",
            "case_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Of the window it was written in, so that one sent twice makes one."""
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"))
    hand_off_id: Mapped[str] = mapped_column(sa.ForeignKey("hand_off.id"), index=True)
    agent_id: Mapped[str] = mapped_column(sa.ForeignKey("agent.id"))
    kind: Mapped[OfferKind] = mapped_column(enumeration(OfferKind))
    percent: Mapped[int | None]
    months: Mapped[int | None]
    days: Mapped[int | None]
    """Of these three what its kind has."""
    customer_asked: Mapped[bool]
    """Whether the agent says that the customer asked for it."""
    policy_version: Mapped[str] = mapped_column(sa.String(32))
    """Of policy/routing.yml."""
    state: Mapped[ProposalState] = mapped_column(enumeration(ProposalState))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("agent.id"))
    """Who approved or refused it."""
    decided_at: Mapped[datetime | None]
    offer_id: Mapped[str | None] = mapped_column(sa.ForeignKey("retention_offer.id"), unique=True)

    case: Mapped[Case] = relationship(lazy="joined")
    hand_off: Mapped[HandOff] = relationship(lazy="joined")
    agent: Mapped[Agent] = relationship(lazy="joined", foreign_keys=[agent_id])
    decided_by: Mapped[Agent | None] = relationship(lazy="joined", foreign_keys=[decided_by_id])
    offer: Mapped[Offer | None] = relationship(lazy="joined")
