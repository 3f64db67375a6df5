"""`offboard train`: trains the bot."""

from typing import Annotated

import typer

from offboard import bot
from offboard.console import notice

application = typer.Typer()


@application.command()
def train(
    *,
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Only when there is no model that fits the data.")
    ] = False,
) -> None:
    """Train the bot on data/, domain.yml and config.yml; the model goes to models/."""
    if if_needed:
        bot.ensure_model()
        return
    bot.train()
    model = bot.newest_model()
    notice(f"Trained: models/{model.name}" if model else "Training left no model in models/.")
