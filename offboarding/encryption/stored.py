"""Tables with encrypted columns as the database has them, with nothing opened or sealed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, Session

from offboarding.encryption.columns import Encrypted
from offboarding.encryption.errors import SameValueError
from offboarding.encryption.keyring import PREFIX, Keyring
from offboarding.errors import ConfigurationError

Columns = tuple[tuple[str, Encrypted[Any]], ...]
Row = Mapping[str, Any]
Changes = Sequence[tuple[dict[str, Any], Row]]
"""Rows as they were read, each with what is to be changed in it."""


@dataclass(frozen=True)
class StoredTable:
    """One table, or some of its encrypted columns with their owners and marks."""

    table: sa.TableClause
    keys: tuple[sa.ColumnClause[Any], ...]
    columns: Columns
    unique: frozenset[str]
    """The marks that no two rows may have."""

    @classmethod
    def of(cls, mapper: Mapper[Any], columns: Columns) -> "StoredTable":
        """The table of a mapped class."""
        keys = [column.name for column in mapper.primary_key]
        owners = [kind.owner for _, kind in columns]
        marks = [kind.mark for _, kind in columns if kind.mark is not None]
        values = [name for name, _ in columns]
        names = dict.fromkeys([*keys, *owners, *marks, *values])
        known = mapper.local_table.c
        table = sa.table(
            mapper.local_table.description,
            *(sa.column(name, sa.Text() if name in values else known[name].type) for name in names),
        )
        unique = frozenset(mark for mark in marks if known[mark].unique)
        return cls(table, tuple(table.c[key] for key in keys), columns, unique)

    def key(self, row: Row) -> tuple[Any, ...]:
        """What tells a row from the others."""
        return tuple(row[key.name] for key in self.keys)

    def after(self, last: Row | None, most: int) -> sa.Select[Any]:
        """Some rows in the order of their keys, from the one after `last`."""
        wanted = sa.select(*self.table.c).order_by(*self.keys).limit(most)
        if last is None:
            return wanted
        return wanted.where(sa.tuple_(*self.keys) > sa.tuple_(*map(sa.literal, self.key(last))))

    def change(self, session: Session, row: Row, values: Row) -> bool:
        """Whether the row was as it had been read, and is changed."""
        same = [key == row[key.name] for key in self.keys]
        same += [self.table.c[name].is_not_distinct_from(row[name]) for name in values]
        try:
            done = session.execute(sa.update(self.table).where(*same).values(dict(values)))
        except IntegrityError as error:
            reason = str(error.orig or error).strip().splitlines()[0]
            raise ConfigurationError(
                f"A row of {self.table.name} was written by somebody else at this moment "
                f"({reason}): start this again."
            ) from None
        return bool(getattr(done, "rowcount", 0))

    def make_way(self, session: Session, keyring: Keyring, changes: Changes) -> None:
        """Take unique marks that are about to be set from rows whose value is another by now.

        Raises SameValueError where a row has the value itself.
        """
        for name, kind in self.columns:
            if kind.mark not in self.unique:
                continue
            taking = self._taking(kind.place, kind.mark, changes)
            held = self.table.c[kind.mark].in_(taking)
            holders = session.execute(sa.select(*self.table.c).where(held)).all() if taking else []
            for holder in (found._asdict() for found in holders):
                mark = holder[kind.mark]
                if _has(keyring, kind.place, holder[name], mark):
                    raise SameValueError(kind.place, *self._named(taking[mark], holder))
                self.change(session, holder, {kind.mark: None})
                for row, _ in changes:
                    if self.key(row) == self.key(holder):
                        row[kind.mark] = None

    def _taking(self, place: str, mark: str, changes: Changes) -> dict[str, Row]:
        """The marks that are about to be set, each with its row. Raises SameValueError."""
        taking: dict[str, Row] = {}
        for row, values in changes:
            wanted = values.get(mark)
            if wanted in taking:
                raise SameValueError(place, *self._named(taking[wanted], row))
            if wanted is not None:
                taking[wanted] = row
        return taking

    def _named(self, one: Row, other: Row) -> Iterator[str]:
        """How two rows are named to operators: by their keys, in a steady order."""
        return iter(sorted("/".join(map(str, self.key(row))) for row in (one, other)))


def _has(keyring: Keyring, place: str, value: str | None, mark: str) -> bool:
    """Whether a value is what its mark says. Of what is sealed it always is."""
    if not value:
        return False
    return value.startswith(PREFIX) or keyring.mark(place, value) == mark
