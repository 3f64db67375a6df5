"""Going through the rows of encrypted columns: sealing what is in clear, marking anew.

In batches of their own transactions. It can be ended at any point and begun again: what was done
stays done. Others may write meanwhile: a row that they changed is theirs.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from offboarding import clock
from offboarding.database import Base, Database, hold_alone
from offboarding.encryption.columns import Encrypted
from offboarding.encryption.errors import (
    DataTamperedError,
    KeyMissingError,
)
from offboarding.encryption.keyring import PREFIX, Keyring
from offboarding.encryption.model import SealedColumn
from offboarding.encryption.stored import Columns, Row, StoredTable
from offboarding.encryption.writing import encrypted_columns
from offboarding.errors import ConfigurationError

ROWS_AT_ONCE = 500
ROWS_TRIED = 20
"""Of these one that can be read tells whether the key of the marks is the right one."""
Leaving = Callable[[Session], Collection[str]]
"""The owners whose keys are about to be destroyed, asked for after rows were read."""
Change = Callable[[Session, Columns, Sequence[Row]], list[Row]]
"""What is to be changed in each of some rows."""


def seal_rows(database: Database, leaving: Leaving, *, again: bool = False) -> int:
    """Seal what is kept in clear; how many rows had any.

    A column is gone through once, or `again`: rows may have been loaded past the application. What
    an erasure left in clear stays so, for those who are `leaving`, too: it would be lost with
    their keys.
    """
    sealed, change = 0, partial(_sealed, database.keyring, leaving)
    for mapper, columns in _encrypted():
        places = {kind.place for _, kind in columns}
        with database.read() as session:
            known = set(session.scalars(sa.select(SealedColumn.place)))
        if places <= known and not again:
            continue
        sealed += _go_through(database, StoredTable.of(mapper, columns), change)
        with database.write() as session:
            hold_alone(session, SealedColumn.__tablename__)  # others may start at this moment, too
            for place in sorted(places):
                session.merge(SealedColumn(place=place, finished_at=clock.now()))
    return sealed


def mark_rows(database: Database) -> int:
    """Make the marks for look-ups anew, with the key that is set now; how many rows changed."""
    changed, change = 0, partial(_marked, database.keyring)
    for mapper, columns in _encrypted():
        marked = tuple(each for each in columns if each[1].mark is not None)
        if marked:
            changed += _go_through(database, StoredTable.of(mapper, marked), change)
    return changed


def check_keys(database: Database) -> None:
    """Raises ConfigurationError or UnreadableError when the keys that are set are not the data's.

    A row is tried for each wrapping key, and some for the marks. That single keys are missing, as
    from an older copy of their store, keeps nobody out whose key is there.
    """
    database.keyring.check()
    missing, opened = None, False
    for mapper, columns in _encrypted():
        for name, kind in columns:
            for value, found in _some_marked(database, mapper, name, kind):
                try:
                    right = _mark_of(database.keyring, kind, value)
                except (KeyMissingError, DataTamperedError) as error:
                    missing = missing or error
                    continue
                if right is None:
                    continue  # of those whose key was destroyed nothing can be said
                if right != found:
                    raise ConfigurationError(
                        "The key `index` of OFFBOARD_DATA_KEYS is not the one by which customers "
                        "are found: put back the one that it was. If it is lost, `offboard keys "
                        "index` goes through all rows with the new one (docs/operate.md)."
                    )
                opened = True
                break
    if missing is not None and not opened:
        raise missing


def _encrypted() -> Iterator[tuple[Mapper[Any], Columns]]:
    """Every mapped class with encrypted columns, in the order of their tables' names."""
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.local_table.description):
        columns = encrypted_columns(mapper)
        if columns:
            yield mapper, columns


def _go_through(database: Database, stored: StoredTable, change: Change) -> int:
    changed, last = 0, None
    while True:
        with database.write() as session:
            wanted = stored.after(last, ROWS_AT_ONCE)
            rows = [row._asdict() for row in session.execute(wanted)]
            changes = list(zip(rows, change(session, stored.columns, rows), strict=True))
            stored.make_way(session, database.keyring, changes)
            changed += sum(stored.change(session, *each) for each in changes if each[1])
        if len(rows) < ROWS_AT_ONCE:
            return changed
        last = rows[-1]


def _sealed(
    keyring: Keyring, leaving: Leaving, session: Session, columns: Columns, rows: Sequence[Row]
) -> list[Row]:
    """What is in clear, sealed, and its marks. What an erasure left tells nothing, and stays."""
    # Asked after the rows were read, never before: an erasure in between has changed them by now.
    gone = set(leaving(session))
    owners = {
        str(row[kind.owner])
        for row in rows
        for name, kind in columns
        if row[name] and not row[name].startswith(PREFIX)
    }
    gone |= keyring.ensure_many(owners - gone, session.connection())
    return [
        _sealed_row(keyring, [each for each in columns if str(row[each[1].owner]) not in gone], row)
        for row in rows
    ]


def _sealed_row(keyring: Keyring, columns: Sequence[tuple[str, Encrypted[Any]]], row: Row) -> Row:
    values: dict[str, Any] = {}
    for name, kind in columns:
        value = row[name]
        if not value and kind.mark is not None:
            values[kind.mark] = None
        if not value or value.startswith(PREFIX):
            continue
        if kind.mark is not None:
            values[kind.mark] = keyring.mark(kind.place, value)
        values[name] = keyring.seal(kind.place, str(row[kind.owner]), value)
    return {name: value for name, value in values.items() if value != row[name]}


def _marked(
    keyring: Keyring, _session: Session, columns: Columns, rows: Sequence[Row]
) -> list[Row]:
    keyring.fetch({str(row[kind.owner]) for row in rows for _, kind in columns})
    marks = [
        {kind.mark: _mark_of(keyring, kind, row[name]) for name, kind in columns if kind.mark}
        for row in rows
    ]
    return [
        {name: mark for name, mark in each.items() if mark != row[name]}
        for row, each in zip(rows, marks, strict=True)
    ]


def _mark_of(keyring: Keyring, kind: Encrypted[Any], value: str | None) -> str | None:
    """The mark that a column's value should have; None where it has none, or can't be read."""
    if value and value.startswith(PREFIX):
        value = keyring.open(kind.place, value)[1]
    return keyring.mark(kind.place, value) if value else None


def _some_marked(
    database: Database, mapper: Mapper[Any], name: str, kind: Encrypted[Any]
) -> list[tuple[str, str]]:
    """Some sealed values of a column, each with its mark; none where it has no marks."""
    if kind.mark is None:
        return []
    table = StoredTable.of(mapper, ((name, kind),)).table
    mark = table.c[kind.mark]
    # What was written in clear past the application may have the mark of what it was before.
    sealed = table.c[name].startswith(PREFIX, autoescape=True)
    wanted = sa.select(table.c[name], mark).where(mark.is_not(None), sealed).limit(ROWS_TRIED)
    with database.read() as session:
        return [(row[0], row[1]) for row in session.execute(wanted)]
