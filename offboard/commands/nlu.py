"""`offboard nlu`: asks the model what it hears in texts, and checks what it learns from."""

import os
from pathlib import Path
from typing import Annotated

import typer

from offboard import bot
from offboard.console import notice, output
from offboarding.settings import REPOSITORY

EXAMPLES = REPOSITORY / "data" / "nlu"
DOMAIN = REPOSITORY / "domain.yml"
TESTS = REPOSITORY / "tests"
TEST_SET = REPOSITORY / "bench" / "nlu" / "messages.jsonl"

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
    os.execve(arguments[0], arguments, bot.environment())  # noqa: S606 (our own program)


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
    """Check the examples: each alike, contradicting, leaked or misplaced line, with its mend."""
    # Asking what is heard needs none of these.
    from offboard.examples import reading  # noqa: PLC0415
    from offboard.examples.checks import findings  # noqa: PLC0415
    from offboard.examples.exceptions import FILE, Exceptions  # noqa: PLC0415

    examples = reading.read_examples(data or [EXAMPLES])
    outside = reading.read_outside(TESTS, TEST_SET, against or [])
    found = findings(examples, reading.domain_intents(DOMAIN), outside, Exceptions(FILE))
    for slip in found:
        output.print(f"{slip.place}: {slip.sentence}", markup=False)
    if found:
        notice(f"Training examples: {len(found)} to mend; docs/examples.md helps.")
        raise typer.Exit(1)
    notice(f"Training examples: {len(examples.examples)}, good")
