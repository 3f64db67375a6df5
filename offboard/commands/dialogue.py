"""`offboard dialogue`: whether the dialogue traps anybody, and how it goes."""

import time
from typing import Annotated

import typer

from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.proof.drawing import page
from offboard.proof.proving import prove as walk_all
from offboard.proof.proving import sketch
from offboard.proof.report import report, walked
from offboarding.errors import ConfigurationError
from offboarding.settings import REPOSITORY

application = typer.Typer(no_args_is_help=True, help="Ask whether the dialogue traps anybody.")

DEPTH = 6
QUICK_DEPTH = 3
PAGE = REPOSITORY / "docs" / "dialogue.md"


@application.callback()
def describe() -> None:
    """Ask whether the dialogue traps anybody."""


@application.command()
def prove(
    *,
    depth: Annotated[int, typer.Option(min=1, help="Turns of the longest talks.")] = DEPTH,
    quick: Annotated[bool, typer.Option("--quick", help=f"Talks of {QUICK_DEPTH} turns.")] = False,
    carried: Annotated[
        int, typer.Option(min=0, help="Things beside the way that a talk carries along.")
    ] = 0,
) -> None:
    """Walk every talk with the trained bot and the real actions, and check every turn.

    Fails when a promise is broken. What is promised, and what to do then: docs/proof.md.
    """
    length = QUICK_DEPTH if quick else depth
    start = time.monotonic()
    outcomes = walk_all(load_settings(), length, carried, lambda outcome: notice(walked(outcome)))
    for line in report(outcomes, length, carried, time.monotonic() - start):
        output.print(line, markup=False)
    if any(outcome.broken for outcome in outcomes):
        raise typer.Exit(1)


@application.command()
def draw(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the page is right; fail if not.")
    ] = False,
) -> None:
    """Draw the dialogue in docs/dialogue.md: its questions, and what is heard between them."""
    drawn = page(sketch(load_settings()))
    name = PAGE.relative_to(REPOSITORY)
    if not check:
        PAGE.write_text(drawn, encoding="utf-8")
        notice(f"Drawn: {name}")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != drawn:
        raise ConfigurationError(
            f"{name} shows another dialogue than there is: `offboard dialogue draw` draws it anew."
        )
