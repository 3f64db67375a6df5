"""`offboard case`: what staff see and do of the cases, on the command line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from offboard.commands.case import application
from offboard.commands.migrate import migrate_database
from offboarding import clock
from offboarding.accounts.model import Customer, SubscriptionState
from offboarding.audit.service import entries
from offboarding.background.model import Task, TaskState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.database import Database, open_database
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from tests.factories import begin_lately, cancel, make_customer, make_subscription


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that the commands use."""
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    settings = Settings(_env_file=None, data_directory=tmp_path)
    migrate_database(settings)
    database = open_database(settings)
    yield database
    database.close()


@pytest.fixture
def case(own: Database) -> Case:
    with own.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
        return cancel(session, customer, plan, Policies(REPOSITORY / "policy"))[0]


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(application, list(words), input=answer)


def failed_for_good(own: Database, case: Case) -> None:
    with own.write() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        task = session.scalars(sa.select(Task).where(Task.subject_id == step.id)).one()
        task.state, task.last_error = TaskState.FAILED, "ConnectionError"
        steps.stick(session, step.id)


def test_without_cases_it_says_so(own: Database) -> None:
    assert "There is no such case" in run("list").output
    assert "Nothing is stuck, and nothing is due within 7 days" in run("due").output


def test_a_case_is_found_however_its_number_is_typed(own: Database, case: Case) -> None:
    bare = case.number.replace("-", "")
    for typed in (
        bare,
        bare.lower(),
        f" {bare[:4]} {bare[4:]} ",
        f"#{bare[:4]}\N{EN DASH}{bare[4:]}",
    ):
        assert run("show", typed).output.startswith(f"{case.number}: ")


def test_a_case_is_shown_with_its_steps(own: Database, case: Case) -> None:
    shown = run("show", case.number.lower()).output
    assert "scheduled" in shown
    for words in ("cancel", "revoke_access", "waiting", "case_confirmed"):
        assert words in shown


def test_what_is_due_is_listed_as_far_ahead_as_asked(own: Database, case: Case) -> None:
    assert case.number not in run("due").output
    assert run("due", "--days", "22").output.count(case.number) == 5


def test_what_is_stuck_stands_on_top_with_the_reason(own: Database, case: Case) -> None:
    with own.write() as session:
        customer = session.get_one(Customer, case.customer_id)
        plan = make_subscription(session, customer)
        newer, _ = cancel(session, customer, plan, Policies(REPOSITORY / "policy"))
    failed_for_good(own, case)
    listed = run("list").output
    assert listed.index(case.number) < listed.index(newer.number)
    due = run("due").output
    assert "stuck" in due
    assert "ConnectionError" in due


def test_what_is_stuck_can_be_tried_again_and_nothing_else(own: Database, case: Case) -> None:
    nothing = run("retry", case.number)
    assert isinstance(nothing.exception, NotFoundError)
    failed_for_good(own, case)
    assert "Tried again: end." in run("retry", case.number).output
    with own.read() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        assert step.state is StepState.WAITING
        tasks = session.scalars(sa.select(Task).where(Task.subject_id == step.id)).all()
        assert sorted(task.state for task in tasks) == [TaskState.FAILED, TaskState.PENDING]
        assert {task.due_at for task in tasks} == {case.ends_at}


def test_what_was_done_by_hand_is_settled(own: Database, case: Case) -> None:
    note = ("--note", "Ended it in the dashboard.")
    assert isinstance(run("settle", case.number, "end", *note).exception, NotFoundError)
    failed_for_good(own, case)
    assert "How was it done" in run("settle", case.number, "end").output, "it asks for a note"
    assert "end of case" in run("settle", case.number, "end", *note).output
    assert "end by hand: Ended it in the dashboard." in run("show", case.number).output
    with own.read() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        assert step.state is StepState.DONE


def test_staff_undo_a_cancellation_after_a_question(own: Database, case: Case) -> None:
    assert run("undo", case.number, answer="n\n").exit_code == 1
    with own.read() as session:
        assert session.get_one(Case, case.id).state is CaseState.SCHEDULED
    assert "is undone" in run("undo", case.number, answer="y\n").output
    again = run("undo", case.number, "--yes")
    assert again.exit_code == 0, again.output
    assert "undone already, so nothing was changed" in again.output


