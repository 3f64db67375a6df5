"""The ledger: every movement and every agreed change of money, once each."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


class EntryKind(StrEnum):
    """What a ledger entry says."""

    CHARGE = "charge"
    REFUND = "refund"
    CANCELLATION = "cancellation"
    CANCELLATION_UNDONE = "cancellation_undone"
    PAUSE = "pause"
    PAUSE_UNDONE = "pause_undone"
    DISCOUNT = "discount"
    PLAN_CHANGE = "plan_change"
    PLAN_CHANGE_UNDONE = "plan_change_undone"
    TRIAL_EXTENSION = "trial_extension"
    END = "end"
    PAYMENT_METHOD_DETACHED = "payment_method_detached"


class LedgerEntry(Base):
    """One line of the ledger. `key` makes each effect happen once."""

    __tablename__ = "ledger_entry"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    subscription_id: Mapped[str] = mapped_column(sa.ForeignKey("subscription.id"), index=True)
    kind: Mapped[EntryKind] = mapped_column(enumeration(EntryKind))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """What the customer paid, in minor units of `currency`; a refund is negative."""
    currency: Mapped[str] = mapped_column(sa.String(3))
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    occurred_at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    billing_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """The provider's own name of a payment or refund (Stripe's pi_…, ch_…, re_…)."""
    awaited: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it is agreed and the provider has yet to carry it out."""
