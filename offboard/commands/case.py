"""`offboard case`: the off-boarding cases, and what happened in one."""

from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table
from sqlalchemy.orm import Session

from offboard.configuration import load_settings
from offboard.console import output
from offboard.reading import reading
from offboarding.audit.service import entries
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.errors import NotFoundError

application = typer.Typer(no_args_is_help=True, help="Look into the off-boarding cases.")


@application.command("list")
def list_cases(
    state: Annotated[CaseState | None, typer.Option(help="Only cases in this state.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
) -> None:
    """The cases, newest first."""
    with reading(load_settings()) as session:
        wanted = sa.select(Case).order_by(Case.opened_at.desc()).limit(most)
        if state is not None:
            wanted = wanted.where(Case.state == state)
        found = session.scalars(wanted).all()
        if not found:
            output.print("There is no such case.")
            return
        table = Table("Number", "State", "Plan", "Reason", "Opened (UTC)", "Ends (UTC)", box=None)
        for case in found:
            table.add_row(
                case.number,
                case.state.value,
                case.subscription.plan.name,
                case.reason.value if case.reason else "",
                f"{case.opened_at:%Y-%m-%d %H:%M}",
                f"{case.ends_at:%Y-%m-%d %H:%M}" if case.ends_at else "",
            )
        output.print(table)


@application.command()
def show(number: Annotated[str, typer.Argument(help="Its number, such as 7F3K-22A.")]) -> None:
    """One case, and all that happened in it."""
    with reading(load_settings()) as session:
        case = _case(session, number)
        output.print(f"{case.number}: {case.state.value}", style="bold", markup=False)
        output.print(f"Plan {case.subscription.plan.name}, customer {case.customer.external_id}")
        table = Table("When (UTC)", "What", "Policy", "Details", box=None)
        for entry in entries(session, case.id):
            details = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
            table.add_row(
                f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.event, entry.policy_version or "", details
            )
        output.print(table)


def _case(session: Session, number: str) -> Case:
    case = session.scalar(sa.select(Case).where(Case.number == number.strip().upper()))
    if case is None:
        raise NotFoundError(f"There is no case {number}; `offboard case list` shows them.")
    return case
