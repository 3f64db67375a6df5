"""`offboard audit`: whether the audit log is as it was, its head, and what happened to whom."""

from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table
from sqlalchemy.orm import Session

from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.opening import reading, writing
from offboarding.audit import chain, guards, verification
from offboarding.audit.service import entries, positions
from offboarding.cases.model import Case
from offboarding.errors import NotFoundError

application = typer.Typer(
    no_args_is_help=True, help="Look into the audit log, and whether somebody changed it."
)


@application.command()
def verify(
    expect_head: Annotated[
        str | None,
        typer.Option(metavar="POSITION:HASH", help="The head that you kept elsewhere."),
    ] = None,
) -> None:
    """Look at every entry and every seal; ends with 1 where something is wrong.

    Without --expect-head a log that was rewritten from some entry to its end looks whole.
    """
    expected = chain.Head.read(expect_head) if expect_head is not None else None
    with reading(load_settings()) as session:
        found = verification.verify(session, expected)
        lacking = guards.unguarded(session.connection())
    output.print(f"Sealed: {found.sealed}, not sealed yet: {found.unsealed}")
    output.print(f"Head: {_described(found.head)}")
    if lacking:
        notice(
            f"The database lets {' and '.join(lacking)} be changed: the triggers that refuse it "
            "are gone. `offboard audit guard` puts them back."
        )
    if found.finding is not None:
        output.print(found.finding.sentence, markup=False)
    elif expected is None:
        output.print("The chain is whole; that it is the same one, only a kept head tells.")
    else:
        output.print("The chain is whole, and goes on from the head that you kept.")
    if lacking or found.finding is not None:
        raise typer.Exit(1)


@application.command()
def head() -> None:
    """Print POSITION:HASH, to be kept where whoever can write the database can't."""
    with reading(load_settings()) as session:
        output.print(str(chain.head(session)), markup=False)


@application.command()
def show(
    subject: Annotated[str, typer.Argument(help="A case's number, or a conversation's id.")],
) -> None:
    """What happened to a case or in a conversation, oldest first."""
    with reading(load_settings()) as session:
        found = entries(session, _subject_id(session, subject))
        if not found:
            raise NotFoundError(f"The audit log has nothing of {subject}.")
        places = positions(session, [entry.sequence for entry in found])
        table = Table("Position", "When (UTC)", "What", "Policy", "Details", box=None)
        for entry in found:
            details = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
            table.add_row(
                str(places.get(entry.sequence, "not sealed")),
                f"{entry.at:%Y-%m-%d %H:%M:%S}",
                entry.event,
                entry.policy_version or "",
                details,
            )
        output.print(table)


@application.command()
def guard() -> None:
    """Put the triggers back with which the database refuses to change the log."""
    with writing(load_settings()) as session:
        guards.guard(session.connection())
    notice("The database refuses every change to what the audit log holds.")


def _described(end: chain.Head) -> str:
    if end.sealed_at is None:
        return str(end)
    return f"{end}, sealed {end.sealed_at:%Y-%m-%d %H:%M:%S} UTC"


def _subject_id(session: Session, subject: str) -> str:
    """The id that the log has for it: of the case of this number, else what was given."""
    given = subject.strip()
    return session.scalar(sa.select(Case.id).where(Case.number == given.upper())) or given
