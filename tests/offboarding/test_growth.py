"""What a case does looks up its rows by an index, however many other cases are stored.

SQLite's planner says of each statement whether it reads a whole table; without statistics it says
the same of an empty table and of one with a million rows. PostgreSQL has the same indexes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from channels.progress import progress
from offboard.off_boarding import ERASERS
from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.takeover import overdue_tasks
from offboarding.background.turns import pending_tasks
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.database import Base, Database
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import ReceiptKind
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.reconciler import reconcile
from tests.factories import cancel, make_customer, make_subscription
from tests.offboarding.stepping import Stepping

TALK = "1" * 32
SMALL = frozenset({"plan", "agent"})
"""Tables that do not grow with the customers."""
ALL_OF_A_STATE = re.compile(r"INDEX ix_off_boarding_(case|step)_state \(state=\?\)$")


pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Watched:
    """The statements that were sent, and which of them read a whole table."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self.sent: list[tuple[str, Any]] = []

    def note(self, _: Any, __: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            self.sent.append((statement, parameters))

    def whole_tables(self) -> set[str]:
        """Each table that was read from end to end, with the statement that did."""
        found = set()
        for detail, statement in self._plans():
            words = detail.split()
            if words[0] == "SCAN" and words[1] not in SMALL and words[1] in _names():
                found.add(f"{detail}: {statement}")
        return found

    def whole_states(self) -> set[str]:
        """Each statement that looks through all cases or steps of a state: no table, but as bad."""
        return {
            f"{detail}: {statement}"
            for detail, statement in self._plans()
            if ALL_OF_A_STATE.search(detail)
        }

    def _plans(self) -> Iterator[tuple[str, str]]:
        """Each line of how the statements are carried out, with the statement."""
        with self._engine.connect() as connection:
            for statement, parameters in dict(self.sent_once()).values():
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                for _, _, _, detail in plan:
                    yield detail, statement

    def sent_once(self) -> Iterator[tuple[str, tuple[str, Any]]]:
        for statement, parameters in self.sent:
            one = parameters[0] if isinstance(parameters, list) else parameters
            yield statement, (statement, one)


def _names() -> set[str]:
    return set(Base.metadata.tables)


@contextmanager
def watched(database: Database) -> Iterator[Watched]:
    watching = Watched(database)
    sa.event.listen(database.engine, "before_cursor_execute", watching.note)
    try:
        yield watching
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", watching.note)


def test_a_yes_and_an_undo_read_no_whole_table(database: Database, policies: Policies) -> None:
    with database.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
    with watched(database) as watching:
        with database.write() as session:
            case, _ = cancel(session, customer, plan, policies, TALK)
        with database.read() as session:
            assert cases.active_case(session, plan) is not None
            assert cases.case_in_conversation(session, TALK, customer) is not None
            assert len(cases.scheduled_cases(session, customer)) == 1
            assert receipts.receipt_of(session, case, ReceiptKind.CANCELLATION) is not None
            assert audit.entries(session, case.id)
        with database.write() as session:
            found = session.get_one(Case, case.id)
            workflow.undo(session, found, found.customer, billing=LedgerBilling(session))
    assert watching.whole_tables() == set()


def test_a_case_on_its_way_to_its_end_reads_no_whole_table(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    stepping = Stepping(database, ERASERS)
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
    with watched(database) as watching:
        for _ in range(60):
            stepping.run_due()
            now.shift(timedelta(days=1))
    with database.read() as session:
        assert session.get_one(Case, case.id).completed_at is not None
    # How the test itself finds what is due is no part of the product.
    mine = {each for each in watching.whole_tables() if "FROM task" not in each}
    assert mine == set(), "\n\n".join(mine)
    assert watching.whole_states() == set()


def test_an_erasure_that_is_taken_up_again_reads_no_whole_table(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    stepping = Stepping(database, ERASERS)
    with database.write() as session:
        customer = make_customer(session)
        later = make_subscription(session, customer, days_left=400)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
    for _ in range(60):
        stepping.run_due()
        now.shift(timedelta(days=1))
    with database.write() as session:
        over = session.get_one(Subscription, later.id)
        over.state, over.cancel_at = SubscriptionState.ENDED, clock.now()
    with watched(database) as watching:
        reconcile(database, stepping, policies.retention)
        with database.read() as session:
            progress(session, session.get_one(Case, case.id))
    with database.read() as session:
        step = steps.step_of(session, case.id, StepKind.ERASE)
        assert step is not None
        assert step.state is StepState.WAITING
    assert watching.whole_tables() == set()
    # What is stuck is looked for by its state, and there is little of it.
    assert {each for each in watching.whole_states() if "JOIN" in each} == set()


def test_looking_around_reads_no_whole_table(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with watched(database) as watching:
        reconcile(database, Stepping(database), policies.retention)
        with database.read() as session:
            steps.due(session, clock.now())
            steps.stuck(session)
            overdue_tasks(session)
            pending_tasks(session)
    assert watching.whole_tables() == set()
