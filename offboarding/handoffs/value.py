"""What an account is worth: what it will go on paying, by the month."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from offboarding.accounts import service as accounts
from offboarding.accounts.model import Interval, Subscription
from offboarding.billing.port import BillingPort


@dataclass(frozen=True)
class MonthlyValue:
    """An amount a month, in minor units of its currency; no currency when nothing renews."""

    minor: int
    currency: str | None


def monthly_value(session: Session, account_id: str, billing: BillingPort) -> MonthlyValue:
    """The next payments of all that renews, by the month; what is free counts nothing.

    Two currencies are not added up: the one with the larger sum stands for the account. Raises
    BillingUnknownError where `billing` can't say what is paid.
    """
    sums: dict[str, int] = {}
    for subscription in accounts.subscriptions(session, account_id):
        if subscription.renews:
            minor, currency = _by_the_month(subscription, billing)
            sums[currency] = sums.get(currency, 0) + minor
    if not sums:
        return MonthlyValue(0, None)
    largest = max(sums, key=lambda currency: (sums[currency], currency))
    return MonthlyValue(sums[largest], largest)


def _by_the_month(subscription: Subscription, billing: BillingPort) -> tuple[int, str]:
    """The next payment, with the discount and the change of plan in it, by the month."""
    payment = billing.next_payment(subscription)
    plan = subscription.next_plan or subscription.plan
    if payment is None:
        return 0, plan.currency
    if plan.interval is Interval.MONTH:
        return payment.amount_minor, payment.currency
    return (payment.amount_minor + 6) // 12, payment.currency  # half a cent is rounded up
