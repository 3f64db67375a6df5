"""`offboard nlu`: asks the model what it hears in texts."""

import os
from typing import Annotated

import typer

from offboard import bot
from offboarding.settings import REPOSITORY

application = typer.Typer(no_args_is_help=True, help="Ask the model what it hears in texts.")


@application.callback()
def describe() -> None:
    """Ask the model what it hears in texts."""


@application.command()
def predict(
    *,
    intents: Annotated[
        bool, typer.Option("--intents", help="Print how intents map to plain labels instead.")
    ] = False,
) -> None:
    """Read texts on standard input, one a line; write one JSON line for each, in order.

    Each has `text`, `intents` (all that were heard, the leading one first) and `confidence`.
    """
    if not intents:
        bot.ensure_model()
    arguments = bot.command("bot.predict", *(["--intents"] if intents else []))
    os.chdir(REPOSITORY)
    # The bot's program takes this one's place: input, output and signals are its own from here.
    os.execve(arguments[0], arguments, bot.environment())  # noqa: S606 (our own program)
