"""What the ledger's entries say, whichever provider they came from."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import Payment, TakenPayment
from offboarding.errors import OffboardingError
from offboarding.wording import money_text

MOVED_ALREADY = "It has moved to another plan already, so that can't be taken back."
"""Why a plan change is not taken back."""
_LOCALE = "en-GB"
"""Of sentences for colleagues."""


def entry_of(session: Session, key: str) -> LedgerEntry | None:
    """The entry that was written under this key."""
    return session.scalar(sa.select(LedgerEntry).where(LedgerEntry.key == key))


def refund_key(key: str) -> str:
    """The key of the refund that belongs to a cancellation of this key."""
    return f"{key}:refund"


def end_of(subscription: Subscription) -> datetime | None:
    """When it ended; None while it gives something."""
    return subscription.cancel_at if subscription.state is SubscriptionState.ENDED else None


def price_at(subscription: Subscription, plan: Plan, at: datetime) -> int:
    """What a payment on `plan` takes at that time, the discount counted in, in minor units."""
    amount = plan.price_minor
    if subscription.discount_until is not None and at < subscription.discount_until:
        amount -= amount * (subscription.discount_percent or 0) // 100
    return amount


def last_charge(session: Session, subscription: Subscription) -> LedgerEntry | None:
    """The last payment that was taken."""
    return session.scalar(
        sa.select(LedgerEntry)
        .where(LedgerEntry.subscription_id == subscription.id, LedgerEntry.kind == EntryKind.CHARGE)
        .order_by(LedgerEntry.occurred_at.desc())
        .limit(1)
    )


def refundable(
    session: Session, subscription: Subscription, amount_minor: int, payment: str | None
) -> LedgerEntry:
    """The payment (default: the last) of which so much can be paid back, locked until the commit.

    Raises OffboardingError when there is none, or when less of it is left.
    """
    wanted = payment or getattr(last_charge(session, subscription), "id", None)
    charge = session.get(LedgerEntry, wanted, with_for_update=True) if wanted else None
    ours = charge is not None and charge.subscription_id == subscription.id
    if charge is None or not ours or charge.kind is not EntryKind.CHARGE:
        raise OffboardingError("There is no such payment, so nothing can be paid back.")
    left = charge.amount_minor - _paid_back(session, subscription).get(charge.id, 0)
    if not 0 < amount_minor <= left:
        asked = money_text(amount_minor, charge.currency, _LOCALE)
        rest = money_text(left, charge.currency, _LOCALE)
        raise OffboardingError(f"{asked} can't be paid back: {rest} is left of that payment.")
    return charge


def payments_of(session: Session, subscription: Subscription) -> list[TakenPayment]:
    """Every payment that was taken, the oldest first, and how much of each is left."""
    back = _paid_back(session, subscription)
    charges = session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.subscription_id == subscription.id, LedgerEntry.kind == EntryKind.CHARGE)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
    )
    return [
        TakenPayment(
            Payment(charge.amount_minor, charge.currency, charge.occurred_at, charge.id),
            left_minor=max(charge.amount_minor - back.get(charge.id, 0), 0),
        )
        for charge in charges
    ]


def _paid_back(session: Session, subscription: Subscription) -> dict[str, int]:
    """How much of each payment was paid back, or is agreed to be, in minor units."""
    back: dict[str, int] = {}
    for entry in session.scalars(
        sa.select(LedgerEntry).where(
            LedgerEntry.subscription_id == subscription.id, LedgerEntry.kind == EntryKind.REFUND
        )
    ):
        payment = entry.details.get("payment", "")
        back[payment] = back.get(payment, 0) - entry.amount_minor
    return back


def refunded(entry: LedgerEntry | None) -> Payment:
    """What an entry says was paid back. Raises OffboardingError when it is no refund."""
    if entry is None or entry.kind is not EntryKind.REFUND:
        raise OffboardingError("This key belongs to something else than a refund.")
    return Payment(-entry.amount_minor, entry.currency, entry.occurred_at, entry.id)


def others_go_on(session: Session, subscription: Subscription) -> bool:
    """Whether the account has another subscription that has not ended and is not free.

    One that is only cancelled counts: an undo of it must find what it is paid by.
    """
    other = (
        sa.select(Subscription.id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(
            Subscription.account_id == subscription.account_id,
            Subscription.id != subscription.id,
            Subscription.state != SubscriptionState.ENDED,
            Plan.price_minor > 0,
        )
    )
    return session.scalar(other.limit(1)) is not None
