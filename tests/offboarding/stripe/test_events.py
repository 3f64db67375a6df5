"""Stripe's events: kept once, in any order, and the mirror always ends up with what is true."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.stripe.failures import BillingUnknownError, StripeUnavailableError
from offboarding.billing.stripe.mirror import LATE, apply, request_refresh, version_of
from offboarding.billing.stripe.model import StripeEvent, StripeMirror
from offboarding.billing.stripe.refresh import refresh
from offboarding.billing.stripe.state import EXPAND, StripeState, seconds, state_of
from sandbox.stripe.form import Json
from tests.offboarding.stripe.house import StripeHouse

_EMAILS = (f"person{number}@example.org" for number in itertools.count())


def true_state(house: StripeHouse, name: str) -> StripeState:
    billing_id = house.mirrored(name).billing_id or ""
    return state_of(house.client.v1.subscriptions.retrieve(billing_id, {"expand": EXPAND}))


def assert_mirrors(house: StripeHouse, name: str) -> None:
    ours, theirs = house.mirrored(name), true_state(house, name)
    assert ours.state is theirs.state
    assert (ours.period_end, ours.cancel_at) == (theirs.period_end, theirs.cancel_at)
    assert (ours.paused_until is None) == theirs.collects
    assert ours.plan.billing_id == theirs.price_id


# What somebody does in Stripe's dashboard


def cancel_later(house: StripeHouse, name: str, _other: Plan) -> None:
    house.client.v1.subscriptions.update(name, {"cancel_at_period_end": True})


def take_back(house: StripeHouse, name: str, _other: Plan) -> None:
    house.client.v1.subscriptions.update(name, {"cancel_at_period_end": False})


def pause(house: StripeHouse, name: str, _other: Plan) -> None:
    until = seconds(clock.now() + timedelta(days=200))
    house.client.v1.subscriptions.update(
        name, {"pause_collection": {"behavior": "void", "resumes_at": until}}
    )


def change(house: StripeHouse, name: str, other: Plan) -> None:
    item = house.client.v1.subscriptions.retrieve(name).items.data[0]
    house.client.v1.subscriptions.update(
        name,
        {
            "items": [{"id": item.id, "price": other.billing_id or ""}],
            "proration_behavior": "none",
        },
    )


def cancel_at_once(house: StripeHouse, name: str, _other: Plan) -> None:
    house.client.v1.subscriptions.cancel(name)


DONE = {
    "cancel later": cancel_later,
    "take back": take_back,
    "pause": pause,
    "change": change,
    "cancel at once": cancel_at_once,
}


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_events_in_any_order_and_number_leave_the_truth(
    stripe_house: StripeHouse, data: st.DataObject
) -> None:
    name = stripe_house.subscribe(email=next(_EMAILS))
    other, theirs = stripe_house.plan("Basic", "9.00"), stripe_house.mirrored(name).billing_id
    told = len(stripe_house.stand_in.store.events)
    lasting = [done for done in DONE if done != "cancel at once"]
    steps = data.draw(st.lists(st.sampled_from(lasting), min_size=1, max_size=4))
    for step in [*steps, *data.draw(st.sampled_from([[], ["cancel at once"]]))]:
        DONE[step](stripe_house, theirs or "", other)
    events = stripe_house.stand_in.store.events[told:]
    # Some are lost, some come twice, and the order is anybody's.
    heard = data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=8))
    stripe_house.hear(heard)
    assert_mirrors(stripe_house, name)


def test_an_old_event_does_not_bring_back_what_was(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    created = stripe_house.stand_in.store.events[-1]
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_now(subscription, key="c")
    stripe_house.hear([created])
    assert stripe_house.mirrored(name).state is SubscriptionState.ENDED


def test_an_event_is_worked_on_once(stripe_house: StripeHouse) -> None:
    stripe_house.subscribe()
    event = stripe_house.stand_in.store.events[-1]
    stripe_house.hear([event])
    calls = len(stripe_house.stand_in.faults.calls)
    stripe_house.hear([event, event])
    assert len(stripe_house.stand_in.faults.calls) == calls
    with stripe_house.database.read() as session:
        assert len(list(session.scalars(sa.select(StripeEvent)))) == 1


def test_what_is_kept_of_an_event_names_nobody(stripe_house: StripeHouse) -> None:
    stripe_house.subscribe(email="amara@example.org")
    stripe_house.hear(stripe_house.stand_in.store.events)
    with stripe_house.database.read() as session:
        for row in session.execute(sa.select(StripeEvent.__table__)):
            assert "amara" not in str(row)


@pytest.mark.parametrize("kind", ["customer.created", "payment_method.detached", "invoice.created"])
def test_what_tells_us_nothing_is_not_kept(stripe_house: StripeHouse, kind: str) -> None:
    event: Json = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "livemode": False,
        "data": {"object": {"object": kind.partition(".")[0], "id": "x"}},
    }
    stripe_house.keep([event])
    with stripe_house.database.read() as session:
        assert session.scalar(sa.select(StripeEvent.id)) is None


def test_an_event_of_somebody_elses_subscription_changes_nothing(
    stripe_house: StripeHouse,
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.database.write() as session:
        session.get_one(Subscription, name).billing_id = "sub_another"
    stripe_house.hear(stripe_house.stand_in.store.events)
    assert stripe_house.mirrored(name).renews


def test_an_event_waits_while_stripe_is_away(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    cancel_later(stripe_house, stripe_house.mirrored(name).billing_id or "", stripe_house.plan())
    stripe_house.stand_in.faults.fail(where="GET /v1/subscriptions", status=503)
    stripe_house.keep(stripe_house.stand_in.store.events[-1:])
    assert stripe_house.work() == ["stripe.event: StripeUnavailableError"]
    assert stripe_house.mirrored(name).renews
    assert stripe_house.again() == []
    assert not stripe_house.mirrored(name).renews


# --- the mirror's own order


def test_an_answer_that_was_overtaken_is_not_written(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    old = true_state(stripe_house, name)
    with stripe_house.database.read() as session:
        asked_at = version_of(session, name)
    with stripe_house.provider.at_once(name) as (billing, subscription):
        billing.cancel_now(subscription, key="c")
    with stripe_house.database.write() as session:
        assert not apply(session, name, old, asked_at=asked_at)
    assert stripe_house.mirrored(name).state is SubscriptionState.ENDED


def test_a_fetch_that_was_overtaken_is_made_again(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    client, database = stripe_house.client, stripe_house.database
    answer = client.v1.subscriptions.retrieve

    def overtaken(*asked: object, **how: object) -> object:
        with database.write() as session:
            session.get_one(StripeMirror, name).version += 1
        return answer(*asked, **how)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client.v1.subscriptions, "retrieve", overtaken)
        with pytest.raises(StripeUnavailableError):
            refresh(database, client, name)
    refresh(database, client, name)
    assert_mirrors(stripe_house, name)


def test_a_lost_renewal_is_found_by_looking_after_the_period(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    stripe_house.work()
    first = stripe_house.mirrored(name).period_end
    assert first is not None
    now.move_to(first + LATE)
    assert stripe_house.work() == []
    assert_mirrors(stripe_house, name)
    assert stripe_house.mirrored(name).period_end != first


def test_a_mirror_that_missed_a_renewal_says_that_it_does_not_know(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    period_end = stripe_house.mirrored(name).period_end
    assert period_end is not None
    now.move_to(period_end + LATE + timedelta(seconds=1))
    step = stripe_house.provider.at_once(name)
    with pytest.raises(BillingUnknownError, match="can't see"), step as (billing, subscription):
        billing.preview_cancellation(subscription)


def test_without_a_mirror_nothing_is_said_of_money(stripe_house: StripeHouse) -> None:
    name = stripe_house.subscribe()
    with stripe_house.database.write() as session:
        session.delete(session.get_one(StripeMirror, name))
    step = stripe_house.provider.at_once(name)
    with pytest.raises(BillingUnknownError), step as (billing, subscription):
        billing.preview_cancellation(subscription)


def test_what_was_never_fetched_is_fetched_on_request(stripe_house: StripeHouse) -> None:
    first, second = stripe_house.subscribe(), stripe_house.subscribe(email=next(_EMAILS))
    with stripe_house.database.write() as session:
        session.delete(session.get_one(StripeMirror, first))
    with stripe_house.database.write() as session:
        assert request_refresh(session, everything=False) == 1
    assert stripe_house.work() == []
    with stripe_house.database.write() as session:
        assert session.get_one(StripeMirror, first).version == 1
        assert session.get_one(StripeMirror, second).version == 1
        assert request_refresh(session, everything=True) == 2


def test_when_stripe_gives_up_collecting_access_pauses(
    stripe_house: StripeHouse, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    store = stripe_house.stand_in.store
    theirs = store.get("subscription", stripe_house.mirrored(name).billing_id or "")
    for status, gives in (("past_due", True), ("unpaid", False), ("active", True)):
        theirs["status"] = status
        store.emit("customer.subscription.updated", theirs)
        stripe_house.hear(store.events[-1:])
        assert stripe_house.gives_access(name) is gives
