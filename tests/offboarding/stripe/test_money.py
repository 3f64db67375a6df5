"""Stripe: what is paid, what is paid back, and how an account pays; each once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.failures import StripeUnavailableError
from offboarding.errors import OffboardingError
from sandbox.stripe import money
from sandbox.stripe.form import Json
from tests.offboarding.stripe.house import StripeHouse


def paid_back(house: StripeHouse) -> list[int]:
    return [refund["amount"] for refund in house.stand_in.store.all("refund")]


def noted(house: StripeHouse) -> list[int]:
    found = sa.select(LedgerEntry.amount_minor).where(LedgerEntry.kind == EntryKind.REFUND)
    with house.database.read() as session:
        return list(session.scalars(found))


def test_payments_are_mirrored_from_paid_invoices_once(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        first = billing.last_payment(subscription)
        assert first is not None
        assert (first.amount_minor, first.at) == (2900, clock.now())
    now.shift(timedelta(days=31))
    stripe_house.hear(stripe_house.stand_in.store.events)
    stripe_house.hear(stripe_house.stand_in.store.events)
    with stripe_house.database.read() as session:
        charges = sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CHARGE)
        assert len(list(session.scalars(charges))) == 2


def test_a_refund_says_what_it_was_and_is_made_once(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        first = billing.refund(subscription, amount_minor=900, key="r")
        assert billing.refund(subscription, amount_minor=900, key="r") == first
        assert (first.amount_minor, first.currency) == (900, "EUR")
    assert paid_back(stripe_house) == [900]
    assert noted(stripe_house) == [-900]


def test_more_than_was_paid_is_never_asked_for(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.refund(subscription, amount_minor=2000, key="r")
        with pytest.raises(OffboardingError, match=r"€9\.00 is left"):
            billing.refund(subscription, amount_minor=901, key="s")
    assert paid_back(stripe_house) == [2000]


def test_what_somebody_paid_back_in_the_dashboard_counts(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    [intent] = stripe_house.stand_in.store.all("payment_intent")
    stripe_house.client.v1.refunds.create({"payment_intent": intent["id"], "amount": 2000})
    with stripe_house.provider.at_once(name) as (billing, subscription):
        with pytest.raises(OffboardingError, match="refuses to refund"):  # not heard of yet
            billing.refund(subscription, amount_minor=901, key="r")
        stripe_house.hear(stripe_house.stand_in.store.events)
        with pytest.raises(OffboardingError, match=r"€9\.00 is left"):
            billing.refund(subscription, amount_minor=901, key="s")
    assert paid_back(stripe_house) == [2000]


@pytest.mark.parametrize("days_later", [0, 3])
@pytest.mark.parametrize("fault", ["hang after", "500 after"])
def test_a_refund_whose_answer_was_lost_is_not_made_again(
    stripe_house: StripeHouse, fault: str, days_later: int
) -> None:
    name = stripe_house.subscribe()
    stripe_house.impatient()
    faults = stripe_house.stand_in.faults
    if fault == "hang after":
        faults.hang(where="POST /v1/refunds")
    else:
        faults.fail(where="POST /v1/refunds", after=True)
    step = stripe_house.provider.at_once(name)
    with pytest.raises(StripeUnavailableError), step as (billing, subscription):
        billing.refund(subscription, amount_minor=900, key="r")
    if days_later:
        stripe_house.stand_in.forget_keys()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.refund(subscription, amount_minor=900, key="r")
    assert paid_back(stripe_house) == [900]
    assert noted(stripe_house) == [-900]


def test_a_failure_that_stripe_keeps_under_the_key_is_passed_over(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    stripe_house.stand_in.faults.fail(where="POST /v1/refunds")
    with stripe_house.provider.at_once(name) as (billing, subscription):
        with pytest.raises(StripeUnavailableError):
            billing.refund(subscription, amount_minor=900, key="r")
        billing.refund(subscription, amount_minor=900, key="r")
    assert paid_back(stripe_house) == [900]


def test_a_refund_that_comes_back_from_the_bank_reaches_a_person(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.refund(subscription, amount_minor=900, key="r")
    [refund] = stripe_house.stand_in.store.all("refund")
    money.fail_refund(stripe_house.stand_in.store, refund["id"])
    stripe_house.keep([stripe_house.stand_in.store.events[-1]])
    assert stripe_house.work() == ["stripe.event: BillingRefusedError"]
    assert noted(stripe_house) == [0]


def test_every_way_to_pay_is_forgotten_once(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_now(subscription, key="c")
        assert billing.detach_payment_method(subscription, key="d")
        assert billing.detach_payment_method(subscription, key="d")
    detached = [path for path in stripe_house.writes() if path.endswith("/detach")]
    assert len(detached) == 1


def test_how_it_is_paid_is_kept_while_another_subscription_is_paid_by_it(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.database.write() as session:
        ours = session.get_one(Subscription, name)
        other = Subscription(
            account=ours.account,
            plan=ours.plan,
            state=ours.state,
            started_at=clock.now(),
            period_end=ours.period_end,
        )
        session.add(other)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert not billing.detach_payment_method(subscription, key="d")


def test_a_subscription_that_only_stripe_knows_keeps_its_card_too(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    theirs = stripe_house.at_stripe(name)
    price = theirs["items"]["data"][0]["price"]["id"]
    stripe_house.client.v1.subscriptions.create(
        {"customer": theirs["customer"], "items": [{"price": price}]}
    )
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert not billing.detach_payment_method(subscription, key="d")
    [method] = stripe_house.stand_in.store.all("payment_method")
    assert method["customer"] == theirs["customer"]


def beside(house: StripeHouse, name: str, plan: Plan, *, cancelled: bool = False) -> Json:
    """Another subscription of the same customer that only Stripe knows; its method of payment."""
    theirs = house.at_stripe(name)
    made = house.client.v1.subscriptions.create(
        {"customer": theirs["customer"], "items": [{"price": plan.billing_id or ""}]}
    )
    if cancelled:
        house.client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    [method] = house.stand_in.store.all("payment_method")
    return method


def test_a_subscription_that_is_only_cancelled_keeps_its_card_for_an_undo(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    method = beside(stripe_house, name, stripe_house.plan("Basic", "9.00"), cancelled=True)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert not billing.detach_payment_method(subscription, key="d")
        assert method["customer"] is not None
        now.shift(timedelta(days=32))
        assert billing.detach_payment_method(subscription, key="d")
    [method] = stripe_house.stand_in.store.all("payment_method")
    assert method["customer"] is None


def test_a_free_subscription_keeps_no_card(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    beside(stripe_house, name, stripe_house.plan("Free", "0"))
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert billing.detach_payment_method(subscription, key="d")
