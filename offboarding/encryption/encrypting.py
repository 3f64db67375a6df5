"""Going through the rows of encrypted columns: sealing what is in clear, marking anew.

In batches of their own transactions. It can be ended at any point and begun again: what was done
stays done. Others may write meanwhile: a row that they changed is theirs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from offboarding import clock
from offboarding.database import Base, Database
from offboarding.encryption.columns import Encrypted
from offboarding.encryption.errors import (
    DataTamperedError,
    KeyDestroyedError,
    KeyMissingError,
)
from offboarding.encryption.keyring import PREFIX, Keyring
from offboarding.encryption.model import SealedColumn
from offboarding.encryption.writing import encrypted_columns
from offboarding.errors import ConfigurationError

ROWS_AT_ONCE = 500
ROWS_TRIED = 20
"""Of these one that can be read tells whether the key of the marks is the right one."""
Columns = tuple[tuple[str, Encrypted[Any]], ...]
Row = Mapping[str, Any]
Leaving = Callable[[Session], Collection[str]]
"""The owners whose keys are about to be destroyed, asked for after rows were read."""
Change = Callable[[Session, Keyring, Columns, Row], Row]


def seal_rows(database: Database, leaving: Leaving, *, again: bool = False) -> int:
    """Seal what is kept in clear; how many rows had any.

    A column is gone through once, or `again`: rows may have been loaded past the application. What
    an erasure left in clear stays so, for those who are `leaving`, too: it would be lost with
    their keys.
    """
    sealed = 0
    for mapper, columns in _encrypted():
        places = {kind.place for _, kind in columns}
        with database.read() as session:
            known = set(session.scalars(sa.select(SealedColumn.place)))
        if places <= known and not again:
            continue
        sealed += _go_through(database, mapper, columns, _sealed, leaving)
        with database.write() as session:
            for place in sorted(places):
                session.merge(SealedColumn(place=place, finished_at=clock.now()))
    return sealed


def mark_rows(database: Database) -> int:
    """Make the marks for look-ups anew, with the key that is set now; how many rows changed."""
    changed = 0
    for mapper, columns in _encrypted():
        marked = tuple(each for each in columns if each[1].mark is not None)
        if marked:
            changed += _go_through(database, mapper, marked, _marked, _nobody)
    return changed


def check_keys(database: Database) -> None:
    """Raises ConfigurationError or KeyMissingError when the keys that are set are not the data's.

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


def _raw(mapper: Mapper[Any], columns: Columns) -> sa.TableClause:
    """The table as the database has it, with nothing opened or sealed on the way."""
    keys = [column.name for column in mapper.primary_key]
    owners = [kind.owner for _, kind in columns]
    marks = [kind.mark for _, kind in columns if kind.mark is not None]
    values = [name for name, _ in columns]
    names = dict.fromkeys([*keys, *owners, *marks, *values])
    known = mapper.local_table.c
    return sa.table(
        mapper.local_table.description,
        *(sa.column(name, sa.Text() if name in values else known[name].type) for name in names),
    )


def _nobody(_session: Session) -> Collection[str]:
    return ()


def _go_through(
    database: Database, mapper: Mapper[Any], columns: Columns, change: Change, leaving: Leaving
) -> int:
    table, changed = _raw(mapper, columns), 0
    keys = [table.c[column.name] for column in mapper.primary_key]
    last: tuple[Any, ...] | None = None
    while True:
        wanted = sa.select(*table.c).order_by(*keys).limit(ROWS_AT_ONCE)
        if last is not None:
            wanted = wanted.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, last)))
        with database.write() as session:
            rows = [row._asdict() for row in session.execute(wanted)]
            database.keyring.fetch({str(row[kind.owner]) for row in rows for _, kind in columns})
            # After the rows, never before: an erasure in between has changed them by now.
            left = leaving(session)
            for row in rows:
                stay = tuple(each for each in columns if str(row[each[1].owner]) not in left)
                values = change(session, database.keyring, stay, row)
                if values:
                    changed += _changed(session, table, keys, row, values)
        if len(rows) < ROWS_AT_ONCE:
            return changed
        last = tuple(rows[-1][key.name] for key in keys)


def _changed(
    session: Session, table: sa.TableClause, keys: list[Any], row: Row, values: Row
) -> bool:
    """Whether the row was as it had been read, and is changed."""
    same = [key == row[key.name] for key in keys]
    same += [table.c[name].is_not_distinct_from(row[name]) for name in values]
    done = session.execute(sa.update(table).where(*same).values(dict(values)))
    return bool(getattr(done, "rowcount", 0))


def _sealed(session: Session, keyring: Keyring, columns: Columns, row: Row) -> Row:
    """What is in clear, sealed, and its marks. What an erasure left tells nothing, and stays."""
    values: dict[str, Any] = {}
    for name, kind in columns:
        value = row[name]
        if not value and kind.mark is not None:
            values[kind.mark] = None
        if not value or value.startswith(PREFIX):
            continue
        owner_id = str(row[kind.owner])
        if kind.mark is not None:
            values[kind.mark] = keyring.mark(kind.place, value)
        try:
            keyring.ensure(owner_id, session.connection())
        except KeyDestroyedError:
            continue
        values[name] = keyring.seal(kind.place, owner_id, value)
    return {name: value for name, value in values.items() if value != row[name]}


def _marked(_session: Session, keyring: Keyring, columns: Columns, row: Row) -> Row:
    values: dict[str, Any] = {}
    for name, kind in columns:
        mark = _mark_of(keyring, kind, row[name])
        if kind.mark is not None and row[kind.mark] != mark:
            values[kind.mark] = mark
    return values


def _mark_of(keyring: Keyring, kind: Encrypted[Any], value: str | None) -> str | None:
    """The mark that a column's value should have; None where it has none, or can't be read."""
    if value and value.startswith(PREFIX):
        value = keyring.open(kind.place, value)[1]
    return keyring.mark(kind.place, value) if value else None


def _some_marked(
    database: Database, mapper: Mapper[Any], name: str, kind: Encrypted[Any]
) -> Sequence[sa.Row[Any]]:
    """Some sealed values of a column, each with its mark; none where it has no marks."""
    if kind.mark is None:
        return ()
    table = _raw(mapper, ((name, kind),))
    mark = table.c[kind.mark]
    # What was written in clear past the application may have the mark of what it was before.
    sealed = table.c[name].startswith(PREFIX, autoescape=True)
    wanted = sa.select(table.c[name], mark).where(mark.is_not(None), sealed).limit(ROWS_TRIED)
    with database.read() as session:
        return session.execute(wanted).all()
