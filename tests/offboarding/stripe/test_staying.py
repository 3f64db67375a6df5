"""Stripe: a pause, a discount, another plan, a longer trial; what is taken is what was said."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from offboarding import clock
from offboarding.accounts.model import Interval, SubscriptionState
from offboarding.billing.port import Payment
from offboarding.billing.stripe.changing import discounted_months
from offboarding.billing.stripe.failures import StripeUnavailableError
from offboarding.billing.stripe.state import StripeState, period_boundary
from offboarding.errors import OffboardingError
from sandbox.stripe.form import Json
from tests.offboarding.stripe.house import StripeHouse


def taken(house: StripeHouse, name: str) -> list[int]:
    """What Stripe took for a subscription, in the order of time."""
    theirs = house.mirrored(name).billing_id

    def of_it(invoice: Json) -> bool:
        return bool(invoice["parent"]["subscription_details"]["subscription"] == theirs)

    paid = [each for each in house.stand_in.store.all("invoice", of_it) if each["status"] == "paid"]
    return [invoice["amount_paid"] for invoice in reversed(paid)]


def live_on(
    house: StripeHouse, name: str, now: time_machine.Traveller, months: int
) -> list[Payment | None]:
    """Let periods pass, hearing of each; what was announced as the next payment before each."""
    announced = []
    for _ in range(months):
        house.work()
        with house.provider.at_once(name) as (billing, subscription):
            announced.append(billing.next_payment(subscription))
        assert subscription.period_end is not None
        now.move_to(subscription.period_end + timedelta(minutes=1))
        house.at_stripe(name)
        house.hear(house.stand_in.store.events[-1:])
    return announced


def pause_for_two_months(house: StripeHouse, name: str) -> datetime:
    """Agree a pause from the end of the period on; when it ends."""
    with house.provider.at_once(name) as (billing, subscription):
        starts_at = subscription.period_end
        assert starts_at is not None
        ends_at = starts_at + relativedelta(months=2)
        billing.pause(subscription, starts_at=starts_at, ends_at=ends_at, key="p")
    return ends_at


def test_a_discount_is_taken_off_every_payment_before_its_end_and_none_after(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert subscription.period_end is not None
        until = subscription.period_end + relativedelta(months=3)
        billing.discount(subscription, percent=25, until=until, key="d")
    announced = live_on(stripe_house, name, now, 4)
    assert taken(stripe_house, name) == [2900, 2175, 2175, 2175, 2900]
    assert [payment.amount_minor for payment in announced if payment] == [2175, 2175, 2175, 2900]


def test_a_discount_leaves_another_one_where_it_is(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    theirs = stripe_house.mirrored(name).billing_id or ""
    coupon = stripe_house.client.v1.coupons.create({"percent_off": 10, "duration": "forever"})
    stripe_house.client.v1.subscriptions.update(theirs, {"discounts": [{"coupon": coupon.id}]})
    with stripe_house.provider.at_once(name) as (billing, subscription):
        until = clock.now() + timedelta(days=60)
        billing.discount(subscription, percent=25, until=until, key="d")
        billing.discount(subscription, percent=25, until=until, key="d")
    assert len(stripe_house.at_stripe(name)["discounts"]) == 2


@pytest.mark.parametrize("where", ["/v1/coupons", "/v1/subscriptions/"])
def test_a_discount_that_was_broken_off_is_given_once(
    stripe_house: StripeHouse, where: str
) -> None:
    name = stripe_house.subscribe()
    until = clock.now() + timedelta(days=60)
    stripe_house.stand_in.faults.fail(where=f"POST {where}", after=True)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        with pytest.raises(StripeUnavailableError):
            billing.discount(subscription, percent=25, until=until, key="d")
        stripe_house.stand_in.forget_keys()
        billing.discount(subscription, percent=25, until=until, key="d")
    assert len(stripe_house.at_stripe(name)["discounts"]) == 1


def test_a_pause_takes_nothing_and_then_goes_on(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    ends_at = pause_for_two_months(stripe_house, name)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert billing.next_payment(subscription) == Payment(2900, "EUR", ends_at)
    live_on(stripe_house, name, now, 2)
    assert taken(stripe_house, name) == [2900]
    live_on(stripe_house, name, now, 1)
    assert taken(stripe_house, name) == [2900, 2900]
    assert stripe_house.mirrored(name).paused_until is None


def test_after_a_pause_that_ends_within_a_period_the_payment_is_at_its_end(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        starts_at = subscription.period_end
        assert starts_at is not None
        ends_at = starts_at + timedelta(days=10)
        billing.pause(subscription, starts_at=starts_at, ends_at=ends_at, key="p")
    with stripe_house.provider.at_once(name) as (billing, subscription):
        upcoming = billing.next_payment(subscription)
    assert upcoming == Payment(2900, "EUR", starts_at + relativedelta(months=1))


def test_a_pause_that_would_begin_after_a_payment_is_refused(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert subscription.period_end is not None
        later = subscription.period_end + timedelta(days=1)
        with pytest.raises(OffboardingError, match="payment is due before"):
            billing.pause(
                subscription, starts_at=later, ends_at=later + timedelta(days=30), key="p"
            )


def test_what_is_paid_is_given_until_the_plan_changes(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="p")
        billing.change_plan(subscription, basic, at=at, key="p")
    changing = stripe_house.mirrored(name)
    assert (changing.plan.id, changing.next_plan_id) == ("pro", "basic")
    live_on(stripe_house, name, now, 2)
    changed = stripe_house.mirrored(name)
    assert (changed.plan.id, changed.next_plan_id) == ("basic", None)
    assert taken(stripe_house, name) == [2900, 900, 900]


@pytest.mark.parametrize("where", ["/v1/subscription_schedules", "/v1/subscription_schedules/"])
def test_a_plan_change_that_was_broken_off_is_made_once(
    stripe_house: StripeHouse, where: str
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    stripe_house.stand_in.faults.fail(where=f"POST {where}", status=503)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        with pytest.raises(StripeUnavailableError):
            billing.change_plan(subscription, basic, at=at, key="p")
        stripe_house.stand_in.forget_keys()
        billing.change_plan(subscription, basic, at=at, key="p")
    assert stripe_house.mirrored(name).next_plan_id == "basic"
    assert len(stripe_house.stand_in.store.all("subscription_schedule")) == 1


def test_a_cancellation_puts_a_plan_change_aside_and_an_undo_brings_it_back(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="p")
        assert billing.cancel_at_period_end(subscription, key="c") == at
        billing.undo_cancellation(subscription, key="u")
    restored = stripe_house.mirrored(name)
    assert (restored.renews, restored.next_plan_id) == (True, "basic")
    assert not any(stripe_house.at_stripe(name)["metadata"].values())
    live_on(stripe_house, name, now, 1)
    assert taken(stripe_house, name) == [2900, 900]


def test_a_plan_change_that_is_taken_back_leaves_the_plan_and_its_price(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="p")
        billing.stay_on_plan(subscription, subscription.plan, key="s")
        stripe_house.stand_in.forget_keys()
        billing.stay_on_plan(subscription, subscription.plan, key="s")
    stayed = stripe_house.mirrored(name)
    assert (stayed.plan.id, stayed.next_plan_id) == ("pro", None)
    live_on(stripe_house, name, now, 2)
    assert taken(stripe_house, name) == [2900, 2900, 2900]


def test_taking_a_plan_change_back_that_was_broken_off_is_done_once(
    stripe_house: StripeHouse,
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="p")
        stripe_house.stand_in.faults.fail(where="POST /v1/subscriptions/", status=503)
        with pytest.raises(StripeUnavailableError):
            billing.stay_on_plan(subscription, subscription.plan, key="s")
        stripe_house.stand_in.forget_keys()
        billing.stay_on_plan(subscription, subscription.plan, key="s")
        billing.change_plan(subscription, basic, at=at, key="again")
    assert stripe_house.mirrored(name).next_plan_id == "basic"


def test_a_plan_change_that_has_come_is_not_taken_back(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        before, at = subscription.plan, subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="p")
    live_on(stripe_house, name, now, 1)
    with (
        stripe_house.provider.at_once(name) as (billing, subscription),
        pytest.raises(OffboardingError, match="moved to another plan"),
    ):
        billing.stay_on_plan(subscription, before, key="s")
    assert stripe_house.mirrored(name).plan.id == "basic"


def test_a_pause_that_is_taken_back_keeps_no_payment_up(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    pause_for_two_months(stripe_house, name)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.undo_pause(subscription, key="u")
    going_on = stripe_house.mirrored(name)
    assert (going_on.paused_from, going_on.paused_until) == (None, None)
    live_on(stripe_house, name, now, 2)
    assert taken(stripe_house, name) == [2900, 2900, 2900]


def test_a_schedule_of_somebody_else_is_left_alone(stripe_house: StripeHouse) -> None:
    basic, name = stripe_house.plan("Basic", "9.00"), stripe_house.subscribe()
    tiny = stripe_house.plan("Tiny", "4.00")
    with stripe_house.provider.at_once(name) as (billing, subscription):
        at = subscription.period_end
        assert at is not None
        billing.change_plan(subscription, basic, at=at, key="theirs")
        with pytest.raises(OffboardingError, match="changes this subscription already"):
            billing.change_plan(subscription, tiny, at=at, key="ours")


def test_a_plan_without_a_price_at_stripe_names_the_mend(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    basic = stripe_house.plan("Basic", "9.00")
    basic.billing_id = None
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert subscription.period_end is not None
        with pytest.raises(OffboardingError, match="billing_id"):
            billing.change_plan(subscription, basic, at=subscription.period_end, key="p")


def test_a_trial_is_longer_and_nothing_is_taken_before_its_end(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    until = clock.now() + timedelta(days=7)
    name = stripe_house.subscribe(trial_until=until)
    assert stripe_house.mirrored(name).state is SubscriptionState.TRIALING
    longer = until + timedelta(days=14)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.extend_trial(subscription, until=longer, key="t")
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert billing.next_payment(subscription) == Payment(2900, "EUR", longer)
    now.move_to(until + timedelta(days=1))
    assert taken(stripe_house, name) == []
    now.move_to(longer)
    stripe_house.at_stripe(name)
    assert taken(stripe_house, name) == [2900]


def test_a_trial_that_is_over_is_not_extended(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    until = clock.now() + timedelta(days=60)
    step = stripe_house.provider.at_once(name)
    with pytest.raises(OffboardingError, match="no trial"), step as (billing, subscription):
        billing.extend_trial(subscription, until=until, key="t")


# --- how Stripe counts

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def anchors(days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 86400).map(lambda passed: FIRST + timedelta(seconds=passed))


@given(
    anchor=anchors(2500),
    days=st.integers(0, 3000),
    interval=st.sampled_from(list(Interval)),
)
def test_a_period_ends_on_the_anchors_day_or_the_months_last(
    anchor: datetime, days: int, interval: Interval
) -> None:
    moment = anchor + timedelta(days=days)
    boundary = period_boundary(anchor, interval, moment)
    assert boundary >= moment
    assert boundary.timetz() == anchor.timetz()
    assert boundary.day == anchor.day or (boundary + timedelta(days=1)).day == 1
    length = timedelta(days=366 if interval is Interval.YEAR else 31)
    assert boundary - moment <= length
    assert period_boundary(anchor, interval, boundary) == boundary


@given(
    anchor=anchors(1500),
    passed=st.integers(0, 30),
    months=st.integers(1, 12),
    interval=st.sampled_from(list(Interval)),
)
def test_a_discounts_months_cover_the_payments_before_its_end_and_one_more_at_a_month_s_end(
    anchor: datetime, passed: int, months: int, interval: Interval
) -> None:
    now = anchor + timedelta(days=passed)
    period_end = period_boundary(anchor, interval, now + timedelta(seconds=1))
    until = period_end + relativedelta(months=months)
    state = StripeState(
        state=SubscriptionState.ACTIVE,
        price_id="price",
        period_end=period_end,
        anchor=anchor,
        cancel_at=None,
        collects=True,
        resumes_at=None,
        percent=None,
        discount_until=None,
        next_price_id=None,
    )
    ends_at = now + relativedelta(months=discounted_months(state, interval, until, now))
    at, more = period_end, []
    for _ in range(14):
        assert at < ends_at or at >= until, (at, ends_at, until)
        more += [at] if until <= at < ends_at else []
        at = period_boundary(anchor, interval, at + timedelta(seconds=1))
    assert not more or (len(more) == 1 and now.day > 28)
