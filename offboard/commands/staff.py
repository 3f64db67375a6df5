"""`offboard staff`: who may look after cases on the staff pages, and who is signed in."""

from typing import Annotated

import typer
from rich.table import Table

from offboard.configuration import load_settings
from offboard.console import output
from offboard.reading import reading
from offboarding.database import open_database
from offboarding.staff import sessions

application = typer.Typer(no_args_is_help=True, help="Look after who signs in to the staff pages.")


@application.command("list")
def list_staff() -> None:
    """Who may sign in, and since when each is signed in."""
    settings = load_settings()
    if not settings.staff:
        output.print("Nobody may sign in: OFFBOARD_STAFF_ADDRESSES is empty.")
        return
    with reading(settings) as session:
        going_on = sessions.all_going_on(session, settings)
        table = Table("Address", "Signed in since (UTC)", box=None)
        for address in sorted(settings.staff):
            since = [each.began_at for each in going_on if each.member.email == address]
            table.add_row(address, ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in since))
        output.print(table)


@application.command("sign-out")
def sign_out(
    address: Annotated[str, typer.Argument(help="The e-mail address of who is signed out.")],
) -> None:
    """Sign somebody out in every browser; they may sign in again while they are on the list."""
    database = open_database(load_settings())
    try:
        with database.write() as session:
            count = sessions.end_all(session, address.strip().lower())
    finally:
        database.close()
    browsers = "1 browser" if count == 1 else f"{count} browsers"
    output.print(f"{address} was signed out of {browsers}.", markup=False)
