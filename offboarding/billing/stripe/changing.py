"""What is changed of a subscription at Stripe. Each is harmless when it is done a second time.

A plan change waits in a subscription schedule, so that the plan that is paid is the plan that is
given until the period ends. Stripe lets nobody cancel what a schedule manages: it is released
first, and what it had planned is put aside in the subscription's metadata for an undo.
"""

import hashlib
from datetime import datetime, timedelta

import stripe
from dateutil.relativedelta import relativedelta
from stripe import StripeClient
from stripe.params import SubscriptionCancelParams, SubscriptionUpdateParams

from offboarding import clock
from offboarding.accounts.model import Interval
from offboarding.billing.entries import MOVED_ALREADY
from offboarding.billing.stripe.failures import BillingRefusedError, once
from offboarding.billing.stripe.state import (
    EXPAND,
    NEXT_PRICE,
    StripeState,
    identifier,
    period_boundary,
    seconds,
    state_of,
)
from offboarding.cases.reasons import ChurnReason
from offboarding.errors import OffboardingError

_GONE = "resource_missing"
_THERE = "resource_already_exists"
_ENDED = "canceled"


def fetched(client: StripeClient, name: str) -> stripe.Subscription:
    """The subscription as it is now."""
    return client.v1.subscriptions.retrieve(name, {"expand": EXPAND})


def cancel_at_period_end(
    client: StripeClient, name: str, key: str, feedback: ChurnReason | None
) -> stripe.Subscription:
    """Let it end with its period. What has ended stays as it ended."""
    subscription = fetched(client, name)
    if subscription.status == _ENDED:
        return subscription
    _put_schedule_aside(client, subscription, key)
    wanted: SubscriptionUpdateParams = {"cancel_at_period_end": True}
    if feedback is not None:
        wanted["cancellation_details"] = {"feedback": feedback.value}
    return _updated(client, name, wanted, key)


def undo_cancellation(client: StripeClient, name: str, key: str) -> stripe.Subscription:
    """Let it renew, to the plan it was to move to. Raises OffboardingError when it has ended."""
    subscription = fetched(client, name)
    if subscription.status == _ENDED:
        raise OffboardingError("It has ended already, so the cancellation can't be undone.")
    renewing: SubscriptionUpdateParams = {
        "cancel_at_period_end": False,
        "cancellation_details": {"feedback": ""},
    }
    undone = _updated(client, name, renewing, key)
    next_price = subscription.metadata.to_dict().get(NEXT_PRICE)
    if not next_price:
        return undone
    change_price(client, name, next_price, key=f"{key}:plan")
    return _updated(client, name, {"metadata": {NEXT_PRICE: ""}}, f"{key}:taken-up")


def cancel_now(
    client: StripeClient, name: str, key: str, feedback: ChurnReason | None
) -> stripe.Subscription:
    """End it now, without proration: what is paid back is asked for by its amount."""
    wanted: SubscriptionCancelParams = {"invoice_now": False, "prorate": False, "expand": EXPAND}
    if feedback is not None:
        wanted["cancellation_details"] = {"feedback": feedback.value}
    try:
        return once(key, lambda options: client.v1.subscriptions.cancel(name, wanted, options))
    except stripe.InvalidRequestError as error:
        # What is cancelled can't be cancelled again, and Stripe heeds no key when it deletes.
        if error.code != _GONE:
            raise
        subscription = fetched(client, name)
        if subscription.status != _ENDED:
            raise
        return subscription


def pause(client: StripeClient, name: str, ends_at: datetime, key: str) -> stripe.Subscription:
    """Collect nothing until then: invoices of the time are void."""
    wanted: SubscriptionUpdateParams = {
        "pause_collection": {"behavior": "void", "resumes_at": seconds(ends_at)}
    }
    return _updated(client, name, wanted, key)


def undo_pause(client: StripeClient, name: str, key: str) -> stripe.Subscription:
    """Collect again, as if there had been no pause."""
    return _updated(client, name, {"pause_collection": ""}, key)


def discount(
    client: StripeClient,
    name: str,
    *,
    percent: int,
    until: datetime,
    interval: Interval,
    key: str,
) -> stripe.Subscription:
    """A coupon of this discount's own, beside the discounts there are."""
    subscription = fetched(client, name)
    coupon_id = f"offboarding-{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    for known in subscription.discounts:
        if not isinstance(known, str) and identifier(known.source.coupon) == coupon_id:
            return subscription
    months = discounted_months(state_of(subscription), interval, until, clock.now())
    _make_coupon(client, coupon_id, percent, months, key)
    kept = [{"discount": identifier(known) or ""} for known in subscription.discounts]
    wanted: SubscriptionUpdateParams = {"discounts": [*kept, {"coupon": coupon_id}]}  # type: ignore[list-item]
    return _updated(client, name, wanted, key)


