"""`offboard nlu`: asks the model what it hears in texts, and checks what it learns from."""

import os
from pathlib import Path
from typing import Annotated

import typer

from offboard import bot
from offboard.configuration import load_settings
from offboard.console import notice, output
from offboarding.settings import REPOSITORY

application = typer.Typer(
    no_args_is_help=True,
    help="Ask the model what it hears in texts; check the examples it learns from.",
)


@application.callback()
def describe() -> None:
    """Ask the model what it hears in texts; check the examples it learns from."""


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
    heard_by = bot.environment(OFFBOARD_COMPANY_NAME=load_settings().company_name)
    os.execve(arguments[0], arguments, heard_by)  # noqa: S606 (our own program)


@application.command()
def check(
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of examples, instead of data/nlu; several may be named."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="A folder whose .jsonl files have a `text` a line that none may be like."
        ),
    ] = None,
) -> None:
    """Check examples, rules and stories: each line that is wrong, with its mend."""
    # Asking what is heard needs none of it.
    from offboard.examples.repository import check_repository  # noqa: PLC0415

    examples, found = check_repository(data, against)
    for slip in found:
        output.print(f"{slip.place}: {slip.sentence}", markup=False)
    if found:
        notice(f"Training examples: {len(found)} to mend; docs/examples.md helps.")
        raise typer.Exit(1)
    notice(f"Training examples: {len(examples.examples)}, good")
