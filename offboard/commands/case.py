"""`offboard case`: the off-boarding cases, what happened in one, and what is stuck."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from channels.for_staff import Way, ways_for_staff
from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading, writing
from offboarding import clock
from offboarding.audit.service import entries
from offboarding.billing.choice import billing_within
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.casework import acts, overview
from offboarding.casework.notes import notes_of
from offboarding.casework.overview import StepLine
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.exports import service as exports
from offboarding.policies.store import Policies
from offboarding.staff import members
from offboarding.steps.plan import StepKind

application = typer.Typer(no_args_is_help=True, help="Look after the off-boarding cases.")

Number = Annotated[str, typer.Argument(help="The case's number, such as 7F3K-22A.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
STAFF = members.AT_THE_TERMINAL
"""Who did it, in the audit log."""


class WayOut(StrEnum):
    """The ways to leave of who would be paid back."""

    AT_ONCE = "at-once"
    RUN_OUT = "run-out"

    @classmethod
    def of(cls, way: Way) -> "WayOut":
        """What this way is called here."""
        return cls.RUN_OUT if way.runs_out else cls.AT_ONCE


class WayUnclearError(OffboardingError):
    """It was not said which of two ways it shall be, or one was named that there is not."""

    word = "way_unclear"


@application.command("list")
def list_cases(
    state: Annotated[CaseState | None, typer.Option(help="Only cases in this state.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
) -> None:
    """The cases: those in which something is stuck first, then the newest."""
    with reading(load_settings()) as session:
        found = overview.list_cases(session, state=state, most=most)
        if not found:
            output.print("There is no such case.")
            return
        table = Table(
            "Number", "State", "Plan", "Reason", "Opened (UTC)", "Ends (UTC)", "", box=None
        )
        for line in found:
            case = line.case
            table.add_row(
                case.number,
                case.state.value,
                case.subscription.plan.name,
                case.reason.value if case.reason else "",
                f"{case.opened_at:%Y-%m-%d %H:%M}",
                f"{case.ends_at:%Y-%m-%d %H:%M}" if case.ends_at else "",
                "stuck" if line.stuck else "",
            )
        output.print(table)


@application.command()
def show(number: Number) -> None:
    """One case: its steps, and all that happened in it."""
    with reading(load_settings()) as session:
        case = _case(session, number)
        output.print(f"{case.number}: {case.state.value}", style="bold", markup=False)
        output.print(f"Plan {case.subscription.plan.name}, customer {case.customer.external_id}")
        promised = overview.steps_of(session, case)
        if promised:
            output.print(_steps_table(promised))
        for note in notes_of(session, case.id):
            output.print(f"{note.about} by hand: {note.words}", markup=False)
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
        found = overview.due(session, clock.now() + timedelta(days=days), most)
        copies = exports.all_given_up(session)
        for copy in copies:
            output.print(
                f"A copy of data could not be made: {copy.problem or 'no reason was noted.'} "
                "`offboard export list` has it.",
                markup=False,
            )
        if not found.stuck and not found.coming and not copies:
            output.print(f"Nothing is stuck, and nothing is due within {days} days.")
            return
        if not found.stuck and not found.coming:
            return
        table = Table("Case", "Step", "State", "Due (UTC)", "Why", box=None)
        for each in (*found.stuck, *found.coming):
            table.add_row(each.case.number, *_step_row(each.line))
        output.print(table)


@application.command()
def retry(number: Number) -> None:
    """Try again what is stuck in a case; the running application takes it up within a second."""
    with writing(load_settings()) as session:
        case = _case(session, number)
        tried = acts.try_again(session, case, by=STAFF)
        if not tried:
            raise NotFoundError(f"Nothing is stuck in case {case.number}.")
        output.print(f"Tried again: {', '.join(kind.value for kind in tried)}.")


@application.command()
def settle(
    number: Number,
    kind: Annotated[StepKind, typer.Argument(help="Which of its steps.")],
    note: Annotated[str, typer.Option(prompt="How was it done", help="How it was done.")],
) -> None:
    """Say that what is stuck in a case was done by hand."""
    with writing(load_settings()) as session:
        case = _case(session, number)
        if not acts.settle(session, case, kind, note, by=STAFF):
            raise NotFoundError(f"{kind} of case {case.number} is not stuck, so nothing was done.")
        output.print(f"{kind} of case {case.number} is done.")


@application.command()
def cancel(
    number: Number,
    *,
    way: Annotated[
        WayOut | None, typer.Option(help="Which way, where the customer can be paid back.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Cancel for a customer who is undecided, after showing what will happen."""
    settings = load_settings()
    policies = Policies(settings.policy_directory)
    billing_for = billing_within(settings)
    with reading(settings) as session:  # nobody else waits while somebody reads
        case, ways = _case(session, number), list[Way]()
        if case.state in acts.UNDECIDED:
            plan, customer = case.subscription, case.customer
            ways += ways_for_staff(session, plan, customer, billing_for(session), policies)
    seen = _agreed(case.number, ways, way, ask=not yes) if ways else ""
    with writing(settings) as session:
        case = _case(session, number)
        done = acts.cancel(
            session, case, seen, billing=billing_for(session), policies=policies, by=STAFF
        )
        mailed = "is mailed" if done.just_now else "was mailed before, nothing was changed"
        output.print(
            f"Case {case.number} is {case.state.value}; receipt {done.receipt.id} {mailed}."
        )


