"""Fetching from Stripe what the mirror shows: the subscription, its payments, what comes next."""

from dataclasses import dataclass

import sqlalchemy as sa
import stripe
import structlog
from sqlalchemy.orm import Session
from stripe import StripeClient

from offboarding.accounts.model import Subscription
from offboarding.billing.entries import entry_of
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.failures import BillingRefusedError, StripeUnavailableError, asking
from offboarding.billing.stripe.mirror import apply, is_awaited, refresh_when_over, version_of
from offboarding.billing.stripe.state import EXPAND, identifier, instant, state_of
from offboarding.database import Database

_LOG = structlog.get_logger(__name__)

KEY = "offboarding_key"
"""Metadata of a refund: the key under which it was asked for, for longer than Stripe keeps keys."""
_INVOICES = 12
_NOTHING_UPCOMING = "invoice_upcoming_none"


@dataclass(frozen=True)
class _Paid:
    """An invoice that was paid: by what, and how much."""

    key: str
    payment_id: str | None
    amount_minor: int
    currency: str
    at: int


def refresh(database: Database, client: StripeClient, subscription_id: str) -> None:
    """Fetch a subscription anew and mirror it. Harmless at any time, and as often as one likes.

    Raises StripeUnavailableError to be called again, also when the mirror changed meanwhile.
    """
    with database.read() as session:
        subscription = session.get(Subscription, subscription_id)
        if subscription is None or subscription.billing_id is None:
            return
        billing_id, asked_at = subscription.billing_id, version_of(session, subscription_id)
    with asking("show a subscription"):
        fetched = client.v1.subscriptions.retrieve(billing_id, {"expand": EXPAND})
        upcoming = _upcoming(client, billing_id)
        paid = _paid(client, billing_id)
    with database.write() as session:
        _keep_payments(session, subscription_id, paid)
        if apply(
            session,
            subscription_id,
            state_of(fetched),
            asked_at=asked_at,
            upcoming_minor=upcoming,
        ):
            refresh_when_over(session, session.get_one(Subscription, subscription_id))
        elif not is_awaited(session, subscription_id):
            raise StripeUnavailableError("the mirror changed while Stripe was asked")


def _upcoming(client: StripeClient, billing_id: str) -> int | None:
    """What will be taken next; None when nothing will be, or when Stripe can't say (yet)."""
    try:
        preview = client.v1.invoices.create_preview({"subscription": billing_id})
    except stripe.InvalidRequestError as error:
        if error.code != _NOTHING_UPCOMING:
            _LOG.warning("stripe_no_preview", subscription=billing_id, code=error.code)
        return None
    return preview.amount_due


def _paid(client: StripeClient, billing_id: str) -> list[_Paid]:
    invoices = client.v1.invoices.list(
        {
            "subscription": billing_id,
            "status": "paid",
            "limit": _INVOICES,
            "expand": ["data.payments"],
        }
    )
    return [_payment(invoice) for invoice in invoices.data if invoice.amount_paid > 0]


def _payment(invoice: stripe.Invoice) -> _Paid:
    payments = [each.payment for each in invoice.payments.data] if invoice.payments else []
    made = next((each for each in payments if each.type in {"payment_intent", "charge"}), None)
    return _Paid(
        key=f"stripe:{invoice.id}",
        payment_id=identifier(made[made.type]) if made else None,
        amount_minor=invoice.amount_paid,
        currency=invoice.currency.upper(),
        at=invoice.status_transitions.paid_at or invoice.created,
    )


def _keep_payments(session: Session, subscription_id: str, paid: list[_Paid]) -> None:
    for payment in paid:
        if entry_of(session, payment.key) is None:
            session.add(
                LedgerEntry(
                    subscription_id=subscription_id,
                    kind=EntryKind.CHARGE,
                    amount_minor=payment.amount_minor,
                    currency=payment.currency,
                    key=payment.key,
                    occurred_at=instant(payment.at),
                    details={},
                    billing_id=payment.payment_id,
                )
            )
    session.flush()


def refresh_refund(database: Database, client: StripeClient, refund_id: str) -> None:
    """Fetch a refund anew and mirror it.

    Raises BillingRefusedError when it came back from the bank: a person has to pay another way.
    """
    with asking("show a refund"):
        refund = client.v1.refunds.retrieve(refund_id)
    with database.write() as session:
        entry = keep_refund(session, refund)
    if entry is not None and refund.status in {"failed", "canceled"}:
        raise BillingRefusedError(
            f"The refund {refund.id} did not reach the customer "
            f"({refund.failure_reason or refund.status}): pay it another way."
        )


def keep_refund(session: Session, refund: stripe.Refund) -> LedgerEntry | None:
    """The entry of a refund, as Stripe says it is; None when it is of no payment we know."""
    paid_by = identifier(refund.payment_intent) or identifier(refund.charge)
    charge = session.scalar(
        sa.select(LedgerEntry).where(
            LedgerEntry.billing_id == paid_by, LedgerEntry.kind == EntryKind.CHARGE
        )
    )
    if charge is None:
        _LOG.warning("stripe_refund_of_unknown_payment", refund=refund.id)
        return None
    failed = refund.status in {"failed", "canceled"}
    entry = _refund_entry(session, refund, charge)
    entry.amount_minor = 0 if failed else -refund.amount
    entry.billing_id, entry.awaited = refund.id, False
    entry.details = {**entry.details, "payment": charge.id, "status": refund.status or ""}
    session.flush()
    return entry


def _refund_entry(session: Session, refund: stripe.Refund, charge: LedgerEntry) -> LedgerEntry:
    """The entry there is, by Stripe's name or by our key; else a new one."""
    known = session.scalar(sa.select(LedgerEntry).where(LedgerEntry.billing_id == refund.id))
    key = (refund.metadata.to_dict() if refund.metadata else {}).get(KEY) or f"stripe:{refund.id}"
    entry = known or entry_of(session, key)
    if entry is None:
        entry = LedgerEntry(
            subscription_id=charge.subscription_id,
            kind=EntryKind.REFUND,
            currency=charge.currency,
            key=key,
            occurred_at=instant(refund.created),
            details={},
        )
        session.add(entry)
    return entry
