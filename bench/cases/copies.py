"""Copies of cases that wait, straight into the tables: a hundred thousand real ones take hours."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from offboard import tables
from offboarding.database import Database

COPIED = (
    "account",
    "customer",
    "subscription",
    "off_boarding_case",
    "off_boarding_step",
    "task",
    "ledger_entry",
    "receipt",
)
"""What a case that waits consists of, parents before children. What was logged of it is read by
nothing that waits."""
_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


def multiply(database: Database, times: int) -> None:
    """Have so many times as many cases wait as there are, each with all that it consists of.

    The rows are copied as they are kept, with identifiers of their own: what is encrypted in them
    could not be opened, and is not while they wait.
    """
    with database.engine.begin() as connection:
        for name in COPIED:
            everything = sa.select(sa.text("*")).select_from(sa.table(name))
            rows = [dict(row) for row in connection.execute(everything).mappings()]
            if not rows:
                continue
            columns = list(rows[0])
            places = ", ".join("?" for _ in columns)
            insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
            unique = _unique(name)
            for number in range(1, times):
                copies = [tuple(_copied(row, number, unique)) for row in rows]
                connection.exec_driver_sql(insert, copies)


def _copied(row: dict[str, Any], number: int, unique: set[str]) -> Iterator[Any]:
    for column, value in row.items():
        if not isinstance(value, str):
            yield value
        elif _IDENTIFIER.search(value):
            yield _IDENTIFIER.sub(lambda match: _other(match[0], number), value)
        else:
            yield _other(value, number)[:16] if column in unique else value


def _other(value: str, number: int) -> str:
    return hashlib.md5(f"{value} {number}".encode(), usedforsecurity=False).hexdigest()


def _unique(name: str) -> set[str]:
    """Columns of which no two rows have the same value."""
    table = tables.metadata.tables[name]
    found = {column.name for column in table.columns if column.unique}
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            found |= {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique:
            found |= {column.name for column in index.columns}
    return found
