"""The billing provider that needs no vendor: a ledger in our own database."""

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import CancellationPreview, Payment
from offboarding.errors import OffboardingError
from offboarding.wording import zone_of


class LedgerBilling:
    """A BillingPort over `subscription` and `ledger_entry`, inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def preview_cancellation(self, subscription: Subscription) -> CancellationPreview:
        """See BillingPort. What is paid is kept to its end, so nothing is paid back."""
        return CancellationPreview(
            ends_at=subscription.cancel_at or _end_of_what_is_paid(subscription),
            spared=self.next_payment(subscription),
            refund_minor=0,
            currency=subscription.plan.currency,
        )

    def cancel_at_period_end(self, subscription: Subscription, *, key: str) -> datetime:
        """See BillingPort."""
        ends_at = subscription.cancel_at or _end_of_what_is_paid(subscription)
        if self._note(subscription, EntryKind.CANCELLATION, key, ends_at=ends_at.isoformat()):
            subscription.cancel_at = ends_at
        return ends_at

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
        if self._note(
            subscription,
            EntryKind.PAUSE,
            key,
            starts_at=starts_at.isoformat(),
            ends_at=ends_at.isoformat(),
        ):
            subscription.paused_from, subscription.paused_until = starts_at, ends_at

    def discount(
        self, subscription: Subscription, *, percent: int, until: datetime, key: str
    ) -> None:
        """See BillingPort."""
        if self._note(
            subscription, EntryKind.DISCOUNT, key, percent=percent, until=until.isoformat()
        ):
            subscription.discount_percent, subscription.discount_until = percent, until

    def change_plan(
        self, subscription: Subscription, plan: Plan, *, at: datetime, key: str
    ) -> None:
        """See BillingPort."""
        if self._note(subscription, EntryKind.PLAN_CHANGE, key, plan=plan.id, at=at.isoformat()):
            subscription.next_plan = plan

    def extend_trial(self, subscription: Subscription, *, until: datetime, key: str) -> None:
        """See BillingPort."""
        if self._note(subscription, EntryKind.TRIAL_EXTENSION, key, until=until.isoformat()):
            subscription.period_end = until

    def next_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort: the plan it will be on, the discount and the pause counted in."""
        plan = subscription.next_plan or subscription.plan
        at = subscription.period_end
        if not subscription.renews or plan.free or at is None:
            return None
        if subscription.paused_until is not None and subscription.paused_until > at:
            at = subscription.paused_until
        amount = plan.price_minor
        if subscription.discount_until is not None and at < subscription.discount_until:
            amount -= amount * (subscription.discount_percent or 0) // 100
        return Payment(amount, plan.currency, at)

    def last_payment(self, subscription: Subscription) -> Payment | None:
        """See BillingPort."""
        entry = self._session.scalar(
            sa.select(LedgerEntry)
            .where(
                LedgerEntry.subscription_id == subscription.id,
                LedgerEntry.kind == EntryKind.CHARGE,
            )
            .order_by(LedgerEntry.occurred_at.desc())
            .limit(1)
        )
        return Payment(entry.amount_minor, entry.currency, entry.occurred_at) if entry else None

    def _note(
        self, subscription: Subscription, kind: EntryKind, key: str, **details: str | int
    ) -> bool:
        """Write the entry unless its key is there; whether it was written now."""
        if self._session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.key == key)):
            return False
        self._session.add(
            LedgerEntry(
                subscription_id=subscription.id,
                kind=kind,
                currency=subscription.plan.currency,
                key=key,
                occurred_at=clock.now(),
                details=dict(details),
            )
        )
        self._session.flush()
        return True


def _end_of_what_is_paid(subscription: Subscription) -> datetime:
    """End of the period; without one (a free plan) the end of today, where the account is."""
    moment = clock.now()
    if subscription.period_end is not None and subscription.period_end > moment:
        return subscription.period_end
    zone = zone_of(subscription.account.time_zone)
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    # As instants: where clocks go back at midnight, the day's last second on the wall comes twice.
    return datetime.combine(tomorrow, time(), tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
