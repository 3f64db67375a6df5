"""What is kept of Stripe beside the subscription's own columns."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, new_identifier


class StripeMirror(Base):
    """How far a subscription of ours says what Stripe says."""

    __tablename__ = "stripe_mirror"

    subscription_id: Mapped[str] = mapped_column(sa.ForeignKey("subscription.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    """Counts what was applied: what was asked before the last of it may be older than it."""
    mirrored_at: Mapped[datetime]
    anchor: Mapped[datetime]
    """From which Stripe counts its periods (billing_cycle_anchor)."""
    upcoming_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What Stripe will take at the end of the period, taxes and credits counted in, in minor units
    of the plan's currency; None while that was not asked since the last change."""


class StripeEvent(Base):
    """An event that Stripe sent, by its names only: what it is about is fetched anew."""

    __tablename__ = "stripe_event"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    event_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    """Stripe's type, such as customer.subscription.updated."""
    billing_id: Mapped[str] = mapped_column(sa.String(64))
    """The subscription (sub_…) or refund (re_…) that it is about."""
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
