"""Eight threads that cancel the same subscription in the same instant, as eight open tabs would."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboarding.accounts.model import Customer, Subscription
from offboarding.background.model import Task, TaskState
from offboarding.billing.agreements import CARRY_OUT
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.provider import BillingProvider, LedgerProvider
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database, new_identifier
from offboarding.errors import TransitionError
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.settings import REPOSITORY
from offboarding.steps import service as steps
from sandbox.stripe.server import StripeStandIn
from tests.factories import make_customer, make_subscription
from tests.offboarding.at_once import at_once
from tests.offboarding.conftest import NOW
from tests.offboarding.stepping import Stepping
from tests.offboarding.stripe.house import StripeHouse, stripe_served

THREADS = 8


@dataclass
class Race:
    """What they race for, and who bills it."""

    database: Database
    policies: Policies
    billing: BillingProvider
    subscription_id: str
    stripe: StripeHouse | None = None

    def cancel(self, number: int) -> str:
        """From the wish to the yes, each message a transaction; the receipt's identifier.

        Whoever is told that it changed meanwhile looks again, as people do.
        """
        talk = new_identifier()
        for _ in range(THREADS):
            try:
                with self.database.write() as session:
                    self._show(session, talk)
                with self.database.write() as session:
                    return self._confirm(session)
            except TransitionError:
                continue
        raise AssertionError(f"thread {number} never got an answer")

    def _show(self, session: Session, talk: str) -> None:
        subscription, customer = self._who(session)
        case = cases.open_case(session, customer, subscription, talk)
        if case.state in {CaseState.OPEN, CaseState.SHOWN}:
            cases.show_terms(session, case, self.billing.within(session), self.policies)

    def _confirm(self, session: Session) -> str:
        subscription, customer = self._who(session)
        case = cases.active_case(session, subscription)
        assert case is not None
        billing = self.billing.within(session)
        return workflow.confirm(
            session, case, customer, billing=billing, policies=self.policies, source="test"
        ).id

    def _who(self, session: Session) -> tuple[Subscription, Customer]:
        subscription = session.get_one(Subscription, self.subscription_id)
        customers = sa.select(Customer).where(Customer.account_id == subscription.account_id)
        return subscription, session.scalars(customers).one()


@pytest.fixture(params=["our ledger", "Stripe"])
def race(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Race]:
    policies = Policies(REPOSITORY / "policy")
    with time_machine.travel(NOW, tick=False):
        if request.param == "our ledger":
            with database.write() as session:
                subscription_id = make_subscription(session, make_customer(session)).id
            yield Race(database, policies, LedgerProvider(database), subscription_id)
            return
        stand_in = StripeStandIn()
        with stripe_served(stand_in) as address:
            house = StripeHouse(stand_in, address, database)
            yield Race(database, policies, house.provider, house.subscribe(), house)


def test_eight_who_cancel_at_once_are_one_case_one_cancellation_one_receipt_and_one_mail(
    race: Race,
) -> None:
    receipts = at_once(THREADS, race.cancel)
    with race.database.read() as session:
        [receipt] = session.scalars(sa.select(Receipt))
        [case] = session.scalars(sa.select(Case))
        cancelled = sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CANCELLATION)
        [entry] = session.scalars(cancelled)
        mails = sa.select(Task).where(Task.kind == "mail.receipt")
        [mail] = session.scalars(mails)
        kinds = [step.kind for step in steps.steps_of(session, case.id)]
    assert set(receipts) == {receipt.id}
    assert mail.subject_id == receipt.id
    assert entry.key == f"{case.id}:cancel"
    assert len(kinds) == len(set(kinds))
    assert case.state is CaseState.SCHEDULED


def test_eight_workers_who_carry_it_out_at_once_cancel_once(race: Race) -> None:
    """As when a worker seems to be dead and is not: everybody does the same again."""
    race.cancel(0)
    handlers = race.stripe.provider.handlers() if race.stripe else {}
    stepping = Stepping(race.database, billing=race.billing, handlers=handlers)
    with race.database.read() as session:
        tasks = session.execute(
            sa.select(Task.kind, Task.subject_id).where(Task.kind.in_([steps.TASK, CARRY_OUT]))
        ).all()

    def work(number: int) -> None:
        for kind, subject_id in tasks if number % 2 else reversed(tasks):
            if kind == CARRY_OUT:
                handlers[kind](subject_id)
            elif (subject := _due(race.database, subject_id)) is not None:
                stepping.runner.carry_out(subject)

    raised = [each for each in at_once(THREADS, work) if each is not None]
    if race.stripe is not None:
        _cancelled_once_at_stripe(race.stripe, race.subscription_id)
        assert {type(each).__name__ for each in raised} <= {"StripeUnavailableError"}
    else:
        assert raised == []
    with race.database.read() as session:
        cancelled = sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CANCELLATION)
        assert len(session.scalars(cancelled).all()) == 1


def _due(database: Database, step_id: str) -> str | None:
    """The step, where its task is due."""
    with database.read() as session:
        task = sa.select(Task.subject_id).where(
            Task.subject_id == step_id, Task.state == TaskState.PENDING, Task.due_at <= NOW
        )
        return session.scalar(task)


def _cancelled_once_at_stripe(house: StripeHouse, subscription_id: str) -> None:
    assert house.at_stripe(subscription_id)["cancel_at_period_end"]
    updated = [
        event
        for event in house.stand_in.store.events
        if event["type"] == "customer.subscription.updated"
        and event["data"]["object"]["cancel_at_period_end"]
    ]
    assert len(updated) == 1
    carried_out = [
        call
        for call in house.stand_in.faults.calls
        if call.method == "POST" and call.status == 200 and not call.replayed
    ]
    assert len([call for call in carried_out if call.key.endswith(":cancel")]) == 1
