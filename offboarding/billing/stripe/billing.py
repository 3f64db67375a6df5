"""Stripe's billing outside of any transaction: each write is done when the call returns.

The ledger notes each write once it is done, for good: Stripe forgets a key after a day or more, and
a step that comes later than that must not be done a second time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import stripe
from sqlalchemy.orm import Session
from stripe import StripeClient

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.entries import (
    entry_of,
    last_charge,
    others_go_on,
    refund_key,
    refundable,
    refunded,
)
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import CancellationPreview, NotEndedYetError, Payment, TakenPayment
from offboarding.billing.stripe import changing, paying
from offboarding.billing.stripe.failures import (
    BillingRefusedError,
    BillingUnknownError,
    asking,
)
from offboarding.billing.stripe.mirror import LATE, apply, refresh_soon, version_of
from offboarding.billing.stripe.mirrored import MirroredBilling
from offboarding.billing.stripe.refresh import keep_refund, refresh
from offboarding.billing.stripe.state import StripeState, identifier, state_of
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.errors import OffboardingError

Ask = Callable[[str], stripe.Subscription]
"""Does something to the subscription of this name at Stripe, and gives it as it is then."""


class StripeBilling:
    """A BillingPort whose writes ask Stripe, then mirror its answer in a transaction of their own.

    A write raises StripeUnavailableError to be called again with the same key, and OffboardingError
    for a person. Reading is from the mirror and asks nobody.
    """

    def __init__(self, client: StripeClient, database: Database) -> None:
        self._client = client
        self._database = database

    # Reading

    def preview_cancellation(self, subscription: Subscription) -> CancellationPreview:
        """See BillingPort."""
        with self._database.read() as session:
            return MirroredBilling(session).preview_cancellation(subscription)

    def next_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort."""
        with self._database.read() as session:
            return MirroredBilling(session).next_payment(subscription)

    def last_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort."""
        with self._database.read() as session:
            return MirroredBilling(session).last_payment(subscription)

    def payments(self, subscription: Subscription) -> Sequence[TakenPayment]:
        """See BillingPort."""
        with self._database.read() as session:
            return MirroredBilling(session).payments(subscription)

    # Ending

    def cancel_at_period_end(
        self, subscription: Subscription, *, key: str, feedback: ChurnReason | None = None
    ) -> datetime:
        """See BillingPort."""

        def ask(name: str) -> stripe.Subscription:
            return changing.cancel_at_period_end(self._client, name, key, feedback)

        return _end_in(
            self._write(subscription, EntryKind.CANCELLATION, key, "cancel a subscription", ask)
        )

    def cancel_now(
        self,
        subscription: Subscription,
        *,
        key: str,
        refund_minor: int = 0,
        feedback: ChurnReason | None = None,
    ) -> datetime:
        """See BillingPort. The end comes first: a refund that is refused never keeps it up."""

        def ask(name: str) -> stripe.Subscription:
            return changing.cancel_now(self._client, name, key, feedback)

        entry = self._write(subscription, EntryKind.CANCELLATION, key, "cancel a subscription", ask)
        if refund_minor:
            self.refund(subscription, amount_minor=refund_minor, key=refund_key(key))
        return _end_in(entry)

    def undo_cancellation(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort."""

        def ask(name: str) -> stripe.Subscription:
            return changing.undo_cancellation(self._client, name, key)

        self._write(subscription, EntryKind.CANCELLATION_UNDONE, key, "undo a cancellation", ask)

    def end(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort. Stripe ends it by itself; this makes sure that it has.

        Raises NotEndedYetError while its end is at hand, and BillingRefusedError when that was
        long ago, or when it goes on: then somebody undid at Stripe what was confirmed here.
        """

        def ask(name: str) -> stripe.Subscription:
            found = changing.fetched(self._client, name)
            state = state_of(found)
            if state.state is SubscriptionState.ENDED:
                return found
            moment = clock.now()
            if state.cancel_at is not None and state.cancel_at <= moment:
                if moment < state.cancel_at + LATE:
                    raise NotEndedYetError("the subscription is about to end")
                raise BillingRefusedError(
                    f"Stripe has not ended {name}, though its end was at "
                    f"{state.cancel_at:%Y-%m-%d %H:%M} UTC: look at it in the dashboard."
                )
            raise BillingRefusedError(
                f"Stripe goes on with {name}, whose end was confirmed to the customer: look at it "
                "in the dashboard."
            )

        self._write(subscription, EntryKind.END, key, "show a subscription", ask)

    # Staying

    def pause(
        self, subscription: Subscription, *, starts_at: datetime, ends_at: datetime, key: str
    ) -> None:
        """See BillingPort. Stripe begins at once, which is the same up to the next payment.

        Raises OffboardingError when a payment is due before it is to begin.
        """
        if subscription.period_end is not None and starts_at > subscription.period_end:
            raise OffboardingError("A payment is due before the pause would begin.")

        def ask(name: str) -> stripe.Subscription:
            return changing.pause(self._client, name, ends_at, key)

        details = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        self._write(
            subscription, EntryKind.PAUSE, key, "pause a subscription", ask, details=details
        )

    def discount(
        self, subscription: Subscription, *, percent: int, until: datetime, key: str
    ) -> None:
        """See BillingPort."""

        def ask(name: str) -> stripe.Subscription:
            return changing.discount(
                self._client,
                name,
                percent=percent,
                until=until,
                interval=subscription.plan.interval,
                key=key,
            )

        details = {"percent": percent, "until": until.isoformat()}
        self._write(subscription, EntryKind.DISCOUNT, key, "give a discount", ask, details=details)

    def change_plan(
        self, subscription: Subscription, plan: Plan, *, at: datetime, key: str
    ) -> None:
        """See BillingPort. Raises OffboardingError when the plan has no price at Stripe."""
        price_id = _price_of(plan)

        def ask(name: str) -> stripe.Subscription:
            return changing.change_price(self._client, name, price_id, key=key, at=at)

        details = {"plan": plan.id, "at": at.isoformat()}
        self._write(subscription, EntryKind.PLAN_CHANGE, key, "change a plan", ask, details=details)

    def undo_pause(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort."""

        def ask(name: str) -> stripe.Subscription:
            return changing.undo_pause(self._client, name, key)

        self._write(subscription, EntryKind.PAUSE_UNDONE, key, "undo a pause", ask)

    def stay_on_plan(self, subscription: Subscription, plan: Plan, *, key: str) -> None:
        """See BillingPort. Raises OffboardingError when the plan has no price at Stripe."""
        price_id = _price_of(plan)

        def ask(name: str) -> stripe.Subscription:
            return changing.stay_on_price(self._client, name, price_id, key)

        kind, details = EntryKind.PLAN_CHANGE_UNDONE, {"plan": plan.id}
        self._write(subscription, kind, key, "undo a plan change", ask, details=details)

    def extend_trial(self, subscription: Subscription, *, until: datetime, key: str) -> None:
        """See BillingPort."""

        def ask(name: str) -> stripe.Subscription:
            return changing.extend_trial(self._client, name, until, key)

        details = {"until": until.isoformat()}
        self._write(
            subscription, EntryKind.TRIAL_EXTENSION, key, "extend a trial", ask, details=details
        )

    # Money and how it is paid

    def refund(
        self, subscription: Subscription, *, amount_minor: int, key: str, payment: str | None = None
    ) -> Payment:
        """See BillingPort. Also raises OffboardingError for a payment that Stripe did not take."""
        with self._database.read() as session:
            known = entry_of(session, key)
            if known is not None and not known.awaited:
                return refunded(known)
            unheard = payment is None and last_charge(session, subscription) is None
        if unheard:
            refresh(self._database, self._client, subscription.id)
        with self._database.read() as session:
            payment_id = _payment_id(session, subscription, amount_minor, key, payment)
        with asking("refund a payment"):
            made = paying.refund(self._client, payment_id, amount_minor, key)
        with self._database.write() as session:
            return refunded(keep_refund(session, made))

    def detach_payment_method(self, subscription: Subscription, *, key: str) -> bool:
        """See BillingPort: also not while Stripe knows of a subscription that we don't know."""
        with self._database.read() as session:
            known = entry_of(session, key)
            if known is not None and not known.awaited:
                return True
            if others_go_on(session, subscription):
                return False
        name = _name_of(subscription)
        with asking("forget a payment method"):
            customer_id = subscription.account.billing_id or identifier(
                changing.fetched(self._client, name).customer
            )
            if not paying.detach_all(self._client, customer_id or "", name, key):
                return False
        with self._database.write() as session:
            _settle(session, subscription, EntryKind.PAYMENT_METHOD_DETACHED, key, {})
        return True

    def _write(
        self,
        subscription: Subscription,
        kind: EntryKind,
        key: str,
        what: str,
        ask: Ask,
        *,
        details: dict[str, Any] | None = None,
    ) -> LedgerEntry:
        """Have it done once, note it, and mirror what it gave; the note."""
        with self._database.read() as session:
            known = entry_of(session, key)
            if known is not None and not known.awaited:
                return known
            asked_at = version_of(session, subscription.id)
        with asking(what):
            state = state_of(ask(_name_of(subscription)))
        with self._database.write() as session:
            entry = _settle(session, subscription, kind, key, _with_end(details, state))
            apply(session, subscription.id, state, asked_at=asked_at)
            refresh_soon(session, session.get_one(Subscription, subscription.id))
            return entry


def _name_of(subscription: Subscription) -> str:
    if subscription.billing_id is None:
        raise BillingUnknownError("This subscription is not known at Stripe (billing_id is empty).")
    return subscription.billing_id


def _price_of(plan: Plan) -> str:
    if plan.billing_id is None:
        raise OffboardingError(
            f"The plan {plan.id} has no price at Stripe: put it into plan.billing_id."
        )
    return plan.billing_id


def _payment_id(
    session: Session, subscription: Subscription, amount_minor: int, key: str, payment: str | None
) -> str:
    """Stripe's name of the payment to be paid back. Raises OffboardingError."""
    agreed = entry_of(session, key)
    if agreed is not None:  # its amount was checked, and is counted, since it was agreed
        charge = session.get_one(LedgerEntry, agreed.details["payment"])
    else:
        charge = refundable(session, subscription, amount_minor, payment)
    if charge.billing_id is None:
        raise OffboardingError("Stripe did not take that payment, so it can't pay it back.")
    return charge.billing_id


def _settle(
    session: Session, subscription: Subscription, kind: EntryKind, key: str, details: dict[str, Any]
) -> LedgerEntry:
    """Note that it was done; what was agreed before is agreed no more."""
    entry = entry_of(session, key)
    if entry is None:
        entry = LedgerEntry(
            subscription_id=subscription.id,
            kind=kind,
            currency=subscription.plan.currency,
            key=key,
            occurred_at=clock.now(),
            details={},
        )
        session.add(entry)
    entry.awaited = False
    entry.details = {**entry.details, **details}
    session.flush()
    return entry


def _with_end(details: dict[str, Any] | None, state: StripeState) -> dict[str, Any]:
    ends_at = {"ends_at": state.cancel_at.isoformat()} if state.cancel_at else {}
    return {**ends_at, **(details or {})}


def _end_in(entry: LedgerEntry) -> datetime:
    return datetime.fromisoformat(entry.details["ends_at"])
