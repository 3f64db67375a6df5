"""`offboard dialogue`: whether the dialogue traps anybody."""

import time
from typing import Annotated

import typer

from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.proof import drawing
from offboard.proof.proving import prove as walk_all
from offboard.proof.report import report, walked
from offboarding.errors import ConfigurationError
from offboarding.settings import REPOSITORY

application = typer.Typer(no_args_is_help=True, help="Ask whether the dialogue traps anybody.")

DEPTH = 6
QUICK_DEPTH = drawing.DRAWN_DEPTH
PAGE = REPOSITORY / "docs" / "dialogue.md"


@application.callback()
def describe() -> None:
    """Ask whether the dialogue traps anybody."""


@application.command()
def prove(
    *,
    depth: Annotated[int, typer.Option(min=1, help="Turns of the longest talks.")] = DEPTH,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Talks of {QUICK_DEPTH} turns, in half a minute.")
    ] = False,
    carried: Annotated[
        int, typer.Option(min=0, help="Things beside the way that a talk carries along.")
    ] = 0,
    draw: Annotated[
        bool, typer.Option("--draw", help="Write docs/dialogue.md anew from what was walked.")
    ] = False,
) -> None:
    """Walk every talk with the trained bot and the real actions, and check every turn.

    Fails when a promise is broken, or when docs/dialogue.md shows another dialogue. What is
    promised, and what to do when it is not kept: docs/proof.md.
    """
    length = QUICK_DEPTH if quick else depth
    start = time.monotonic()
    outcomes = walk_all(load_settings(), length, carried, lambda outcome: notice(walked(outcome)))
    for line in report(outcomes, length, carried, time.monotonic() - start):
        output.print(line, markup=False)
    page = drawing.page(each for outcome in outcomes for each in outcome.passages)
    if draw:
        PAGE.write_text(page, encoding="utf-8")
    elif length >= QUICK_DEPTH:
        _check_drawing(page)
    if any(outcome.broken for outcome in outcomes):
        raise typer.Exit(1)


def _check_drawing(page: str) -> None:
    """Raises ConfigurationError when the page in docs/ shows another dialogue."""
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        raise ConfigurationError(
            f"{PAGE.relative_to(REPOSITORY)} shows another dialogue than was walked: "
            "`offboard dialogue prove --quick --draw` draws it anew."
        )
