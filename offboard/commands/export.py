"""`offboard export`: the copies of customers' data, how far they are, and whether one is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import sqlalchemy as sa
import typer
from sqlalchemy.orm import Session

from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.opening import reading, writing

if TYPE_CHECKING:
    from offboarding.exports.model import Export

application = typer.Typer(no_args_is_help=True, help="Look after the copies of customers' data.")


@application.command()
def verify(file: Annotated[Path, typer.Argument(help="The ZIP file that was downloaded.")]) -> None:
    """Check that an archive is whole: every file as its manifest says. Needs no database."""
    from offboarding.exports.archive.verification import verify as verdict_on  # noqa: PLC0415

    verdict = verdict_on(file)
    for problem in verdict.problems:
        output.print(problem, markup=False)
    if verdict.problems:
        notice(f"{file} is not as it was made.")
        raise typer.Exit(1)
    for source in verdict.manifest.sources:
        told = "" if source.agrees else f" (its source estimates {source.counted})"
        output.print(f"{source.name}: {source.written} rows{told}", markup=False)
    output.print(f"Export {verdict.manifest.export}, whole.", markup=False)
    output.print(f"SHA-256 {verdict.sha256}; the mail says the same if it is ours.", markup=False)


@application.command("list")
def list_exports(
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
) -> None:
    """The exports, newest first, how far each is, and what hinders it."""
    from offboarding.exports.model import Export  # noqa: PLC0415
    from offboarding.exports.progress import progress  # noqa: PLC0415

    with reading(load_settings()) as session:
        found = session.scalars(
            sa.select(Export).order_by(Export.requested_at.desc()).limit(most)
        ).all()
        if not found:
            output.print("There is no export.")
            return
        for export in found:
            rows = progress(export).done
            limit = export.most_downloads or "any number"
            output.print(
                f"{export.id}  {_how_far(session, export)}, "
                f"asked for {export.requested_at:%Y-%m-%d %H:%M} UTC, "
                f"{rows} rows, downloaded {export.downloads} times of {limit}",
                markup=False,
            )
            if export.problem:
                output.print(f"    {export.problem}", markup=False)


def _how_far(session: Session, export: "Export") -> str:
    from offboarding.exports.service import given_up  # noqa: PLC0415

    if given_up(session, export):
        return "given up (`offboard task failed` has it)"
    return export.state.value


@application.command()
def revoke(
    number: Annotated[str, typer.Argument(help="Its number, as `export list` has it.")],
) -> None:
    """End an export: its link is dead at once, and its file is deleted by the application."""
    from offboarding.errors import NotFoundError  # noqa: PLC0415
    from offboarding.exports.model import Export  # noqa: PLC0415
    from offboarding.exports.service import revoke as revoke_export  # noqa: PLC0415

    with writing(load_settings()) as session:
        export = session.get(Export, number)
        if export is None:
            raise NotFoundError(f"There is no export {number}; `offboard export list` has them.")
        revoke_export(session, export)
    notice("Its link is dead. The file is deleted within seconds while the application runs.")
