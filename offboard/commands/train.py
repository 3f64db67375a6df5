"""`offboard train`: trains the bot when its data changed."""

from typing import Annotated

import typer

from offboard import bot
from offboard.console import notice, output
from offboarding.settings import REPOSITORY

application = typer.Typer()


@application.command()
def train(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the model fits the data already.")
    ] = False,
) -> None:
    """Check data/, domain.yml and config.yml; train the bot on them, if they have changed."""
    _refuse_mistakes()
    if not force and (model := bot.current_model()):
        notice(f"The model fits the data: {model.relative_to(REPOSITORY)} (--force trains anyway)")
        return
    model = bot.train(*(["--force"] if force else []))
    notice(f"Trained: {model.relative_to(REPOSITORY)}")


def _refuse_mistakes() -> None:
    """Print what is wrong, and end with 1: a running assistant would take it within seconds."""
    from offboard.examples.repository import check_repository  # noqa: PLC0415
    from offboard.words import check as words  # noqa: PLC0415
    from offboard.words.report import report  # noqa: PLC0415

    _, slips = check_repository()
    said = words.check_repository(REPOSITORY / "domain.yml")
    for slip in slips:
        output.print(f"{slip.place}: {slip.sentence}\n", markup=False)
    if said.findings:
        for line in report(said):
            output.print(line, markup=False)
    if slips or said.findings:
        notice("Nothing was trained: the lines above say what to mend. What is served stays.")
        raise typer.Exit(1)
