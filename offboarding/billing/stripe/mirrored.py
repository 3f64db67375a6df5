"""Stripe's billing inside a transaction: it reads the mirror, and agrees on what is to be done."""

from datetime import datetime

from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.billing.agreements import agree
from offboarding.billing.entries import end_of
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import LedgerEntry
from offboarding.billing.port import CancellationPreview, Payment
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.billing.stripe.mirror import LATE, is_awaited
from offboarding.billing.stripe.model import StripeMirror
from offboarding.billing.stripe.state import period_boundary
from offboarding.cases.reasons import ChurnReason

_UNKNOWN = (
    "I can't see just now how it is paid, so I can't say what a cancellation would mean. A "
    "colleague can look it up."
)


class MirroredBilling(LedgerBilling):
    """A BillingPort for the caller's transaction, in which nobody is waited for.

    Every write is agreed: noted in the ledger and in the subscription's columns, and done at
    Stripe by a task after the commit, with the same key. The mirror follows Stripe's answer.
    """

    def preview_cancellation(self, subscription: Subscription) -> CancellationPreview:
        """See BillingPort. Raises BillingUnknownError when the mirror is missing or old."""
        self._check_known(subscription)
        return super().preview_cancellation(subscription)

    def cancel_at_period_end(
        self, subscription: Subscription, *, key: str, feedback: ChurnReason | None = None
    ) -> datetime:
        """See BillingPort. Raises BillingUnknownError when the mirror is missing or old."""
        self._check_known(subscription)
        return super().cancel_at_period_end(subscription, key=key, feedback=feedback)

    def cancel_now(
        self,
        subscription: Subscription,
        *,
        key: str,
        refund_minor: int = 0,
        feedback: ChurnReason | None = None,
    ) -> datetime:
        """See BillingPort. Raises BillingUnknownError when the mirror is missing or old."""
        if end_of(subscription) is None:
            self._check_known(subscription)
        return super().cancel_now(
            subscription, key=key, refund_minor=refund_minor, feedback=feedback
        )

    def next_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort: what Stripe says it will take, where it was asked since the last change.

        Stripe's pauses let periods run on, so the first payment after one is at a period's end.
        """
        computed = super().next_payment(subscription)
        mirror = self._session.get(StripeMirror, subscription.id)
        if computed is None or mirror is None:
            return computed
        if computed.at != subscription.period_end:
            at = period_boundary(mirror.anchor, subscription.plan.interval, computed.at)
            return Payment(computed.amount_minor, computed.currency, at)
        if mirror.upcoming_minor is None or is_awaited(self._session, subscription.id):
            return computed
        if mirror.upcoming_minor == 0:
            return None
        return Payment(mirror.upcoming_minor, computed.currency, computed.at)

    def _check_known(self, subscription: Subscription) -> None:
        """A free plan that Stripe does not know is known without it."""
        if subscription.billing_id is None and subscription.plan.free:
            return
        mirror = self._session.get(StripeMirror, subscription.id)
        if subscription.billing_id is None or mirror is None:
            raise BillingUnknownError(_UNKNOWN)
        over = subscription.period_end
        if subscription.renews and over is not None and over + LATE < clock.now():
            # It has renewed, or it was not paid: either way Stripe has told, and we didn't hear.
            raise BillingUnknownError(_UNKNOWN)

    def _noted(self, entry: LedgerEntry) -> None:
        subscription = self._session.get_one(Subscription, entry.subscription_id)
        if subscription.billing_id is not None:
            agree(self._session, entry)
