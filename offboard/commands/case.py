"""`offboard case`: the off-boarding cases, what happened in one, and what is stuck."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.table import Table
from sqlalchemy.orm import Session

from channels.facts import terms_sentence
from offboard.configuration import load_settings
from offboard.console import output
from offboard.reading import reading
from offboarding import clock
from offboarding.audit.service import entries
from offboarding.background.model import Task, TaskState
from offboarding.billing.choice import billing_within
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.cases.terms import agreed, terms_of, terms_values
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind

application = typer.Typer(no_args_is_help=True, help="Look after the off-boarding cases.")

Number = Annotated[str, typer.Argument(help="The case's number, such as 7F3K-22A.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
STAFF = "staff"
"""Who did it, in the audit log."""
_HELD = {StepKind.REFUND: "above what is paid by itself: look at it, then `offboard case retry`"}
"""Why a step is with a person that has not failed."""
_UNDECIDED = frozenset({CaseState.OPEN, CaseState.SHOWN})


@application.command("list")
def list_cases(
    state: Annotated[CaseState | None, typer.Option(help="Only cases in this state.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
) -> None:
    """The cases: those in which something is stuck first, then the newest."""
    with reading(load_settings()) as session:
        stuck = sa.select(Step.id).where(Step.case_id == Case.id, Step.state == StepState.STUCK)
        wanted = sa.select(Case, stuck.exists().label("stuck"))
        wanted = wanted.order_by(sa.desc("stuck"), Case.opened_at.desc()).limit(most)
        if state is not None:
            wanted = wanted.where(Case.state == state)
        found = session.execute(wanted).all()
        if not found:
            output.print("There is no such case.")
            return
        table = Table(
            "Number", "State", "Plan", "Reason", "Opened (UTC)", "Ends (UTC)", "", box=None
        )
        for case, is_stuck in found:
            table.add_row(
                case.number,
                case.state.value,
                case.subscription.plan.name,
                case.reason.value if case.reason else "",
                f"{case.opened_at:%Y-%m-%d %H:%M}",
                f"{case.ends_at:%Y-%m-%d %H:%M}" if case.ends_at else "",
                "stuck" if is_stuck else "",
            )
        output.print(table)


@application.command()
def show(number: Number) -> None:
    """One case: its steps, and all that happened in it."""
    with reading(load_settings()) as session:
        case = _case(session, number)
        output.print(f"{case.number}: {case.state.value}", style="bold", markup=False)
        output.print(f"Plan {case.subscription.plan.name}, customer {case.customer.external_id}")
        promised = steps.steps_of(session, case.id)
        if promised:
            output.print(_steps_table(session, promised))
        table = Table("When (UTC)", "What", "Policy", "Details", box=None)
        for entry in entries(session, case.id):
            details = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
            table.add_row(
                f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.event, entry.policy_version or "", details
            )
        output.print(table)


@application.command()
def due(
    days: Annotated[int, typer.Option(min=0, help="How far ahead to look.")] = 7,
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
) -> None:
    """The steps that are stuck, with the reason, and those that come next."""
    with reading(load_settings()) as session:
        stuck = steps.stuck(session)
        coming = steps.due(session, clock.now() + timedelta(days=days), most)
        if not stuck and not coming:
            output.print(f"Nothing is stuck, and nothing is due within {days} days.")
            return
        table = Table("Case", "Step", "State", "Due (UTC)", "Why", box=None)
        for step in (*stuck, *coming):
            case = session.get_one(Case, step.case_id)
            table.add_row(case.number, *_step_row(session, step))
        output.print(table)


@application.command()
def retry(number: Number) -> None:
    """Try again what is stuck in a case; the running application takes it up within a second."""
    with _writing(load_settings()) as session:
        case = _case(session, number)
        stuck = [each for each in steps.steps_of(session, case.id) if each.state is StepState.STUCK]
        if not stuck:
            raise NotFoundError(f"Nothing is stuck in case {case.number}.")
        for step in stuck:
            steps.free(session, step.id)
        output.print(f"Tried again: {', '.join(step.kind.value for step in stuck)}.")


@application.command()
def settle(
    number: Number, kind: Annotated[StepKind, typer.Argument(help="Which of its steps.")]
) -> None:
    """Say that what is stuck in a case was done by hand."""
    with _writing(load_settings()) as session:
        case = _case(session, number)
        step = steps.step_of(session, case.id, kind)
        if step is None:
            raise NotFoundError(f"Case {case.number} has no step {kind}.")
        steps.settle_by_hand(session, step.id)
        output.print(f"{kind} of case {case.number} is done.")


@application.command()
def cancel(number: Number, *, yes: Yes = False) -> None:
    """Cancel for a customer who is undecided, after showing what will happen."""
    settings = load_settings()
    policies = Policies(settings.policy_directory)
    billing_for = billing_within(settings)
    with reading(settings) as session:  # nobody else waits while somebody reads
        case = _case(session, number)
        seen: dict[str, Any] | None = None
        if case.state in _UNDECIDED:
            terms = terms_of(case.subscription, billing_for(session), policies, case.reason)
            values, seen = terms_values(terms, case.customer), agreed(terms.as_json())
            output.print(terms_sentence(values, free=case.subscription.plan.free), markup=False)
    if seen is not None and not yes:
        typer.confirm("Cancel it?", abort=True)
    with _writing(settings) as session:
        case = _case(session, number)
        billing = billing_for(session)
        cases.lock(session, case)
        undecided = case.state in _UNDECIDED
        if undecided:
            shown = cases.show_terms(session, case, billing, policies)
            if agreed(shown.as_json()) != seen:
                raise TermsChangedError("Something about this plan has changed; look again.")
        receipt = workflow.confirm(
            session, case, case.customer, billing=billing, policies=policies, source=STAFF
        )
        output.print(f"Case {case.number} is {case.state.value}; receipt {receipt.id} is mailed.")


@application.command()
def undo(number: Number, *, yes: Yes = False) -> None:
    """Take a cancellation back before it ends, because the customer asked for it."""
    settings = load_settings()
    with reading(settings) as session:
        plan = _case(session, number).subscription.plan.name
    if not yes:
        typer.confirm(f"Undo the cancellation of {plan}?", abort=True)
    with _writing(settings) as session:
        case = _case(session, number)
        billing = billing_within(settings)(session)
        workflow.undo(session, case, case.customer, billing=billing)
        output.print(f"Case {case.number} is {case.state.value}.")


@contextmanager
def _writing(settings: Settings) -> Iterator[Session]:
    database = Database(settings.database)
    try:
        with database.write() as session:
            yield session
    finally:
        database.close()


def _steps_table(session: Session, promised: list[Step]) -> Table:
    table = Table("Step", "State", "Due (UTC)", "Why", box=None)
    for step in promised:
        table.add_row(*_step_row(session, step))
    return table


def _step_row(session: Session, step: Step) -> tuple[str, str, str, str]:
    why = ""
    if step.state is StepState.STUCK:
        why = session.scalar(
            sa.select(Task.last_error)
            .where(
                Task.kind == steps.TASK,
                Task.subject_id == step.id,
                Task.state == TaskState.FAILED,
            )
            .order_by(Task.created_at.desc())
            .limit(1)
        ) or _HELD.get(step.kind, "")
    return step.kind.value, step.state.value, f"{step.due_at:%Y-%m-%d %H:%M}", why


def _case(session: Session, number: str) -> Case:
    case = session.scalar(sa.select(Case).where(Case.number == number.strip().upper()))
    if case is None:
        raise NotFoundError(f"There is no case {number}; `offboard case list` shows them.")
    return case
