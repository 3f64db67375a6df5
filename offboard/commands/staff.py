"""`offboard staff`: who may look after cases on the staff pages, and who is signed in."""

from typing import Annotated

import typer
from rich.table import Table

from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading, writing
from offboarding.staff import sessions

application = typer.Typer(no_args_is_help=True, help="Look after who signs in to the staff pages.")


@application.command("list")
def list_staff() -> None:
    """Who may sign in, and since when each is signed in."""
    settings = load_settings()
    if not settings.may_sign_in:
        output.print(
            "Nobody may sign in: OFFBOARD_STAFF_ADDRESSES is empty, and so is "
            "OFFBOARD_INSIGHTS_ADDRESSES."
        )
        return
    with reading(settings) as session:
        going_on = sessions.all_going_on(session, settings)
        table = Table("Address", "May see", "Signed in since (UTC)", box=None)
        for address in sorted(settings.may_sign_in):
            sees = "cases and insights" if address in settings.staff else "insights"
            since = [each.began_at for each in going_on if each.member.email == address]
            moments = ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in since)
            table.add_row(address, sees, moments)
        output.print(table)


@application.command("sign-out")
def sign_out(
    address: Annotated[str, typer.Argument(help="The e-mail address of who is signed out.")],
) -> None:
    """Sign somebody out in every browser; they may sign in again while they are on the list."""
    with writing(load_settings()) as session:
        count = sessions.end_all(session, address.strip().lower())
    browsers = "1 browser" if count == 1 else f"{count} browsers"
    output.print(f"{address} was signed out of {browsers}.", markup=False)