@application.command()
def undo(number: Number, *, yes: Yes = False) -> None:
    """Take a cancellation back before it ends, because the customer asked for it."""
    settings = load_settings()
    with reading(settings) as session:
        plan = _case(session, number).subscription.plan.name
    if not yes:
        typer.confirm(f"Undo the cancellation of {plan}?", abort=True)
    with writing(settings) as session:
        case = _case(session, number)
        done = acts.undo(session, case, billing=billing_within(settings)(session), by=STAFF)
        before = "" if done.just_now else " already, so nothing was changed"
        output.print(f"Case {case.number} is {case.state.value}{before}.")


def _agreed(number: str, ways: Sequence[Way], named: WayOut | None, *, ask: bool) -> str:
    """Show what will happen, have the way chosen and agreed to; what stands for that.

    Raises WayUnclearError.
    """
    if len(ways) == 1:
        output.print(ways[0].sentence, markup=False)
    else:
        output.print("There are two ways, and which of them it shall be is the customer's to say:")
        for place, each in enumerate(ways, 1):
            theirs = ", as the customer has said" if each.chosen else ""
            output.print(f"{place}. {each.label}{theirs} (--way {WayOut.of(each)})", markup=False)
            output.print(f"   {each.sentence} {each.undo}.", markup=False)
    chosen = _way(number, ways, named, ask=ask)
    if ask:
        label = f"{chosen.label}. " if len(ways) > 1 else ""
        typer.confirm(f"{label}Cancel it?", abort=True)
    return chosen.seen


def _way(number: str, ways: Sequence[Way], named: WayOut | None, *, ask: bool) -> Way:
    """The one that is named, the only one, the one that is asked for or that the customer chose."""
    if named is not None:
        for each in ways:
            if WayOut.of(each) is named:
                return each
        raise WayUnclearError(
            f"Nothing was cancelled: case {number} can't end by `--way {named}`, for what is shown "
            "above is the only way."
        )
    if len(ways) == 1:
        return ways[0]
    places = {str(place): each for place, each in enumerate(ways, 1)}
    theirs = next((place for place, each in places.items() if each.chosen), None)
    if ask:
        question = f"Which way ({' or '.join(places)})"
        return places[typer.prompt(question, default=theirs, value_proc=_one_of(places))]
    if theirs is None:
        raise WayUnclearError(
            f"Nothing was cancelled: case {number} can end in two ways, so say which one the "
            "customer wants by `--way at-once` or `--way run-out`."
        )
    return places[theirs]


def _one_of(places: Collection[str]) -> Callable[[str], str]:
    """Takes an answer that is one of these; any other is asked for again."""

    def checked(answer: str) -> str:
        if answer.strip() not in places:
            raise typer.BadParameter(f"Please type {' or '.join(places)}.")
        return answer.strip()

    return checked


def _steps_table(promised: list[StepLine]) -> Table:
    table = Table("Step", "State", "Due (UTC)", "Why", box=None)
    for line in promised:
        table.add_row(*_step_row(line))
    return table


def _step_row(line: StepLine) -> tuple[str, str, str, str]:
    step = line.step
    return step.kind.value, step.state.value, f"{step.due_at:%Y-%m-%d %H:%M}", line.why


def _case(session: Session, number: str) -> Case:
    case = overview.find(session, number)
    if case is None:
        raise NotFoundError(f"There is no case {number}; `offboard case list` shows them.")
    return case
