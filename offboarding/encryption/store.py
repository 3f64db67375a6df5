"""Where the keys of persons and conversations are kept, each wrapped.

A store of its own, with its own short transactions: a key is durably there before anything is
encrypted with it, and copies of the data and of the keys can be held apart.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from offboarding import clock
from offboarding.errors import ConfigurationError

AT_ONCE = 500
"""How many keys are asked for in one query."""
_TABLES = sa.MetaData()
_KEYS = sa.Table(
    "personal_key",
    _TABLES,
    sa.Column("owner_id", sa.String(64), primary_key=True),
    sa.Column("wrapped_key", sa.LargeBinary),  # None once it was destroyed
    sa.Column("wrapped_by", sa.String(32), index=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("destroyed_at", sa.DateTime(timezone=True)),
)
"""The row of a destroyed key stays: so it is told from one that was lost, and never made anew."""


@dataclass(frozen=True)
class StoredKey:
    """A key as it is kept; `wrapped` is None once it was destroyed."""

    wrapped: bytes | None
    wrapped_by: str


@dataclass(frozen=True)
class Holdings:
    """How many keys there are under each wrapping key, and how many were destroyed."""

    by_wrapping: Mapping[str, int]
    destroyed: int


def beside(database: URL) -> URL:
    """Where the keys are by default: a file beside a SQLite database, or else in the database."""
    if database.get_backend_name() != "sqlite" or not database.database:
        return database
    path = Path(database.database)
    return database.set(database=str(path.with_name(f"{path.stem}-keys{path.suffix}")))


class KeyStore:
    """The table of keys, over connections of its own. Opened when it is first needed."""

    def __init__(self, url: URL, setting: str = "OFFBOARD_KEYS_DATABASE_URL") -> None:
        """`setting` is the one to mend where the store can't be used."""
        self._url = url
        self._setting = setting
        self._opening = Lock()
        self._opened: sa.Engine | None = None
        # Memory is one connection, which one thread at a time may use.
        in_memory = url.get_backend_name() == "sqlite" and not url.database
        self._turn: AbstractContextManager[object] = RLock() if in_memory else nullcontext()

    def open(self) -> None:
        """Make the table if there is none. Raises ConfigurationError naming the setting."""
        try:
            with self._reading():
                pass
        except (DBAPIError, OSError) as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise ConfigurationError(
                f"The store of customers' keys cannot be used ({reason}); check {self._setting}, "
                "and that its server runs and its disk is not full."
            ) from None

    def find(self, owner_ids: Collection[str]) -> dict[str, StoredKey]:
        """The keys of these owners, as far as there are any."""
        found: dict[str, StoredKey] = {}
        with self._reading() as connection:
            for some in _some_at_once(owner_ids):
                rows = connection.execute(
                    sa.select(_KEYS.c.owner_id, _KEYS.c.wrapped_key, _KEYS.c.wrapped_by).where(
                        _KEYS.c.owner_id.in_(some)
                    )
                )
                found |= {row.owner_id: StoredKey(row.wrapped_key, row.wrapped_by) for row in rows}
        return found

    def add(self, wrapped: Mapping[str, bytes], by: str) -> dict[str, StoredKey]:
        """Keep the keys of owners; those that count, where another process was faster."""
        kept: dict[str, StoredKey] = {}
        beaten: list[str] = []
        with self._writing() as connection:
            insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
            for some in _some_at_once(wrapped):
                rows = [
                    {
                        "owner_id": each,
                        "wrapped_key": wrapped[each],
                        "wrapped_by": by,
                        "created_at": clock.now(),
                    }
                    for each in some
                ]
                added = connection.execute(insert(_KEYS).values(rows).on_conflict_do_nothing())
                kept |= {each: StoredKey(wrapped[each], by) for each in some}
                if added.rowcount < len(some):
                    beaten += some
        return kept | self.find(beaten) if beaten else kept

    def destroy(self, owner_ids: Collection[str]) -> int:
        """Make what these keys opened unreadable for good; how many there were to destroy.

        Harmless when it was done before. An owner who never had a key gets none afterwards.
        """
        destroyed = 0
        with self._writing() as connection:
            insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
            gone = {"wrapped_key": None, "wrapped_by": None, "destroyed_at": clock.now()}
            for some in _some_at_once(sorted(set(owner_ids))):
                held = _KEYS.c.owner_id.in_(some) & _KEYS.c.wrapped_key.is_not(None)
                destroyed += connection.execute(sa.update(_KEYS).where(held).values(gone)).rowcount
                rows = [{"owner_id": each, "created_at": clock.now(), **gone} for each in some]
                connection.execute(insert(_KEYS).on_conflict_do_nothing(), rows)
        self._forget_old_pages()
        return destroyed

    def forget_destroyed(self) -> None:
        """Take out the rows of destroyed keys, so that their owners can have keys again."""
        with self._writing() as connection:
            connection.execute(sa.delete(_KEYS).where(_KEYS.c.wrapped_key.is_(None)))

    def under_others(self, than: str, most: int = AT_ONCE) -> list[tuple[str, StoredKey]]:
        """Some of the keys that another key wraps."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(_KEYS.c.owner_id, _KEYS.c.wrapped_key, _KEYS.c.wrapped_by)
                .where(_KEYS.c.wrapped_key.is_not(None), _KEYS.c.wrapped_by != than)
                .limit(most)
            )
            return [(row.owner_id, StoredKey(row.wrapped_key, row.wrapped_by)) for row in rows]

    def one_under(self, name: str) -> tuple[str, StoredKey] | None:
        """A key that this key wraps, to try it with."""
        with self._reading() as connection:
            row = connection.execute(
                sa.select(_KEYS.c.owner_id, _KEYS.c.wrapped_key)
                .where(_KEYS.c.wrapped_by == name)
                .limit(1)
            ).first()
        return None if row is None else (row.owner_id, StoredKey(row.wrapped_key, name))

    def replace(self, rewrapped: Sequence[tuple[str, bytes, bytes]], by: str) -> None:
        """Keep keys wrapped anew: owner, as it was, as it is now. What changed meanwhile stays."""
        with self._writing() as connection:
            for owner_id, before, now in rewrapped:
                connection.execute(
                    sa.update(_KEYS)
                    .where(_KEYS.c.owner_id == owner_id, _KEYS.c.wrapped_key == before)
                    .values(wrapped_key=now, wrapped_by=by)
                )
        self._forget_old_pages()

    def holdings(self) -> Holdings:
        """How many keys there are."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(_KEYS.c.wrapped_by, sa.func.count()).group_by(_KEYS.c.wrapped_by)
            )
            counted = {name: count for name, count in rows}  # noqa: C416 (of rows, not tuples)
        destroyed = counted.pop(None, 0)
        return Holdings(dict(sorted(counted.items())), destroyed)

    def close(self) -> None:
        """Close every connection."""
        if self._opened is not None:
            self._opened.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._turn, self._engine().connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._turn, self._engine().begin() as connection:
            yield connection

    def _engine(self) -> sa.Engine:
        with self._opening:
            if self._opened is None:
                self._opened = _engine_of(self._url)
                _make_tables(self._opened)
            return self._opened

    def _forget_old_pages(self) -> None:
        """SQLite's log holds pages as they were, until it is written back and cut off."""
        engine = self._engine()
        if engine.dialect.name == "sqlite":
            with self._turn, engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _engine_of(url: URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, pool_size=10, max_overflow=30, hide_parameters=True)
    else:
        engine = sa.create_engine(
            url,
            poolclass=sa.StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        # A key has to outlive the machine's fall before what it encrypts is written: the database
        # of the data may lose its last commits, the keys may not.
        "synchronous=FULL",
        "secure_delete=ON",  # what was destroyed is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _make_tables(engine: sa.Engine) -> None:
    try:
        _TABLES.create_all(engine)
    except (IntegrityError, OperationalError, ProgrammingError):
        # Another process made them in this instant; if that was not it, this says so again.
        _TABLES.create_all(engine)


def _some_at_once(owner_ids: Collection[str]) -> Iterator[list[str]]:
    left = iter(owner_ids)
    while some := list(islice(left, AT_ONCE)):
        yield some