def test_in_the_sandbox_it_is_done_when_the_sandbox_is(
    own: Database, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_SANDBOX", "true")
    (tmp_path / "sandbox-time").write_text(f"{timedelta(days=7).total_seconds()}\n")
    before = clock.now()
    assert run("undo", case.number, "--yes").exit_code == 0
    with own.read() as session:
        undone = [each for each in entries(session, case.id) if each.event == "case_undone"]
    assert [each.at - before > timedelta(days=6) for each in undone] == [True]
    assert clock.now() - before < timedelta(days=1)


def test_after_its_end_it_can_t_be_undone(own: Database, case: Case) -> None:
    with own.write() as session:
        held = session.get_one(Case, case.id)
        assert held.ends_at is not None
        held.ends_at -= timedelta(days=30)
    assert isinstance(run("undo", case.number, "--yes").exception, OffboardingError)


def test_staff_cancel_for_who_is_undecided_after_what_will_happen_is_shown(own: Database) -> None:
    with own.write() as session:
        customer = make_customer(session)
        case = cases.open_case(session, customer, make_subscription(session, customer), "1" * 32)
        number = case.number
    refused = run("cancel", number, answer="n\n")
    assert "Pro ends on" in refused.output
    with own.read() as session:
        kept = session.get_one(Case, case.id)
        assert kept.state is CaseState.OPEN
        assert LedgerBilling(session).next_payment(kept.subscription) is not None
    assert "is scheduled" in run("cancel", number, "--yes").output
    assert "is scheduled" in run("cancel", number, "--yes").output


@pytest.fixture
def newcomer(own: Database) -> Case:
    """An undecided case of who would be paid back: there are two ways to leave."""
    with own.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
        begin_lately(session, plan)
        return cases.open_case(session, customer, plan, "1" * 32)


def end_of(own: Database, case: Case) -> tuple[SubscriptionState, bool]:
    """What the plan is, and whether something is paid back."""
    with own.read() as session:
        refund = steps.step_of(session, case.id, StepKind.REFUND)
        plan = session.get_one(Case, case.id).subscription
        return plan.state, refund is not None


def wants_it_to_run_out(own: Database, case: Case) -> None:
    with own.write() as session:
        cases.choose_way(session, session.get_one(Case, case.id), runs_out=True)


def untouched(own: Database, case: Case) -> bool:
    with own.read() as session:
        kept = session.get_one(Case, case.id)
        return kept.state is CaseState.OPEN and kept.subscription.renews


def test_of_two_ways_the_one_whose_number_is_typed_is_taken(own: Database, newcomer: Case) -> None:
    done = run("cancel", newcomer.number, answer="3\n2\ny\n")
    assert "1. At once, with €29.00 paid back (--way at-once)" in done.output
    assert "because they are within the 14 days" in done.output
    assert "It can't be undone." in done.output
    assert "with nothing paid back (--way run-out)" in done.output
    assert "It can be undone until" in done.output
    assert "Which way (1 or 2): 3\nError: Please type 1 or 2." in done.output
    assert "with nothing paid back. Cancel it? [y/N]: y" in done.output
    assert "is scheduled" in done.output
    assert end_of(own, newcomer) == (SubscriptionState.ACTIVE, False)
    with own.read() as session:
        logged = {entry.event: entry.details for entry in entries(session, newcomer.id)}
    assert logged["way_chosen"] == {"runs_out": True, "by": "staff"}
    again = run("cancel", newcomer.number, "--way", "at-once", "--yes")
    assert "nothing was changed" in again.output
    assert end_of(own, newcomer) == (SubscriptionState.ACTIVE, False)


def test_after_the_way_a_no_is_a_no(own: Database, newcomer: Case) -> None:
    assert run("cancel", newcomer.number, answer="1\nn\n").exit_code == 1
    assert run("cancel", newcomer.number, answer="").exit_code == 1
    assert untouched(own, newcomer)


@pytest.mark.parametrize(
    ("way", "state", "paid_back"),
    [
        ("at-once", SubscriptionState.ENDED, True),
        ("run-out", SubscriptionState.ACTIVE, False),
    ],
)
def test_the_way_that_is_named_is_taken(
    own: Database, newcomer: Case, way: str, state: SubscriptionState, *, paid_back: bool
) -> None:
    done = run("cancel", newcomer.number, "--way", way, "--yes")
    assert done.exit_code == 0, done.output
    assert end_of(own, newcomer) == (state, paid_back)


def test_without_a_question_a_way_has_to_be_named(own: Database, newcomer: Case) -> None:
    refused = run("cancel", newcomer.number, "--yes")
    assert isinstance(refused.exception, OffboardingError)
    assert "by `--way at-once` or `--way run-out`" in refused.exception.sentence
    assert run("cancel", newcomer.number, "--way", "sideways", "--yes").exit_code == 2
    assert untouched(own, newcomer)


def test_what_the_customer_chose_stands_first_and_is_taken_unless_another_is_named(
    own: Database, newcomer: Case
) -> None:
    wants_it_to_run_out(own, newcomer)
    asked = run("cancel", newcomer.number, answer="\nn\n")
    first = asked.output.partition("2. ")[0]
    assert "with nothing paid back, as the customer has said (--way run-out)" in first
    assert "Which way (1 or 2) [1]: \nOn " in asked.output
    assert untouched(own, newcomer)
    assert "is scheduled" in run("cancel", newcomer.number, "--yes").output
    assert end_of(own, newcomer) == (SubscriptionState.ACTIVE, False)


def test_where_there_is_one_way_no_other_can_be_named(own: Database) -> None:
    with own.write() as session:
        customer = make_customer(session)
        case = cases.open_case(session, customer, make_subscription(session, customer), "1" * 32)
    refused = run("cancel", case.number, "--way", "at-once", "--yes")
    assert isinstance(refused.exception, OffboardingError)
    assert "what is shown above is the only way" in refused.exception.sentence
    assert untouched(own, case)
    assert "is scheduled" in run("cancel", case.number, "--way", "run-out", "--yes").output


def test_what_changes_while_they_read_is_not_done(
    own: Database, newcomer: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree_after_the_14_days(*_: object, **__: object) -> bool:
        with own.write() as session:
            plan = session.get_one(Case, newcomer.id).subscription
            plan.started_at -= timedelta(days=30)
        return True

    monkeypatch.setattr("typer.confirm", agree_after_the_14_days)
    refused = run("cancel", newcomer.number, "--way", "at-once")
    assert isinstance(refused.exception, TermsChangedError)
    assert "has changed since it was shown" in refused.exception.sentence
    assert untouched(own, newcomer)


def test_a_case_that_is_not_there_is_said(own: Database) -> None:
    assert isinstance(run("show", "0000-000").exception, NotFoundError)
