"""A subscription of Stripe's in the words of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe
from dateutil.relativedelta import relativedelta

from offboarding.accounts.model import Interval, SubscriptionState

EXPAND = ["discounts.source.coupon", "schedule"]
"""What every answer has to carry, so that it says all there is to mirror."""
NEXT_PRICE = "offboarding_next_price"
"""Metadata: the plan change that a cancellation put aside, so that an undo brings it back."""

_STATES = {
    "trialing": SubscriptionState.TRIALING,
    "active": SubscriptionState.ACTIVE,
    "past_due": SubscriptionState.ACTIVE,
    "incomplete": SubscriptionState.PAUSED,
    "unpaid": SubscriptionState.PAUSED,
    "paused": SubscriptionState.PAUSED,
    "canceled": SubscriptionState.ENDED,
    "incomplete_expired": SubscriptionState.ENDED,
}
"""While Stripe still tries to collect, access goes on; when it gave up, it does not."""


@dataclass(frozen=True)
class StripeState:
    """What is mirrored of a subscription. Instants are UTC."""

    state: SubscriptionState
    price_id: str
    period_end: datetime
    anchor: datetime
    cancel_at: datetime | None
    """When it will end, or ended."""
    collects: bool
    """False while no payment is collected (pause_collection)."""
    resumes_at: datetime | None
    percent: int | None
    """Of a discount in whole percents that ends at a known instant; others are not mirrored."""
    discount_until: datetime | None
    next_price_id: str | None


def state_of(subscription: stripe.Subscription) -> StripeState:
    """Read an answer that was expanded by EXPAND. Raises ValueError for a status we don't know."""
    state = _STATES.get(subscription.status)
    if state is None:
        raise ValueError(f"Stripe's status {subscription.status} of a subscription is not known")
    items = subscription["items"].data
    period_end = max(item.current_period_end for item in items)
    ends = subscription.ended_at or subscription.cancel_at
    if ends is None and subscription.cancel_at_period_end:
        ends = period_end
    pause = subscription.pause_collection
    percent, until = _discount(subscription)
    return StripeState(
        state=state,
        price_id=items[0].price.id,
        period_end=instant(period_end),
        anchor=instant(subscription.billing_cycle_anchor),
        cancel_at=instant(ends) if ends else None,
        collects=pause is None,
        resumes_at=instant(pause.resumes_at) if pause and pause.resumes_at else None,
        percent=percent,
        discount_until=until,
        next_price_id=_next_price(subscription, period_end),
    )


def is_over(subscription: stripe.Subscription) -> bool:
    """Whether it has ended."""
    return _STATES.get(subscription.status) is SubscriptionState.ENDED


def instant(at: int) -> datetime:
    """An instant from how Stripe writes it."""
    return datetime.fromtimestamp(at, UTC)


def seconds(moment: datetime) -> int:
    """An instant as Stripe writes it."""
    return int(moment.timestamp())


def period_boundary(anchor: datetime, interval: Interval, moment: datetime) -> datetime:
    """The first end of a period at or after `moment`.

    Stripe counts from the anchor: on its day of the month, or on the month's last.
    """
    months = 12 if interval is Interval.YEAR else 1
    passed = relativedelta(moment, anchor)
    count = max(0, (passed.years * 12 + passed.months) // months)
    while anchor + relativedelta(months=count * months) < moment:
        count += 1
    return anchor + relativedelta(months=count * months)


def identifier(thing: Any) -> str | None:
    """The identifier of what Stripe gives as one, or expanded."""
    return thing if thing is None or isinstance(thing, str) else str(thing.id)


def _discount(subscription: stripe.Subscription) -> tuple[int | None, datetime | None]:
    for discount in subscription.discounts:
        if isinstance(discount, str) or isinstance(discount.source.coupon, str | None):
            continue
        percent = discount.source.coupon.percent_off
        if percent is not None and percent == int(percent) and discount.end:
            return int(percent), instant(discount.end)
    return None, None


def _next_price(subscription: stripe.Subscription, period_end: int) -> str | None:
    schedule = subscription.schedule
    if schedule is None or isinstance(schedule, str):
        return subscription.metadata.to_dict().get(NEXT_PRICE) or None
    for phase in schedule.phases:
        if phase.start_date >= period_end:
            return identifier(phase["items"][0].price)
    return None
