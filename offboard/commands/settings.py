"""`offboard settings`: every setting, its meaning, its default and whether it is set."""

import re
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from offboard.configuration import is_secret, load_settings, variables
from offboard.console import output
from offboarding.settings import REPOSITORY, Settings

application = typer.Typer()

EXAMPLE_HEAD = """\
# Copy this file to .env and take the # off the lines that you change.
# A variable of the environment wins over this file. `offboard settings` shows what is in force.
"""


@application.command()
def settings(
    *,
    example: Annotated[
        bool, typer.Option("--example", help="Print a .env file with every setting instead.")
    ] = False,
) -> None:
    """Show every setting: meaning, value in force, and whether it is set. Secrets stay hidden."""
    if example:
        output.print(example_file(), markup=False, end="")
        return
    current = load_settings()
    for name, field in Settings.model_fields.items():
        source = "set" if name in current.model_fields_set else "default"
        value = _shown(field, getattr(current, name))
        also = "".join(f", or {other}" for other in variables(name)[1:])
        output.print(f"{variables(name)[0]}{also}", style="bold", markup=False)
        output.print(f"    {value}  [{source}]", markup=False)
        output.print(f"    {field.description}", style="dim", markup=False)


def example_file() -> str:
    """The text of `.env.example`."""
    parts = [EXAMPLE_HEAD]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        parts.append(f"# {field.description}\n# {variables(name)[0]}={_plain(default)}\n")
    return "\n".join(parts)


def _shown(field: FieldInfo, value: Any) -> str:
    if is_secret(field):
        return "(hidden)" if value is not None else "(none)"
    # A database's address may hold its password.
    return re.sub(r"://([^:/@]*):[^@]*@", r"://\1:(hidden)@", _plain(value)) or "(empty)"


def _plain(value: Any) -> str:
    if value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    # The folders beside the code are named from there, which is right on every machine.
    return str(value).replace(f"{REPOSITORY}/", "")
