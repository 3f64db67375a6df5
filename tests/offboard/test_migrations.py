"""The migrations make just the tables that the models describe, on both databases."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from offboard.commands.migrate import migrate_database
from offboard.tables import metadata
from offboarding.accounts.service import customer_by_email
from offboarding.audit import guards
from offboarding.database import Database, driver_url, make_engine
from offboarding.encryption import encrypting
from offboarding.encryption.columns import Encrypted
from offboarding.encryption.keyring import PREFIX
from offboarding.encryption.stored import StoredTable
from offboarding.erasure.service import whose_keys_are_left
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from tests.conftest import POSTGRES_VARIABLE
from tests.keys import KEYS


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = os.environ.get(POSTGRES_VARIABLE)
    if not server:
        pytest.skip(f"{POSTGRES_VARIABLE} is not set")
    name = f"offboard_migrations_{uuid.uuid4().hex[:12]}"
    maintenance = sa.create_engine(driver_url(server), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield driver_url(server).set(database=name).render_as_string(hide_password=False)
    with maintenance.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


def test_an_empty_database_gets_every_table_and_a_second_time_changes_nothing(
    empty_database: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=empty_database, data_directory=tmp_path)
    migrate_database(settings)
    migrate_database(settings)
    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = empty_database
    command.check(configuration)  # raises when models and migrations differ


def test_the_migrated_database_refuses_to_change_the_audit_log(
    empty_database: str, tmp_path: Path
) -> None:
    migrate_database(Settings(database_url=empty_database, data_directory=tmp_path))
    engine = make_engine(empty_database)
    with engine.connect() as connection:
        assert guards.unguarded(connection) == []
    engine.dispose()


@pytest.mark.parametrize("start", ["0001", "0002", "0003", "0004", "0005"])
def test_what_an_earlier_version_kept_is_there_afterwards(
    empty_database: str, tmp_path: Path, start: str
) -> None:
    """One row in every table, each hanging on those it refers to."""
    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = empty_database
    command.upgrade(configuration, start)
    before = filled(empty_database)
    migrate_database(Settings(database_url=empty_database, data_directory=tmp_path))
    database = Database(empty_database, KEYS)
    with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        for table, row in before.items():
            now = only_row(connection, table)
            assert row.items() <= opened(database, table, now, row).items()
    database.close()


def opened(
    database: Database, table: str, now: dict[str, Any], before: dict[str, Any]
) -> dict[str, Any]:
    """A row with what is encrypted by now as it was; each such value has to be."""
    row = dict(now)
    for column in metadata.tables[table].columns:
        if isinstance(column.type, Encrypted) and before.get(column.name):
            assert now[column.name].startswith(PREFIX), f"{table}.{column.name} is in clear"
            value = database.keyring.open(column.type.place, now[column.name])[1]
            known = before[column.name]
            row[column.name] = json.loads(value or "") if isinstance(known, dict) else value
    return row


def test_what_was_in_clear_is_encrypted_and_found_however_often_that_was_ended(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = empty_database
    command.upgrade(configuration, "0005")
    filled(empty_database)
    emails = [f"customer-{number}@example.org" for number in range(7)]
    engine = make_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET kind = 'consumer'"))
        table = sa.Table("customer", sa.MetaData(), autoload_with=connection)
        row = dict(connection.execute(table.select()).mappings().one())
        for email in emails:
            new = {"id": email, "external_id": email, "email": email, "full_name": "Amara Okafor"}
            connection.execute(table.insert(), {**row, **new})
    engine.dispose()
    settings = Settings(database_url=empty_database, data_directory=tmp_path)
    monkeypatch.setattr(encrypting, "ROWS_AT_ONCE", 2)
    kept = StoredTable.change
    for left in range(5):  # it ends at every row of the customers, and begins anew
        monkeypatch.setattr(StoredTable, "change", ending_after(left, kept))
        with pytest.raises(KeyboardInterrupt):
            migrate_database(settings)
    monkeypatch.setattr(StoredTable, "change", kept)
    migrate_database(settings)
    database = Database(empty_database, KEYS)
    assert encrypting.seal_rows(database, whose_keys_are_left) == 0
    assert encrypting.seal_rows(database, whose_keys_are_left, again=True) == 0
    encrypting.check_keys(database)
    with database.read() as session:
        assert not [
            value
            for value in session.scalars(
                sa.select(sa.column("email")).select_from(sa.text("customer"))
            )
            if not value.startswith(PREFIX)
        ]
        for email in emails:
            found = customer_by_email(session, email)
            assert found is not None
            assert (found.id, found.full_name) == (email, "Amara Okafor")
    database.close()


def test_two_addresses_that_differ_in_case_are_told_before_anything_is_changed(
    empty_database: str, tmp_path: Path
) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = empty_database
    command.upgrade(configuration, "0005")
    filled(empty_database)
    engine = make_engine(empty_database)
    with engine.begin() as connection:
        table = sa.Table("customer", sa.MetaData(), autoload_with=connection)
        row = dict(connection.execute(table.select()).mappings().one())
        for name, email in (("a", "amara@example.org"), ("b", "Amara@Example.org ")):
            new = {"id": name, "external_id": name, "email": email}
            connection.execute(table.insert(), {**row, **new})
    settings = Settings(database_url=empty_database, data_directory=tmp_path)
    with pytest.raises(ConfigurationError, match="The customers a and b have the same e-mail"):
        migrate_database(settings)
    with engine.begin() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
        assert found.scalar_one() == "0005"
        connection.execute(table.update().where(table.c.id == "b").values(email="b@example.org"))
    engine.dispose()
    migrate_database(settings)


def ending_after(rows: int, change: Callable[..., bool]) -> Callable[..., bool]:
    """Changes so many rows, and ends."""
    done = iter(range(rows))

    def changing(*given: Any) -> bool:
        if next(done, None) is None:
            raise KeyboardInterrupt
        return change(*given)

    return changing


def filled(url: str) -> dict[str, dict[str, Any]]:
    """Give every table a row; the rows by table, as the database has them."""
    engine = make_engine(url)
    known = sa.MetaData()
    rows: dict[str, dict[str, Any]] = {}
    with engine.begin() as connection:
        known.reflect(connection)
        for table in known.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = {column.name: value_for(column, rows) for column in table.columns}
            connection.execute(table.insert(), row)
            rows[table.name] = only_row(connection, table.name)
    engine.dispose()
    return rows


def only_row(connection: sa.Connection, table: str) -> dict[str, Any]:
    """The row of a table that has one, as the database keeps it."""
    found = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)))
    return dict(found.mappings().one())


VALUES: dict[type[sa.types.TypeEngine[Any]], Any] = {
    sa.Boolean: False,
    sa.Integer: 1,
    sa.DateTime: datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    sa.JSON: {"a": 1},
}


def value_for(column: sa.Column[Any], rows: dict[str, dict[str, Any]]) -> Any:
    """Something that the column takes: what it refers to, or a value of its type."""
    for key in column.foreign_keys:
        table, _, name = key.target_fullname.partition(".")
        return rows[table][name] if table in rows else None  # None for one of its own table
    for kind, value in VALUES.items():
        if isinstance(column.type, kind):
            return value
    return "1" * min(getattr(column.type, "length", None) or 8, 8)
