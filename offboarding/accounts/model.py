"""Accounts, the customers who act for them, plans and subscriptions."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.database import IDENTIFIER, MARK, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText


class AccountKind(StrEnum):
    """Whether an account belongs to a person or to a business."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Interval(StrEnum):
    """How often a plan is paid."""

    MONTH = "month"
    YEAR = "year"


class SubscriptionState(StrEnum):
    """What a subscription gives today."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Account(Base):
    """What is billed: a household or a business, in one country."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    name: Mapped[str] = mapped_column(EncryptedText("account.name", owner="id"))
    """Often a person's; so it is encrypted."""
    kind: Mapped[AccountKind] = mapped_column(enumeration(AccountKind))
    country: Mapped[str] = mapped_column(sa.String(2))
    """ISO 3166-1 code of the billing address."""
    region: Mapped[str | None] = mapped_column(sa.String(8))
    """ISO 3166-2 subdivision without the country, such as MN."""
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="UTC")
    account_manager_name: Mapped[str | None] = mapped_column(sa.String(200))
    account_manager_email: Mapped[str | None] = mapped_column(sa.String(254))
    billing_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """The billing provider's own name for it (Stripe's cus_…)."""
    created_at: Mapped[datetime]

    @property
    def jurisdiction(self) -> str:
        """Country, or country and region: `DE`, `US-MN`."""
        return f"{self.country}-{self.region}" if self.region else self.country


class Customer(Base):
    """A person who may act for an account."""

    __tablename__ = "customer"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    external_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    """The company's own name for this person; what its identity tokens carry."""
    email: Mapped[str] = mapped_column(
        EncryptedText("customer.email", owner="id", mark="email_mark")
    )
    """In lower case; see `normalised_email`. No two customers have the same."""
    email_mark: Mapped[str | None] = mapped_column(MARK, unique=True)
    full_name: Mapped[str] = mapped_column(EncryptedText("customer.full_name", owner="id"))
    phone: Mapped[str | None] = mapped_column(
        EncryptedText("customer.phone", owner="id", mark="phone_mark")
    )
    """In E.164 (+447700900123). Households share numbers and networks give them to others, so it
    never says by itself who somebody is."""
    phone_mark: Mapped[str | None] = mapped_column(MARK, index=True)
    phone_confirmed_at: Mapped[datetime | None]
    """When the company last made sure that the number is theirs."""
    locale: Mapped[str] = mapped_column(sa.String(16), default="en-GB")
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="UTC")
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship(lazy="joined")

    @property
    def first_name(self) -> str:
        """What to call them; nothing when the company gave no name."""
        return next(iter(self.full_name.split()), "")


class Plan(Base):
    """Something the company sells."""

    __tablename__ = "plan"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    interval: Mapped[Interval] = mapped_column(enumeration(Interval))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    """Price of one interval, in minor units of `currency`; 0 for a free plan."""
    currency: Mapped[str] = mapped_column(sa.String(3))
    smaller_plan_id: Mapped[str | None] = mapped_column(sa.ForeignKey("plan.id"))
    """The next plan down, which keeps the customer's content."""
    billing_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """The billing provider's own name for its price (Stripe's price_…)."""

    smaller_plan: Mapped["Plan | None"] = relationship(remote_side="Plan.id", lazy="joined")

    @property
    def free(self) -> bool:
        """Whether nothing is ever charged."""
        return self.price_minor == 0


class Subscription(Base):
    """One plan that one account has."""

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    plan_id: Mapped[str] = mapped_column(sa.ForeignKey("plan.id"))
    state: Mapped[SubscriptionState] = mapped_column(enumeration(SubscriptionState))
    started_at: Mapped[datetime]
    """When the contract began, a trial that came first included."""
    begun_on_request_at: Mapped[datetime | None]
    """When the customer asked that the service begin while they may still withdraw (Directive
    2011/83/EU, Art. 7 (3) and 8 (8)), as the company recorded it; None where it did not."""
    period_end: Mapped[datetime | None]
    """End of the paid (or trial) period; None on a free plan."""
    cancel_at: Mapped[datetime | None]
    """When it ends because it was cancelled; None while it renews."""
    paused_from: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    discount_percent: Mapped[int | None]
    discount_until: Mapped[datetime | None]
    next_plan_id: Mapped[str | None] = mapped_column(sa.ForeignKey("plan.id"))
    """The plan it moves to at the end of the period."""
    billing_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """The billing provider's own name for it (Stripe's sub_…)."""

    account: Mapped[Account] = relationship(lazy="joined")
    plan: Mapped[Plan] = relationship(lazy="joined", foreign_keys=[plan_id])
    next_plan: Mapped[Plan | None] = relationship(lazy="joined", foreign_keys=[next_plan_id])

    @property
    def renews(self) -> bool:
        """Whether it goes on after this period."""
        return self.state is not SubscriptionState.ENDED and self.cancel_at is None


def normalised_email(address: str) -> str:
    """An e-mail address as it is compared: trimmed, lower case."""
    return address.strip().lower()
