"""`offboard task`: what failed for good in the background, and trying it again."""

from typing import Annotated

import typer
from rich.table import Table

from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading, writing
from offboarding.background import service

application = typer.Typer(
    no_args_is_help=True, help="Look after mails, exports and the like that could not be done."
)


@application.command()
def failed() -> None:
    """The tasks that failed for good, the oldest first."""
    with reading(load_settings()) as session:
        found = service.failed_tasks(session)
        if not found:
            output.print("Nothing failed.")
            return
        table = Table("Number", "What", "Scheduled (UTC)", "Error", box=None)
        for task in found:
            scheduled = f"{task.created_at:%Y-%m-%d %H:%M}"
            table.add_row(task.id, task.kind, scheduled, task.last_error or "")
        output.print(table)


@application.command()
def retry(number: Annotated[str, typer.Argument(help="Its number in `task failed`.")]) -> None:
    """Have a task tried again; the running application takes it up within a second."""
    with writing(load_settings()) as session:
        task = service.retry(session, number)
        output.print(f"{task.kind} is tried again.")
