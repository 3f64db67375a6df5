"""`offboard train`: trains the bot when its data changed."""

from typing import Annotated

import typer

from offboard import bot
from offboard.console import notice
from offboarding.settings import REPOSITORY

application = typer.Typer()


@application.command()
def train(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the model fits the data already.")
    ] = False,
) -> None:
    """Train the bot on data/, domain.yml and config.yml, if they have changed."""
    if not force and (model := bot.current_model()):
        notice(f"The model fits the data: {model.relative_to(REPOSITORY)} (--force trains anyway)")
        return
    model = bot.train(*(["--force"] if force else []))
    notice(f"Trained: {model.relative_to(REPOSITORY)}")
