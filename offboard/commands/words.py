"""`offboard words`: holds what customers read against the rules of words."""

from pathlib import Path
from typing import Annotated

import typer

from offboard.console import output
from offboard.words.check import check_repository
from offboard.words.report import page, report
from offboarding.settings import REPOSITORY

application = typer.Typer(no_args_is_help=True, help="Check the words that customers read.")


@application.command()
def check(
    *,
    domain: Annotated[Path, typer.Option(help="Another domain.yml.")] = REPOSITORY / "domain.yml",
) -> None:
    """Name every text that breaks a rule: file, line, rule, why it matters, and the mend."""
    found = check_repository(domain)
    for line in report(found):
        output.print(line, markup=False)
    if found.findings:
        raise typer.Exit(1)


@application.command()
def rules() -> None:
    """Print every rule with its reason, as docs/words.md has it."""
    output.print(page(), markup=False, end="")
