"""Inside a transaction nobody waits for Stripe: it is agreed, and carried out after the commit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from dateutil.relativedelta import relativedelta

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.agreements import CARRY_OUT
from offboarding.billing.model import LedgerEntry
from offboarding.billing.port import BillingPort
from offboarding.cases.reasons import ChurnReason
from tests.factories import make_customer, make_plan, make_subscription
from tests.offboarding.stripe.house import StripeHouse

Agree = Callable[[BillingPort, Subscription, Plan], object]


def _pause(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
    assert it.period_end is not None
    ends_at = it.period_end + relativedelta(months=1)
    billing.pause(it, starts_at=it.period_end, ends_at=ends_at, key="k")


def _discount(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
    assert it.period_end is not None
    until = it.period_end + relativedelta(months=2)
    billing.discount(it, percent=25, until=until, key="k")


def _change(billing: BillingPort, it: Subscription, basic: Plan) -> None:
    assert it.period_end is not None
    billing.change_plan(it, basic, at=it.period_end, key="k")


def _cancel(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
    billing.cancel_at_period_end(it, key="k", feedback=ChurnReason.UNUSED)


AGREE: dict[str, Agree] = {
    "pause": _pause,
    "discount": _discount,
    "change": _change,
    "cancel": _cancel,
}
SAID = ("cancel_at", "paused_until", "discount_percent", "next_plan_id", "state", "plan_id")


def said(subscription: Subscription) -> dict[str, object]:
    return {name: getattr(subscription, name) for name in SAID}


def agree(house: StripeHouse, name: str, what: Agree) -> None:
    basic = house.plan("Basic", "9.00")
    with house.database.write() as session:
        subscription = session.get_one(Subscription, name)
        what(house.provider.within(session), subscription, session.merge(basic))


def awaited(house: StripeHouse) -> int:
    with house.database.read() as session:
        return len(list(session.scalars(sa.select(LedgerEntry).where(LedgerEntry.awaited))))


@pytest.mark.parametrize("what", list(AGREE))
def test_what_was_agreed_is_what_stripe_does(stripe_house: StripeHouse, what: str) -> None:
    name = stripe_house.subscribe()
    stripe_house.plan("Basic", "9.00")
    before = len(stripe_house.writes())
    agree(stripe_house, name, AGREE[what])
    assert len(stripe_house.writes()) == before
    agreed = said(stripe_house.mirrored(name))
    assert stripe_house.work() == []
    assert said(stripe_house.mirrored(name)) == agreed
    assert awaited(stripe_house) == 0
    assert len(stripe_house.writes()) > before


@pytest.mark.parametrize("what", list(AGREE))
def test_what_was_agreed_is_not_forgotten_for_an_event_that_knows_nothing_of_it(
    stripe_house: StripeHouse, what: str
) -> None:
    name = stripe_house.subscribe()
    event = stripe_house.stand_in.store.events[-1]
    agree(stripe_house, name, AGREE[what])
    agreed = said(stripe_house.mirrored(name))
    stripe_house.stand_in.faults.limit(where="POST /v1/")
    # Before the event is kept: which of the two comes first would depend on the machine's clock.
    assert stripe_house.work() == ["billing.carry_out: StripeUnavailableError"]
    stripe_house.keep([event])
    assert stripe_house.work() == []
    assert said(stripe_house.mirrored(name)) == agreed
    assert stripe_house.again() == []
    assert said(stripe_house.mirrored(name)) == agreed


def test_what_a_transaction_gives_up_is_never_asked_for(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.database.write() as session:
        billing = stripe_house.provider.within(session)
        billing.cancel_at_period_end(session.get_one(Subscription, name), key="k")
        session.rollback()
    assert stripe_house.work() == []
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]


def test_cancelling_now_and_its_refund_are_each_carried_out_once(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()

    def cancel_now(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
        billing.cancel_now(it, key="k", refund_minor=900)
        billing.detach_payment_method(it, key="d")

    agree(stripe_house, name, cancel_now)
    assert stripe_house.mirrored(name).state is SubscriptionState.ENDED
    assert stripe_house.work() == []
    assert stripe_house.at_stripe(name)["status"] == "canceled"
    assert [each["amount"] for each in stripe_house.stand_in.store.all("refund")] == [900]
    assert stripe_house.stand_in.store.all("payment_method")[0]["customer"] is None
    assert awaited(stripe_house) == 0


@pytest.mark.parametrize("seconds_between", [1, 0, -60])
@pytest.mark.parametrize("first", ["c", "u"])
def test_what_was_agreed_first_is_done_first_whichever_task_comes_first(
    stripe_house: StripeHouse, now: time_machine.Traveller, first: str, seconds_between: int
) -> None:
    """Also where the clock stood still between the two, or was set back."""
    name = stripe_house.subscribe()
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c"))
    now.shift(seconds_between)
    agree(stripe_house, name, lambda billing, it, _: billing.undo_cancellation(it, key="u"))
    with stripe_house.database.read() as session:
        entry_id = session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.key == first))
    stripe_house.provider.handlers()[CARRY_OUT](entry_id or "")
    assert stripe_house.work() == []
    assert stripe_house.mirrored(name).renews
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert awaited(stripe_house) == 0


def _undo_pause(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
    billing.undo_pause(it, key="u")


def _stay(billing: BillingPort, it: Subscription, _basic: Plan) -> None:
    billing.stay_on_plan(it, it.plan, key="u")


@pytest.mark.parametrize("first", ["k", "u"])
@pytest.mark.parametrize(("what", "undo"), [(_pause, _undo_pause), (_change, _stay)])
def test_what_was_agreed_and_taken_back_is_as_before_whichever_task_comes_first(
    stripe_house: StripeHouse, what: Agree, undo: Agree, first: str
) -> None:
    name = stripe_house.subscribe()
    before = said(stripe_house.mirrored(name))
    agree(stripe_house, name, what)
    agree(stripe_house, name, undo)
    with stripe_house.database.read() as session:
        entry_id = session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.key == first))
    stripe_house.provider.handlers()[CARRY_OUT](entry_id or "")
    assert stripe_house.work() == []
    assert said(stripe_house.mirrored(name)) == before
    at_stripe = stripe_house.at_stripe(name)
    assert (at_stripe["pause_collection"], at_stripe["schedule"]) == (None, None)
    assert awaited(stripe_house) == 0


@pytest.mark.parametrize(
    ("what", "undo", "where"),
    [
        (_pause, _undo_pause, "POST /v1/subscriptions"),
        (_change, _stay, "POST /v1/subscription_schedules"),
    ],
)
def test_what_was_given_up_and_taken_back_is_never_brought_back(
    stripe_house: StripeHouse, what: Agree, undo: Agree, where: str
) -> None:
    name = stripe_house.subscribe()
    before = said(stripe_house.mirrored(name))
    stripe_house.stand_in.faults.fail(where=where, status=400)
    agree(stripe_house, name, what)
    assert stripe_house.work() == ["billing.carry_out: BillingRefusedError"]
    stripe_house.stand_in.faults.clear()
    agree(stripe_house, name, undo)
    assert stripe_house.work() == []
    stripe_house.stand_in.forget_keys()
    assert stripe_house.again() == []
    assert said(stripe_house.mirrored(name)) == before
    at_stripe = stripe_house.at_stripe(name)
    assert (at_stripe["pause_collection"], at_stripe["schedule"]) == (None, None)


def test_a_cancellation_that_was_given_up_and_undone_is_never_brought_back(
    stripe_house: StripeHouse,
) -> None:
    """Neither by who tries it again, nor by what is agreed next."""
    name = stripe_house.subscribe()
    stripe_house.stand_in.faults.fail(where="POST /v1/subscriptions", status=400)
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c"))
    assert stripe_house.work() == ["billing.carry_out: BillingRefusedError"]
    stripe_house.stand_in.faults.clear()
    agree(stripe_house, name, lambda billing, it, _: billing.undo_cancellation(it, key="u"))
    assert stripe_house.work() == []
    stripe_house.stand_in.forget_keys()
    assert stripe_house.again() == []
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]
    agree(stripe_house, name, _pause)
    assert stripe_house.work() == []
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert awaited(stripe_house) == 0


def test_what_failed_many_times_after_its_effect_is_not_kept_up_for_a_day(
    stripe_house: StripeHouse,
) -> None:
    """Stripe gives each kept error 500 again under its key, and whatever comes later waits."""
    name = stripe_house.subscribe()
    stripe_house.stand_in.faults.fail(6, where="POST /v1/subscriptions", after=True)
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c"))
    agree(stripe_house, name, lambda billing, it, _: billing.undo_cancellation(it, key="u"))
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c2"))
    stripe_house.work()
    for _ in range(3):
        stripe_house.again()
    assert stripe_house.again() == []
    assert stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert awaited(stripe_house) == 0


def test_an_undo_that_was_given_up_never_takes_a_later_cancellation_back(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    """Neither by who tries it again, nor by what is agreed next."""
    name = stripe_house.subscribe()
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c"))
    assert stripe_house.work() == []
    stripe_house.stand_in.faults.fail(where="POST /v1/subscriptions", status=400)
    agree(stripe_house, name, lambda billing, it, _: billing.undo_cancellation(it, key="u"))
    assert stripe_house.work() == ["billing.carry_out: BillingRefusedError"]
    agree(stripe_house, name, lambda billing, it, _: billing.cancel_at_period_end(it, key="c2"))
    stripe_house.work()
    assert stripe_house.at_stripe(name)["cancel_at_period_end"]
    stripe_house.stand_in.forget_keys()
    assert stripe_house.again() == []
    assert stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert not stripe_house.mirrored(name).renews
    assert awaited(stripe_house) == 0


def test_a_cancellation_does_not_wait_for_a_discount_that_is_refused(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    passed = clock.now() - timedelta(days=1)
    agree(
        stripe_house,
        name,
        lambda billing, it, _: billing.discount(it, percent=25, until=passed, key="d"),
    )
    now.shift(1)
    agree(stripe_house, name, _cancel)
    assert stripe_house.work() == ["billing.carry_out: OffboardingError"]
    assert stripe_house.at_stripe(name)["cancel_at_period_end"]
    ours = stripe_house.mirrored(name)
    assert (ours.renews, ours.discount_percent) == (False, None)


def test_an_end_that_comes_a_little_before_stripes_is_waited_for(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    agree(stripe_house, name, _cancel)
    stripe_house.work()
    ends_at = stripe_house.mirrored(name).cancel_at
    assert ends_at is not None
    now.move_to(ends_at)
    agree(stripe_house, name, lambda billing, it, _: billing.end(it, key="e"))
    assert not stripe_house.gives_access(name)
    assert stripe_house.work() == []
    assert awaited(stripe_house) == 0


def test_what_stripe_will_take_is_what_is_announced(stripe_house: StripeHouse) -> None:
    """A discount for ever can't be mirrored; what Stripe says it will take counts it in."""
    name = stripe_house.subscribe()
    theirs = stripe_house.mirrored(name).billing_id or ""
    coupon = stripe_house.client.v1.coupons.create({"percent_off": 12.5, "duration": "forever"})
    stripe_house.client.v1.subscriptions.update(theirs, {"discounts": [{"coupon": coupon.id}]})
    stripe_house.hear(stripe_house.stand_in.store.events[-1:])
    with stripe_house.provider.at_once(name) as (billing, subscription):
        upcoming = billing.next_payment(subscription)
        assert upcoming is not None
        assert upcoming.amount_minor == round(2900 * 0.875)


def test_a_free_plan_needs_no_stripe(stripe_house: StripeHouse) -> None:
    with stripe_house.database.write() as session:
        free = make_plan(session, "Free", price="0")
        subscription = make_subscription(session, make_customer(session), free)
    with stripe_house.database.write() as session:
        ours = session.get_one(Subscription, subscription.id)
        billing = stripe_house.provider.within(session)
        preview = billing.preview_cancellation(ours)
        assert billing.cancel_at_period_end(ours, key="k") == preview.ends_at
    assert stripe_house.work() == []
    with stripe_house.provider.at_once(subscription.id) as (billing, ours):
        billing.end(ours, key="e")
    assert stripe_house.mirrored(subscription.id).state is SubscriptionState.ENDED
    assert stripe_house.stand_in.faults.calls == []
