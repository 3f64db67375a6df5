"""The `offboard` command: one module a subject, imported only when it is asked for.

A new subject is one line in SUBJECTS and a module here that has `application`, a `typer.Typer`.
"""

import errno
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from offboard.console import notice
from offboarding.errors import OffboardingError

SUBJECTS = (
    "run",
    "chat",
    "train",
    "nlu",
    "words",
    "dialogue",
    "settings",
    "case",
    "insights",
    "staff",
    "audit",
    "receipt",
    "policy",
    "slack",
    "sms",
    "export",
    "stripe",
    "access",
    "task",
    "keys",
    "migrate",
)
"""In the order of `offboard --help`."""


class Subjects(TyperGroup):
    """Finds a subject's commands in the module of its name, so that `chat` loads no database."""

    def list_commands(self, _context: Any) -> list[str]:
        """Name the subjects in the order of the table."""
        return list(SUBJECTS)

    def get_command(self, _context: Any, name: str) -> Any:
        """Load one subject; None when there is no such one."""
        if name not in SUBJECTS:
            return None
        module = importlib.import_module(f"offboard.commands.{name}")
        command = typer.main.get_command(module.application)
        command.name = name
        return command


FOR_OWNER_ONLY = 0o077
"""Database, keys, exports and logs concern customers: no other user of the machine reads them."""

application = typer.Typer(
    name="offboard",
    cls=Subjects,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@application.callback()
def describe(
    *,
    _trace: Annotated[
        bool, typer.Option("--trace", help="Show where in the code an error comes from.")
    ] = False,  # read in main(), which has no context
) -> None:
    """The off-boarding assistant: run it, talk to it, train it, look into it."""
    os.umask(FOR_OWNER_ONLY)


def main() -> None:
    """Run a command; what can be foreseen ends in one sentence, never in a trace."""
    try:
        application()
    except OffboardingError as error:
        if "--trace" in sys.argv[1:2]:
            raise
        notice(error.sentence)
    except BrokenPipeError:  # `offboard … | head`
        sys.stderr.close()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        notice("The disk is full: free some space and run this again.")
    sys.exit(1)
