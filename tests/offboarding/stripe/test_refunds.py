"""Money back at Stripe: ended at once and paid back once, whatever goes wrong on the way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.failures import StripeUnavailableError
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.policies.store import Policies
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from tests.offboarding.stepping import Stepping
from tests.offboarding.stripe.house import StripeHouse


@pytest.fixture
def stepping(stripe_house: StripeHouse) -> Stepping:
    provider = stripe_house.provider
    return Stepping(stripe_house.database, billing=provider, handlers=provider.handlers())


def withdraw(house: StripeHouse, policies: Policies, name: str) -> Case:
    """A yes of somebody whose contract began today; nothing is carried out yet."""
    with house.database.write() as session:
        subscription = session.get_one(Subscription, name)
        subscription.started_at = clock.now()
        customer = session.scalars(
            sa.select(Customer).where(Customer.account_id == subscription.account_id)
        ).one()
        billing = house.provider.within(session)
        case = cases.open_case(session, customer, subscription, "1" * 32)
        session.flush()
        assert cases.show_terms(session, case, billing, policies).refund_minor == 2900
        workflow.confirm(session, case, customer, billing=billing, policies=policies, source="test")
        return case


def refunds_at_stripe(house: StripeHouse) -> Sequence[int]:
    return [refund["amount"] for refund in house.stand_in.store.all("refund")]


def in_ledger(house: StripeHouse) -> Sequence[int]:
    with house.database.read() as session:
        found = sa.select(LedgerEntry.amount_minor).where(LedgerEntry.kind == EntryKind.REFUND)
        return [-amount for amount in session.scalars(found)]


def state_of(house: StripeHouse, case: Case, kind: StepKind) -> StepState:
    with house.database.read() as session:
        step = steps.step_of(session, case.id, kind)
        assert step is not None
        return step.state


def run(stepping: Stepping, now: time_machine.Traveller, times: int = 4) -> None:
    for _ in range(times):
        stepping.run_due()
        now.shift(timedelta(minutes=6))


def test_a_withdrawal_ends_it_at_stripe_and_pays_back_once(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    name = stripe_house.subscribe()
    case = withdraw(stripe_house, policies, name)
    assert refunds_at_stripe(stripe_house) == []  # agreed, and carried out after the commit
    run(stepping, now)
    assert stripe_house.at_stripe(name)["status"] == "canceled"
    assert refunds_at_stripe(stripe_house) == in_ledger(stripe_house) == [2900]
    assert state_of(stripe_house, case, StepKind.REFUND) is StepState.DONE
    assert state_of(stripe_house, case, StepKind.END) is StepState.DONE
    assert stripe_house.mirrored(name).state is SubscriptionState.ENDED
    with stripe_house.database.read() as session:
        assert session.get_one(Case, case.id).state is CaseState.ENDED


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_refund_whose_answer_was_lost_is_not_made_again(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
    forgotten: bool,
) -> None:
    """Also after Stripe has forgotten the key."""
    name = stripe_house.subscribe()
    case = withdraw(stripe_house, policies, name)
    stripe_house.work()
    stripe_house.stand_in.faults.fail(where="POST /v1/refunds", after=True)
    with pytest.raises(StripeUnavailableError):
        stepping.works[StepKind.REFUND](case.id)
    stripe_house.stand_in.faults.clear()
    if forgotten:
        stripe_house.stand_in.forget_keys()
    for _ in range(2):
        stepping.works[StepKind.REFUND](case.id)
    assert refunds_at_stripe(stripe_house) == in_ledger(stripe_house) == [2900]


def test_what_was_paid_back_in_the_dashboard_is_not_paid_back_again(
    stripe_house: StripeHouse, policies: Policies, now: time_machine.Traveller
) -> None:
    name = stripe_house.subscribe()
    with stripe_house.database.write() as session:
        subscription = session.get_one(Subscription, name)
        subscription.started_at = clock.now()
    [intent] = stripe_house.stand_in.store.all("payment_intent")
    stripe_house.client.v1.refunds.create({"payment_intent": intent["id"], "amount": 2000})
    stripe_house.hear(stripe_house.stand_in.store.events)
    with stripe_house.database.read() as session:
        subscription = session.get_one(Subscription, name)
        billing = stripe_house.provider.within(session)
        assert cases.terms_now(session, subscription, billing, policies).refund_minor == 900
