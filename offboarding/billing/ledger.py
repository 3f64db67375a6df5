"""The billing provider that needs no vendor: a ledger in our own database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.entries import (
    MOVED_ALREADY,
    end_of,
    entry_of,
    last_charge,
    others_go_on,
    payments_of,
    price_at,
    refund_key,
    refundable,
    refunded,
)
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import CancellationPreview, Payment, TakenPayment
from offboarding.cases.reasons import ChurnReason
from offboarding.days import last_second
from offboarding.errors import OffboardingError
from offboarding.wording import zone_of

Details = Mapping[str, str | int]
"""What was agreed, so that it can be carried out from the entry alone."""


class LedgerBilling:
    """A BillingPort over `subscription` and `ledger_entry`, inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def preview_cancellation(self, subscription: Subscription) -> CancellationPreview:
        """See BillingPort."""
        return CancellationPreview(
            ends_at=subscription.cancel_at or _end_of_what_is_paid(subscription),
            spared=self.next_payment(subscription),
            currency=subscription.plan.currency,
        )

    def cancel_at_period_end(
        self, subscription: Subscription, *, key: str, feedback: ChurnReason | None = None
    ) -> datetime:
        """See BillingPort."""
        ends_at = subscription.cancel_at or _end_of_what_is_paid(subscription)
        details = {"ends_at": ends_at.isoformat(), **_why(feedback)}
        if self._note(subscription, EntryKind.CANCELLATION, key, details):
            subscription.cancel_at = ends_at
        return ends_at

    def cancel_now(
        self,
        subscription: Subscription,
        *,
        key: str,
        refund_minor: int = 0,
        feedback: ChurnReason | None = None,
    ) -> datetime:
        """See BillingPort."""
        ended_at = end_of(subscription) or clock.now()
        details: Details = {
            "ends_at": ended_at.isoformat(),
            "now": True,
            "refund_minor": refund_minor,
            **_why(feedback),
        }
        if self._note(subscription, EntryKind.CANCELLATION, key, details):
            subscription.cancel_at, subscription.state = ended_at, SubscriptionState.ENDED
        if refund_minor:
            self.refund(subscription, amount_minor=refund_minor, key=refund_key(key))
        return ended_at

    def refund(
        self, subscription: Subscription, *, amount_minor: int, key: str, payment: str | None = None
    ) -> Payment:
        """See BillingPort."""
        done = entry_of(self._session, key)
        if done is None:
            charge = refundable(self._session, subscription, amount_minor, payment)
            details = {"payment": charge.id}
            self._note(
                subscription,
                EntryKind.REFUND,
                key,
                details,
                amount_minor=-amount_minor,
                currency=charge.currency,
            )
            done = entry_of(self._session, key)
        return refunded(done)

    def detach_payment_method(self, subscription: Subscription, *, key: str) -> bool:
        """See BillingPort. The ledger knows of no card, so all that is kept is the wish."""
        if entry_of(self._session, key) is None:
            if others_go_on(self._session, subscription):
                return False
            self._note(subscription, EntryKind.PAYMENT_METHOD_DETACHED, key)
        return True

    def undo_cancellation(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort."""
        if subscription.state is SubscriptionState.ENDED:
            raise OffboardingError("It has ended already, so the cancellation can't be undone.")
        if self._note(subscription, EntryKind.CANCELLATION_UNDONE, key):
            subscription.cancel_at = None

    def end(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort."""
        if self._note(subscription, EntryKind.END, key):
            subscription.state = SubscriptionState.ENDED

    def pause(
        self, subscription: Subscription, *, starts_at: datetime, ends_at: datetime, key: str
    ) -> None:
        """See BillingPort."""
        details = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        if self._note(subscription, EntryKind.PAUSE, key, details):
            subscription.paused_from, subscription.paused_until = starts_at, ends_at

    def discount(
        self, subscription: Subscription, *, percent: int, until: datetime, key: str
    ) -> None:
        """See BillingPort."""
        details: Details = {"percent": percent, "until": until.isoformat()}
        if self._note(subscription, EntryKind.DISCOUNT, key, details):
            subscription.discount_percent, subscription.discount_until = percent, until

    def change_plan(
        self, subscription: Subscription, plan: Plan, *, at: datetime, key: str
    ) -> None:
        """See BillingPort."""
        details = {"plan": plan.id, "at": at.isoformat()}
        if self._note(subscription, EntryKind.PLAN_CHANGE, key, details):
            subscription.next_plan = plan

    def undo_pause(self, subscription: Subscription, *, key: str) -> None:
        """See BillingPort."""
        if self._note(subscription, EntryKind.PAUSE_UNDONE, key):
            subscription.paused_from = subscription.paused_until = None

    def stay_on_plan(self, subscription: Subscription, plan: Plan, *, key: str) -> None:
        """See BillingPort."""
        if entry_of(self._session, key) is None and subscription.plan.id != plan.id:
            raise OffboardingError(MOVED_ALREADY)
        if self._note(subscription, EntryKind.PLAN_CHANGE_UNDONE, key, {"plan": plan.id}):
            subscription.next_plan = None

    def extend_trial(self, subscription: Subscription, *, until: datetime, key: str) -> None:
        """See BillingPort."""
        details = {"until": until.isoformat()}
        if self._note(subscription, EntryKind.TRIAL_EXTENSION, key, details):
            subscription.period_end = until

    def next_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort: the plan it will be on, the discount and the pause counted in."""
        plan = subscription.next_plan or subscription.plan
        at = subscription.period_end
        if not subscription.renews or plan.free or at is None:
            return None
        if subscription.paused_until is not None and subscription.paused_until > at:
            at = subscription.paused_until
        return Payment(price_at(subscription, plan, at), plan.currency, at)

    def last_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort."""
        entry = last_charge(self._session, subscription)
        if entry is None:
            return None
        return Payment(entry.amount_minor, entry.currency, entry.occurred_at, entry.id)

    def payments(self, subscription: Subscription) -> Sequence[TakenPayment]:
        """See BillingPort."""
        return payments_of(self._session, subscription)

    def _note(
        self,
        subscription: Subscription,
        kind: EntryKind,
        key: str,
        details: Details | None = None,
        *,
        amount_minor: int = 0,
        currency: str | None = None,
    ) -> bool:
        """Write the entry unless its key is there; whether it was written now."""
        if entry_of(self._session, key) is not None:
            return False
        entry = LedgerEntry(
            subscription_id=subscription.id,
            kind=kind,
            amount_minor=amount_minor,
            currency=currency or subscription.plan.currency,
            key=key,
            occurred_at=clock.now(),
            details=dict(details or {}),
        )
        self._session.add(entry)
        self._session.flush()
        self._noted(entry)
        return True

    def _noted(self, entry: LedgerEntry) -> None:
        """Called once for each entry, in its transaction; another provider carries it out."""


def _why(feedback: ChurnReason | None) -> dict[str, str]:
    return {"feedback": feedback.value} if feedback else {}


def _end_of_what_is_paid(subscription: Subscription) -> datetime:
    """End of the period; without one (a free plan) the end of today, where the account is."""
    moment = clock.now()
    if subscription.period_end is not None and subscription.period_end > moment:
        return subscription.period_end
    zone = zone_of(subscription.account.time_zone)
    return last_second(moment.astimezone(zone).date(), zone)
