"""Stripe: ending at the period's end or now, undoing; each once, whatever goes wrong."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.accounts.model import SubscriptionState
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import Payment
from offboarding.billing.stripe.failures import BillingRefusedError, StripeUnavailableError
from offboarding.cases.reasons import ChurnReason
from offboarding.errors import OffboardingError
from tests.offboarding.stripe.house import StripeHouse

SINCE = timedelta(days=9)


def test_a_preview_asks_nobody_and_is_just_what_is_done(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe(since=clock.now() - SINCE)
    calls = len(stripe_house.stand_in.faults.calls)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        preview = billing.preview_cancellation(subscription)
        assert len(stripe_house.stand_in.faults.calls) == calls
        assert preview.spared == Payment(2900, "EUR", preview.ends_at)
        assert billing.cancel_at_period_end(subscription, key="k") == preview.ends_at
    with stripe_house.provider.at_once(name) as (billing, subscription):
        again = billing.preview_cancellation(subscription)
        assert (again.ends_at, again.spared) == (preview.ends_at, None)


def test_a_cancellation_is_mirrored_with_its_reason_at_stripe(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        ends_at = billing.cancel_at_period_end(
            subscription, key="k", feedback=ChurnReason.MISSING_FEATURES
        )
    theirs = stripe_house.at_stripe(name)
    assert theirs["cancel_at_period_end"]
    assert theirs["cancellation_details"]["feedback"] == "missing_features"
    assert stripe_house.mirrored(name).cancel_at == ends_at


@pytest.mark.parametrize("reason", list(ChurnReason))
def test_every_churn_reason_is_one_of_stripes_own(
    stripe_house: StripeHouse, reason: ChurnReason
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_now(subscription, key="k", feedback=reason)
    assert stripe_house.at_stripe(name)["cancellation_details"]["feedback"] == reason.value


def test_what_was_cancelled_ends_with_its_period_and_not_before(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        ends_at = billing.cancel_at_period_end(subscription, key="k")
    now.move_to(ends_at - timedelta(seconds=1))
    stripe_house.work()
    assert stripe_house.gives_access(name)
    now.move_to(ends_at)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.end(subscription, key="e")
    assert not stripe_house.gives_access(name)
    assert stripe_house.at_stripe(name)["status"] == "canceled"


def test_an_end_that_stripe_does_not_know_of_is_for_a_person(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    step = stripe_house.provider.at_once(name)
    with pytest.raises(BillingRefusedError, match="goes on"), step as (billing, subscription):
        billing.end(subscription, key="e")
    assert stripe_house.gives_access(name)


def test_an_undo_restores_it_just_as_it_was(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    before = stripe_house.at_stripe(name)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        upcoming = billing.next_payment(subscription)
        billing.cancel_at_period_end(subscription, key="c", feedback=ChurnReason.UNUSED)
        billing.undo_cancellation(subscription, key="u")
    assert stripe_house.at_stripe(name) == before
    with stripe_house.provider.at_once(name) as (billing, subscription):
        assert subscription.renews
        assert billing.next_payment(subscription) == upcoming


def test_what_has_ended_cannot_be_taken_back(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_now(subscription, key="c")
        with pytest.raises(OffboardingError, match="ended already"):
            billing.undo_cancellation(subscription, key="u")


def test_cancelling_now_ends_it_and_pays_back_what_was_said(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        ended_at = billing.cancel_now(subscription, key="now", refund_minor=2000)
    assert ended_at == clock.now()
    assert stripe_house.mirrored(name).state is SubscriptionState.ENDED
    [refund] = stripe_house.stand_in.store.all("refund")
    assert (refund["amount"], refund["currency"]) == (2000, "eur")


def test_cancelling_twice_keeps_the_first_end(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        ended_at = billing.cancel_now(subscription, key="first")
        now.shift(timedelta(days=3))
        assert billing.cancel_now(subscription, key="first") == ended_at
        assert billing.cancel_now(subscription, key="second") == ended_at
        assert billing.cancel_at_period_end(subscription, key="third") == ended_at


def test_a_late_repetition_does_not_bring_back_what_was_undone_since(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_at_period_end(subscription, key="c")
        billing.undo_cancellation(subscription, key="u")
        stripe_house.stand_in.forget_keys()
        billing.cancel_at_period_end(subscription, key="c")
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert stripe_house.mirrored(name).renews


# --- what goes wrong

CANCELS = {
    "at the period's end": ("POST", lambda billing, it: billing.cancel_at_period_end(it, key="k")),
    "now": ("DELETE", lambda billing, it: billing.cancel_now(it, key="k", refund_minor=900)),
    "by an undo": ("POST", lambda billing, it: billing.undo_cancellation(it, key="k")),
}


@pytest.mark.parametrize("how", list(CANCELS))
@pytest.mark.parametrize("fault", ["429", "503", "500 after", "hang", "hang after"])
def test_the_same_key_finishes_what_a_fault_broke_off(
    stripe_house: StripeHouse, how: str, fault: str
) -> None:
    method, write = CANCELS[how]
    name = stripe_house.subscribe()
    stripe_house.impatient()
    _plan(stripe_house, fault, method)
    step = stripe_house.provider.at_once(name)
    with pytest.raises(StripeUnavailableError), step as (billing, subscription):
        write(billing, subscription)
    stripe_house.stand_in.faults.clear()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        write(billing, subscription)
    theirs = stripe_house.at_stripe(name)
    ended = theirs["status"] == "canceled"
    assert (ended, theirs["cancel_at_period_end"]) == (how == "now", how == "at the period's end")
    assert stripe_house.gives_access(name) != ended
    assert len(stripe_house.stand_in.store.all("refund")) == (1 if how == "now" else 0)


def _plan(house: StripeHouse, fault: str, method: str) -> None:
    faults, where = house.stand_in.faults, f"{method} /v1/subscriptions/"
    match fault:
        case "429":
            faults.limit(where=where)
        case "503":
            faults.fail(where=where, status=503)
        case "500 after":
            faults.fail(where=where, after=True)
        case "hang":
            faults.hang(where=where, after=False)
        case "hang after":
            faults.hang(where=where)


def test_a_time_out_after_the_effect_is_answered_by_the_same_key(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    stripe_house.impatient()
    stripe_house.stand_in.faults.hang(where="POST /v1/subscriptions/")
    with stripe_house.provider.at_once(name) as (billing, subscription):
        with pytest.raises(StripeUnavailableError):
            billing.cancel_at_period_end(subscription, key="k")
        billing.cancel_at_period_end(subscription, key="k")
    calls = [call for call in stripe_house.stand_in.faults.calls if call.key == "k"]
    assert [call.replayed for call in calls] == [False, True]


def test_a_key_that_is_in_use_is_asked_again_later(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    stripe_house.impatient()
    stripe_house.stand_in.faults.hang(where="POST /v1/subscriptions/", after=False)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        for _ in range(2):
            with pytest.raises(StripeUnavailableError):
                billing.cancel_at_period_end(subscription, key="k")
        stripe_house.stand_in.faults.clear()
        billing.cancel_at_period_end(subscription, key="k")


def test_a_wrong_key_is_for_a_person_and_names_the_mend(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    stripe_house.stand_in.secret_key = "sk_test_another"
    step = stripe_house.provider.at_once(name)
    with pytest.raises(OffboardingError, match="stripe check"), step as (billing, subscription):
        billing.cancel_at_period_end(subscription, key="k")


def test_each_write_is_noted_once_in_the_ledger(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_at_period_end(subscription, key="c")
        billing.cancel_at_period_end(subscription, key="c")
        billing.undo_cancellation(subscription, key="u")
    with stripe_house.database.read() as session:
        noted = sa.select(LedgerEntry.kind).where(LedgerEntry.kind != EntryKind.CHARGE)
        kinds = list(session.scalars(noted.order_by(LedgerEntry.kind)))
    assert kinds == [EntryKind.CANCELLATION, EntryKind.CANCELLATION_UNDONE]