def discounted_months(
    state: StripeState, interval: Interval, until: datetime, now: datetime
) -> int:
    """How many months from now cover every payment before `until`.

    Stripe counts a discount in whole months from now. Where the month of a payment is too short
    for today's day, no number of them ends between two payments: then one more is reduced, and
    never one less than was promised. Raises OffboardingError when there is no payment before it.
    """
    at, last = state.period_end, None
    while at < until:
        last = at
        at = period_boundary(state.anchor, interval, at + timedelta(seconds=1))
    if last is None:
        raise OffboardingError("There is no payment before the discount would end.")
    months = 1
    while now + relativedelta(months=months) <= last:
        months += 1
    return months


def extend_trial(client: StripeClient, name: str, until: datetime, key: str) -> stripe.Subscription:
    """Let the trial last until then. Raises OffboardingError when it is no trial (any more)."""
    subscription = fetched(client, name)
    if subscription.status != "trialing":
        raise OffboardingError("It is no trial any more, so it can't be extended.")
    wanted: SubscriptionUpdateParams = {"trial_end": seconds(until), "proration_behavior": "none"}
    return _updated(client, name, wanted, key)


def change_price(
    client: StripeClient, name: str, price_id: str, *, key: str, at: datetime | None = None
) -> stripe.Subscription:
    """Move to another price at the period's end, by a schedule that then lets it go.

    `at` is when that was promised. Raises OffboardingError when the period ends at another time,
    or when another schedule manages the subscription.
    """
    subscription = fetched(client, name)
    item = subscription.items.data[0]
    if at is not None and seconds(at) != item.current_period_end:
        raise OffboardingError("Its period ends at another time than the plan was to change.")
    current, following = item.price, client.v1.prices.retrieve(price_id)
    interval = following.recurring.interval if following.recurring else "month"
    schedule_id = _own_schedule(client, subscription, key)
    once(
        f"{key}:phases",
        lambda options: client.v1.subscription_schedules.update(
            schedule_id,
            {
                "end_behavior": "release",
                "proration_behavior": "none",
                "phases": [
                    {
                        "items": [{"price": current.id, "quantity": item.quantity or 1}],
                        "start_date": item.current_period_start,
                        "end_date": item.current_period_end,
                    },
                    {
                        "items": [{"price": price_id, "quantity": item.quantity or 1}],
                        "duration": {"interval": interval, "interval_count": 1},
                        "proration_behavior": "none",
                    },
                ],
            },
            options,
        ),
    )
    return fetched(client, name)


def stay_on_price(client: StripeClient, name: str, price_id: str, key: str) -> stripe.Subscription:
    """Let go the schedule that was to change the price, and what a cancellation put aside of it.

    Raises OffboardingError when the price has changed already.
    """
    subscription = fetched(client, name)
    if state_of(subscription).price_id != price_id:
        raise OffboardingError(MOVED_ALREADY)
    _release_schedule(client, subscription, key)
    return _updated(client, name, {"metadata": {NEXT_PRICE: ""}}, f"{key}:forgotten")


def _own_schedule(client: StripeClient, subscription: stripe.Subscription, key: str) -> str:
    """The schedule of the current period alone: one that was made and not yet given its phases."""
    schedule = subscription.schedule
    if schedule is None:
        made = once(
            f"{key}:schedule",
            lambda options: client.v1.subscription_schedules.create(
                {"from_subscription": subscription.id}, options
            ),
        )
        return made.id
    if isinstance(schedule, str) or len(schedule.phases) > 1:
        raise BillingRefusedError(
            f"Stripe's schedule {identifier(schedule)} changes this subscription already: look at "
            "it in the dashboard."
        )
    return schedule.id


def _put_schedule_aside(client: StripeClient, subscription: stripe.Subscription, key: str) -> None:
    schedule_id, next_price = (
        identifier(subscription.schedule),
        state_of(subscription).next_price_id,
    )
    if schedule_id is None:
        return
    if next_price is not None:
        _updated(client, subscription.id, {"metadata": {NEXT_PRICE: next_price}}, f"{key}:aside")
    _release_schedule(client, subscription, key)


def _release_schedule(client: StripeClient, subscription: stripe.Subscription, key: str) -> None:
    schedule_id = identifier(subscription.schedule)
    if schedule_id is not None:
        once(
            f"{key}:release",
            lambda options: client.v1.subscription_schedules.release(schedule_id, {}, options),
        )


def _make_coupon(client: StripeClient, coupon_id: str, percent: int, months: int, key: str) -> None:
    try:
        once(
            f"{key}:coupon",
            lambda options: client.v1.coupons.create(
                {
                    "id": coupon_id,
                    "percent_off": percent,
                    "duration": "repeating",
                    "duration_in_months": months,
                    "name": f"{percent} % less",
                },
                options,
            ),
        )
    except stripe.InvalidRequestError as error:
        if error.code != _THERE:
            raise


def _updated(
    client: StripeClient, name: str, wanted: SubscriptionUpdateParams, key: str
) -> stripe.Subscription:
    params: SubscriptionUpdateParams = {**wanted, "expand": EXPAND}
    return once(key, lambda options: client.v1.subscriptions.update(name, params, options))
