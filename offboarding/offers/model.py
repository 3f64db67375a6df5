"""The retention offer of a case."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


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


class Offer(Base):
    """The one offer of a case: the table cannot hold a second."""

    __tablename__ = "retention_offer"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"), unique=True)
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    """The rule of policy/offers.yml it comes from."""
    kind: Mapped[OfferKind] = mapped_column(enumeration(OfferKind))
    terms: Mapped[dict[str, Any]]
    """Amounts in minor units, percents, instants in ISO-8601: just what was said."""
    policy_version: Mapped[str] = mapped_column(sa.String(32))
    presented_at: Mapped[datetime]
    answer: Mapped[OfferAnswer | None] = mapped_column(enumeration(OfferAnswer))
    answered_at: Mapped[datetime | None]
