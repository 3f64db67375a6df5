"""The migrations make just the tables that the models describe, on both databases."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from offboard.commands.migrate import migrate_database
from offboarding.audit import guards
from offboarding.database import driver_url, make_engine
from offboarding.settings import Settings
from tests.conftest import POSTGRES_VARIABLE


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
