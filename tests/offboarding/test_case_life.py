"""Whatever two customers do with a subscription each, in any order: what must always hold."""

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Plan, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import OVER, CaseState
from offboarding.cases.terms import terms_of
from offboarding.database import Database, new_identifier
from offboarding.errors import NotFoundError, TransitionError
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from tests.factories import make_customer, make_plan, make_subscription
from tests.offboarding.conftest import NOW

TALK = "1" * 32
WHO = st.sampled_from([0, 1])
UNCHANGED = ("period_end", "state", "plan_id", "discount_percent", "paused_until", "next_plan_id")


class CaseLife(RuleBasedStateMachine):
    """Two customers, a subscription each; every rule is one message in its own transaction."""

    def __init__(self, database: Database, policies: Policies) -> None:
        super().__init__()
        self.database, self.policies = database, policies
        self.time = time_machine.travel(NOW, tick=False)
        self.traveller = self.time.start()
        self.customers: list[str] = []
        self.subscriptions: list[str] = []

    def teardown(self) -> None:
        self.time.stop()

    @initialize(days=st.lists(st.integers(1, 40), min_size=2, max_size=2))
    def two_customers_subscribe(self, days: list[int]) -> None:
        with self.database.write() as session:
            for left in days:
                customer = make_customer(session, f"{new_identifier()}@example.org")
                plan = make_plan(session, new_identifier())
                subscription = make_subscription(session, customer, plan, days_left=left)
                self.customers.append(customer.id)
                self.subscriptions.append(subscription.id)

    @rule(who=WHO)
    def open(self, who: int) -> None:
        with self.database.write() as session:
            subscription = session.get_one(Subscription, self.subscriptions[who])
            if subscription.state is SubscriptionState.ENDED:
                with pytest.raises(NotFoundError):
                    cases.open_case(session, self._customer(session, who), subscription, TALK)
            else:
                cases.open_case(session, self._customer(session, who), subscription, TALK)

    @rule(who=WHO)
    def open_what_is_the_others(self, who: int) -> None:
        with self.database.write() as session:
            subscription = session.get_one(Subscription, self.subscriptions[1 - who])
            customer = self._customer(session, who)
            with pytest.raises(NotFoundError):
                cases.open_case(session, customer, subscription, TALK)

    @rule(who=WHO)
    def show(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, who)
            if case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}:
                cases.show_terms(session, case, LedgerBilling(session), self.policies)

    @rule(who=WHO)
    def say_yes(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, who)
            if case is None:
                return
            state, shown = case.state, case.shown
            now_true = terms_of(case.subscription, LedgerBilling(session), self.policies).as_json()
            receipts = self._receipts(session, case, ReceiptKind.CANCELLATION)
            before = self._traces(session)
            if state is CaseState.SHOWN and shown == now_true:
                receipt = self._confirm(session, case, who)
                assert receipt.document["ends_at"] == now_true["ends_at"]
            elif state in {CaseState.SCHEDULED, CaseState.ENDED}:
                assert [self._confirm(session, case, who).id] == receipts
                assert self._traces(session) == before
            else:
                with pytest.raises(TermsChangedError):
                    self._confirm(session, case, who)
                assert self._traces(session) == before

    @rule(who=WHO)
    def say_yes_to_what_is_the_others(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, 1 - who)
            if case is not None:
                with pytest.raises(NotFoundError):
                    self._confirm(session, case, who)
                with pytest.raises(NotFoundError):
                    self._undo(session, case, who)

    @rule(who=WHO)
    def keep(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, who)
            if case is None:
                return
            if case.state in {CaseState.OPEN, CaseState.SHOWN}:
                cases.keep(session, case)
            else:
                with pytest.raises(TransitionError):
                    cases.keep(session, case)

    @rule(who=WHO)
    def undo(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, who)
            if case is None:
                return
            over = case.ends_at is not None and case.ends_at <= clock.now()
            if case.state is CaseState.SCHEDULED and not over:
                before = {name: getattr(case.subscription, name) for name in UNCHANGED}
                self._undo(session, case, who)
                after = {name: getattr(case.subscription, name) for name in UNCHANGED}
                assert after == before
                assert case.subscription.cancel_at is None
            elif case.state is CaseState.UNDONE:
                before_all = self._traces(session)
                self._undo(session, case, who)
                assert self._traces(session) == before_all
            else:
                with pytest.raises(TransitionError):
                    self._undo(session, case, who)

    @rule(who=WHO)
    def the_end_is_carried_out(self, who: int) -> None:
        with self.database.write() as session:
            case = self._last_case(session, who)
            if case is None:
                return
            due = case.ends_at is not None and case.ends_at <= clock.now()
            ends = case.state is CaseState.SCHEDULED and due
            state = case.state
            workflow.end(session, case, billing=LedgerBilling(session))
            assert case.state is (CaseState.ENDED if ends else state)

    @rule(who=WHO, more=st.integers(1, 500))
    def the_price_goes_up(self, who: int, more: int) -> None:
        with self.database.write() as session:
            subscription = session.get_one(Subscription, self.subscriptions[who])
            session.get_one(Plan, subscription.plan_id).price_minor += more

    @precondition(lambda self: self.subscriptions)
    @rule(hours=st.integers(1, 24 * 15))
    def time_passes(self, hours: int) -> None:
        self.traveller.shift(hours * 3600)

    @invariant()
    def a_subscription_has_one_active_case_at_most(self) -> None:
        with self.database.read() as session:
            for subscription_id in self.subscriptions:
                active = sa.select(sa.func.count(Case.id)).where(
                    Case.subscription_id == subscription_id, Case.state.not_in(list(OVER))
                )
                assert (session.scalar(active) or 0) <= 1

    @invariant()
    def the_subscription_says_what_its_cases_say(self) -> None:
        with self.database.read() as session:
            for subscription_id in self.subscriptions:
                subscription = session.get_one(Subscription, subscription_id)
                found = session.scalars(
                    sa.select(Case).where(Case.subscription_id == subscription_id)
                ).all()
                states = [case.state for case in found]
                scheduled = [case for case in found if case.state is CaseState.SCHEDULED]
                ended = [case for case in found if case.state is CaseState.ENDED]
                assert CaseState.CONFIRMED not in states
                assert (subscription.state is SubscriptionState.ENDED) == bool(ended)
                expected = [case.ends_at for case in scheduled + ended]
                assert [subscription.cancel_at] == (expected or [None])

    @invariant()
    def nothing_ended_before_its_last_instant(self) -> None:
        with self.database.read() as session:
            for entry in session.scalars(
                sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.END)
            ):
                subscription = session.get_one(Subscription, entry.subscription_id)
                assert subscription.cancel_at is not None
                assert entry.occurred_at >= subscription.cancel_at

    @invariant()
    def every_cancellation_has_one_receipt_of_just_what_was_shown(self) -> None:
        with self.database.read() as session:
            for case in self._all_cases(session):
                receipts = session.scalars(
                    sa.select(Receipt).where(
                        Receipt.case_id == case.id, Receipt.kind == ReceiptKind.CANCELLATION
                    )
                ).all()
                was_confirmed = case.confirmed_at is not None
                assert len(receipts) == was_confirmed
                for receipt in receipts:
                    assert case.shown is not None
                    assert case.shown.items() <= receipt.document.items()

    def _confirm(self, session: Session, case: Case, who: int) -> Receipt:
        return workflow.confirm(
            session,
            case,
            self._customer(session, who),
            billing=LedgerBilling(session),
            policies=self.policies,
            source="test",
        )

    def _undo(self, session: Session, case: Case, who: int) -> Receipt:
        return workflow.undo(
            session, case, self._customer(session, who), billing=LedgerBilling(session)
        )

    def _customer(self, session: Session, who: int) -> Customer:
        return session.get_one(Customer, self.customers[who])

    def _last_case(self, session: Session, who: int) -> Case | None:
        found = self._all_cases(session, [self.subscriptions[who]])
        active = [case for case in found if case.active]
        return (active or sorted(found, key=lambda case: case.opened_at) or [None])[-1]

    def _all_cases(self, session: Session, subscriptions: list[str] | None = None) -> list[Case]:
        mine = sa.select(Case).where(
            Case.subscription_id.in_(subscriptions or self.subscriptions or [""])
        )
        return list(session.scalars(mine))

    @staticmethod
    def _receipts(session: Session, case: Case, kind: ReceiptKind) -> list[str]:
        found = sa.select(Receipt.id).where(Receipt.case_id == case.id, Receipt.kind == kind)
        return list(session.scalars(found))

    @staticmethod
    def _traces(session: Session) -> list[object]:
        """Everything that an effect would leave a trace in."""
        return [
            session.scalar(sa.select(sa.func.count(LedgerEntry.id))),
            session.scalar(sa.select(sa.func.count(Receipt.id))),
            sorted(session.execute(sa.select(Case.id, Case.state)).all()),
            sorted(
                session.execute(sa.select(Subscription.id, Subscription.state)).all(),
            ),
        ]


def test_what_must_always_hold_holds_whatever_they_do(
    database: Database, policies: Policies
) -> None:
    run_state_machine_as_test(
        lambda: CaseLife(database, policies),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
