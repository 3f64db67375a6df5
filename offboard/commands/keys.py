"""`offboard keys`: the keys under which customers' data are encrypted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table

import offboard.tables  # noqa: F401 (so that every encrypted column is known)
from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.opening import opened, told_when_unreadable
from offboarding.database import Database
from offboarding.encryption import encrypting
from offboarding.encryption.keys import first_keys, new_key
from offboarding.erasure import service as erasure

application = typer.Typer(
    no_args_is_help=True, help="The keys under which customers' data are encrypted."
)


@application.command()
def new(
    name: Annotated[
        str | None,
        typer.Argument(help="What to call it, such as 2027; without one, all that is needed."),
    ] = None,
) -> None:
    """Print random keys for OFFBOARD_DATA_KEYS. Nothing is changed."""
    output.print(f"{name}={new_key()}" if name else first_keys(), markup=False, soft_wrap=True)


@application.command()
def status() -> None:
    """Whether the keys that are set open what is kept, and how many keys each of them wraps."""
    with _open() as database:
        encrypting.check_keys(database)
        held, names = database.keyring.holdings(), database.keyring.wrapping_names
    table = Table("Key", "Wraps", "", box=None)
    for name in names:
        first = "wraps what is made now" if name == names[0] else ""
        table.add_row(name, f"{held.by_wrapping.get(name, 0):,}", first)
    output.print(table)
    output.print(f"Destroyed, with what they opened: {held.destroyed:,}")


@application.command()
def rotate() -> None:
    """Wrap all keys with the first of OFFBOARD_DATA_KEYS, so that the others can be taken out.

    Customers' data stay as they are. It can be ended, and begun again, at any time.
    """
    with _open() as database:
        encrypting.check_keys(database)
        count, first = database.keyring.rotate(), database.keyring.wrapping_names[0]
    notice(f"{_keys(count)} wrapped anew; {first} wraps all of them now.")


@application.command()
def encrypt() -> None:
    """Encrypt what is in clear: rows that were loaded past the application."""
    with _open() as database:
        encrypting.check_keys(database)
        erasure.destroy_all_keys(database)
        count = encrypting.seal_rows(database, erasure.whose_keys_are_left, again=True)
    notice(
        f"{_rows(count)} encrypted; nothing is in clear in the columns that are to be encrypted."
    )


@application.command()
def index() -> None:
    """Make the marks by which customers are found anew, once the key `index` was changed."""
    with _open() as database:
        database.keyring.check()
        count = encrypting.mark_rows(database)
    notice(f"{_rows(count)} marked anew.")


@contextmanager
def _open() -> Iterator[Database]:
    with opened(load_settings()) as database, told_when_unreadable():
        yield database


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count:,} keys"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
