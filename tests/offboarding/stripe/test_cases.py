"""A case of a company that bills by Stripe: what Stripe does not take is never lost silently."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.background.model import Task, TaskState
from offboarding.background.service import retry
from offboarding.billing.agreements import CARRY_OUT
from offboarding.billing.stripe.failures import BillingRefusedError
from offboarding.billing.stripe.state import seconds
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.erasure.model import Erasure
from offboarding.errors import OffboardingError
from offboarding.policies.store import Policies
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.reconciler import reconcile
from tests.offboarding.stepping import Stepping
from tests.offboarding.stripe.house import StripeHouse

TWO_MINUTES = timedelta(minutes=2)


@pytest.fixture
def stepping(stripe_house: StripeHouse) -> Stepping:
    provider = stripe_house.provider
    return Stepping(stripe_house.database, billing=provider, handlers=provider.handlers())


def leave(house: StripeHouse, policies: Policies, name: str) -> Case:
    """A yes; nothing is carried out yet."""
    with house.database.write() as session:
        subscription = session.get_one(Subscription, name)
        customer = session.scalars(
            sa.select(Customer).where(Customer.account_id == subscription.account_id)
        ).one()
        billing = house.provider.within(session)
        case = cases.open_case(session, customer, subscription, "1" * 32)
        session.flush()
        cases.show_terms(session, case, billing, policies)
        workflow.confirm(session, case, customer, billing=billing, policies=policies, source="test")
        return case


def give_up(house: StripeHouse) -> Task:
    """What the engine does after the last try of what was agreed."""
    with house.database.write() as session:
        task = session.scalars(sa.select(Task).where(Task.kind == CARRY_OUT)).one()
        task.state = TaskState.FAILED
        return task


def give_up_step(house: StripeHouse, case: Case, stepping: Stepping) -> None:
    """What the engine and its news do after the last try of the step."""
    with pytest.raises(OffboardingError, match="could not be cancelled"):
        stepping.run_due()
    with house.database.write() as session:
        step = step_of(house, case)
        tasks = sa.update(Task).where(Task.subject_id == step.id)
        session.execute(tasks.values(state=TaskState.FAILED))
        steps.stick(session, step.id)


def step_of(house: StripeHouse, case: Case, kind: StepKind = StepKind.CANCEL) -> Step:
    with house.database.read() as session:
        step = steps.step_of(session, case.id, kind)
        assert step is not None
        return step


def test_a_cancellation_that_stripe_takes_late_is_looked_for(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    name = stripe_house.subscribe()
    case = leave(stripe_house, policies, name)
    assert step_of(stripe_house, case).state is StepState.WAITING
    stepping.run_due()
    now.shift(10)
    stepping.run_due()
    assert step_of(stripe_house, case).state is StepState.DONE


def test_a_cancellation_that_stripe_never_takes_sticks_and_is_tried_again_whole(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    name = stripe_house.subscribe()
    case = leave(stripe_house, policies, name)
    give_up(stripe_house)
    give_up_step(stripe_house, case, stepping)
    assert not stripe_house.at_stripe(name)["cancel_at_period_end"]
    with stripe_house.database.write() as session:
        steps.free(session, step_of(stripe_house, case).id)
    stepping.run_due()
    now.shift(10)
    stepping.run_due()
    assert stripe_house.at_stripe(name)["cancel_at_period_end"]
    assert step_of(stripe_house, case).state is StepState.DONE


def test_the_step_goes_on_by_itself_once_the_task_alone_was_tried_again(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    case = leave(stripe_house, policies, stripe_house.subscribe())
    given_up = give_up(stripe_house)
    give_up_step(stripe_house, case, stepping)
    with stripe_house.database.write() as session:
        retry(session, given_up.id)
    reconcile(stripe_house.database, stepping, policies.retention)
    assert step_of(stripe_house, case).state is StepState.STUCK
    stepping.run_due()
    reconcile(stripe_house.database, stepping, policies.retention)
    stepping.run_due()
    assert step_of(stripe_house, case).state is StepState.DONE


# --- the end


def late(house: StripeHouse, name: str) -> str:
    """From now on Stripe's clock stands still for this customer; the name of their clock."""
    theirs = house.client.v1.test_helpers.test_clocks.create({"frozen_time": seconds(clock.now())})
    customer = house.stand_in.store.get("customer", house.at_stripe(name)["customer"])
    customer["test_clock"] = theirs.id
    return theirs.id


