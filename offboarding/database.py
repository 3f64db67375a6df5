"""The database: engine, sessions, and the column types that every table shares."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session

from offboarding.encryption.keyring import Keyring
from offboarding.encryption.keys import DataKeys
from offboarding.encryption.store import KeyStore, beside
from offboarding.encryption.writing import listen_to
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

Made = TypeVar("Made")
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
IDENTIFIER = sa.String(36)
"""Type of every identifier: 32 hexadecimal digits, or a page visit's `page-` and those."""

MARK = sa.String(64)
"""Type of a blind index: see `offboarding.encryption.keys.DataKeys.mark`."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant, kept in UTC. Refuses a time without zone rather than guess one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC, on the way in. Raises ValueError without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone, got {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """To an aware instant, on the way out; SQLite forgets the zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def enumeration(kind: type[StrEnum], length: int = 24) -> sa.Enum:
    """A column type that keeps an enumeration by its values, as text, on every database."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime(),
        dict[str, Any]: sa.JSON(none_as_null=True),
        list[Any]: sa.JSON(none_as_null=True),
    }


listen_to(Base)


def new_identifier() -> str:
    """A fresh identifier that nobody can guess."""
    return uuid.uuid4().hex


def hold_alone(session: Session, what: str) -> None:
    """Let nobody else hold `what` until this transaction ends; wait for whoever holds it now.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(what, 0))))


def driver_url(url: str) -> URL:
    """The address with the driver this application uses (psycopg 3 for PostgreSQL)."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def make_engine(url: str) -> sa.Engine:
    """An engine whose transactions are serial on SQLite.

    SQLite gets WAL and BEGIN IMMEDIATE: with its default deferred begin, a read followed by a
    write loses updates. A session of `Database.read` begins deferred and does not block writers.

    `sqlite://` is a database in memory, over one connection: for one talk at a time, as in proofs.

    Errors name the statement and not its values, which may be customers' words and addresses.
    """
    parsed = driver_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(
            parsed, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True
        )
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, pool_size=10, max_overflow=30, hide_parameters=True)
    else:
        # Another connection would see another, empty database.
        engine = sa.create_engine(
            parsed,
            poolclass=sa.StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _store_of(database: URL, keys_url: str) -> KeyStore:
    """Where customers' keys are kept. Raises ConfigurationError where they can't be there."""
    if not keys_url:
        return KeyStore(beside(database), "OFFBOARD_DATABASE_URL")
    store = _named("OFFBOARD_KEYS_DATABASE_URL", driver_url, keys_url)
    if store.get_backend_name() == "sqlite":
        if not store.database:
            raise ConfigurationError(
                "OFFBOARD_KEYS_DATABASE_URL is a database in memory, with which all keys of "
                "customers would be lost: name a file, or leave it out."
            )
        if (
            database.database
            and Path(store.database).resolve() == Path(database.database).resolve()
        ):
            raise ConfigurationError(
                "OFFBOARD_KEYS_DATABASE_URL is the database of the data itself, and SQLite lets "
                "one write at a time: name another file, or leave it out for one beside it."
            )
    return KeyStore(store)


def _named(setting: str, read: Callable[[str], Made], url: str) -> Made:
    """What is made of an address. Raises ConfigurationError naming its setting."""
    try:
        if make_url(url).database == ":memory:":
            raise ConfigurationError(
                f"{setting} is a database in memory, of which each connection would have its own: "
                "name a file."
            )
        return read(url)
    except ArgumentError:
        raise ConfigurationError(
            f"{setting} is not a database's address; postgresql://user@host/name is one."
        ) from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=30000",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what was erased or was in clear is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class Database:
    """Hands out sessions, one transaction each.

    `keys` encrypt what is kept of customers; `keys_url` is where each customer's own key is kept,
    if not where it is by default: see `offboarding.encryption.store.beside`.
    """

    def __init__(self, url: str, keys: DataKeys, keys_url: str = "") -> None:
        """Nothing is connected yet. Raises ConfigurationError for an address that can't be used."""
        self.engine = _named("OFFBOARD_DATABASE_URL", make_engine, url)
        self.keyring = Keyring(keys, _store_of(self.engine.url, keys_url))
        self.keyring.serve(self.engine.dialect)
        self._reading = self.engine.execution_options(read_only=True)
        # SQLite has one writer at a time, and who waits for it sleeps in growing steps. Threads of
        # this process wait for each other here instead, and are woken at once.
        self._turn: AbstractContextManager[object] = (
            RLock() if self.engine.dialect.name == "sqlite" else nullcontext()
        )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed at the end, or all undone on an error."""
        with (
            self._turn,
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only; what it changes is thrown away."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self.keyring.close()


def open_database(settings: Settings) -> Database:
    """The business database. Raises ConfigurationError when its keys are not set."""
    return Database(settings.database, settings.personal_data_keys, settings.keys_database_url)