def minutes_pass(now: time_machine.Traveller, stepping: Stepping, minutes: int) -> None:
    for _ in range(minutes):
        now.shift(timedelta(minutes=1))
        stepping.run_due()


def test_an_end_that_stripe_is_late_with_is_waited_for(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    name = stripe_house.subscribe()
    case = leave(stripe_house, policies, name)
    stepping.run_due()
    theirs = late(stripe_house, name)
    assert case.ends_at is not None
    now.move_to(case.ends_at + timedelta(seconds=1))
    minutes_pass(now, stepping, 110)
    assert step_of(stripe_house, case, StepKind.END).state is StepState.WAITING
    assert stripe_house.gives_access(name)
    stripe_house.client.v1.test_helpers.test_clocks.advance(
        theirs, {"frozen_time": seconds(clock.now())}
    )
    minutes_pass(now, stepping, 6)
    assert step_of(stripe_house, case, StepKind.END).state is StepState.DONE
    assert not stripe_house.gives_access(name)


def test_what_stayed_for_a_plan_that_staff_end_at_stripe_is_erased_after_all(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    """It is deleted in Stripe's dashboard, and no case says so: only its event does."""
    case = leave(stripe_house, policies, stripe_house.subscribe())
    team = stripe_house.plan("Team", price="79.00")
    later = stripe_house.subscribe(team, person_id=case.customer_id)
    stepping.run_due()
    assert case.ends_at is not None
    now.move_to(case.ends_at)
    minutes_pass(now, stepping, 10)
    now.move_to(case.ends_at + timedelta(days=40))
    minutes_pass(now, stepping, 5)
    assert step_of(stripe_house, case, StepKind.ERASE).state is StepState.NOT_NEEDED

    seen = len(stripe_house.stand_in.store.events)
    stripe_house.client.v1.subscriptions.cancel(stripe_house.mirrored(later).billing_id or "")
    events = stripe_house.stand_in.store.events[seen:]
    assert "customer.subscription.deleted" in {event["type"] for event in events}
    stripe_house.keep(events)
    minutes_pass(now, stepping, 2)
    over = stripe_house.mirrored(later)
    assert (over.state, over.cancel_at) == (SubscriptionState.ENDED, clock.now() - TWO_MINUTES)

    reconcile(stripe_house.database, stepping, policies.retention)
    due_at = step_of(stripe_house, case, StepKind.ERASE).due_at
    assert over.cancel_at is not None
    assert timedelta(days=30) < due_at - over.cancel_at <= timedelta(days=31)
    assert not detached(stripe_house)
    now.move_to(due_at - timedelta(minutes=1))
    stepping.run_due()
    assert step_of(stripe_house, case, StepKind.ERASE).state is StepState.WAITING
    minutes_pass(now, stepping, 5)
    assert step_of(stripe_house, case, StepKind.ERASE).state is StepState.DONE
    assert len(detached(stripe_house)) == 1
    assert stepping.done.count("mail.erasure") == 1
    with stripe_house.database.read() as session:
        assert session.scalars(sa.select(Erasure.case_id)).one() == case.id
        assert session.get_one(Case, case.id).completed_at is not None


def detached(house: StripeHouse) -> list[str]:
    return [path for path in house.writes() if path.endswith("/detach")]


def test_an_end_that_never_comes_is_for_a_person(
    stripe_house: StripeHouse,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    name = stripe_house.subscribe()
    case = leave(stripe_house, policies, name)
    stepping.run_due()
    late(stripe_house, name)
    assert case.ends_at is not None
    now.move_to(case.ends_at + timedelta(seconds=1))
    minutes_pass(now, stepping, 110)
    with pytest.raises(BillingRefusedError, match="has not ended"):
        minutes_pass(now, stepping, 20)
    assert stripe_house.gives_access(name)
