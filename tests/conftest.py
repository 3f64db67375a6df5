"""What every test may use: an empty database, once on SQLite and once on PostgreSQL; a house."""

import os
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from weakref import WeakKeyDictionary
from zlib import crc32

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from offboard import tables
from offboarding.audit import guards
from offboarding.database import Base, Database, driver_url
from sandbox import company
from tests.house import House, open_house
from tests.keys import KEYS, TEXT

os.environ["OFFBOARD_DATA_KEYS"] = TEXT
"""For every process that a test starts: they share databases."""
POSTGRES_VARIABLE = "OFFBOARD_TEST_POSTGRES_URL"


_ALTERNATING = ("tests/actions/", "tests/channels/", "tests/sandbox/")
"""Folders whose tests are about something else, and keep what they need in a database."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--alternate-databases",
        action="store_true",
        help="of tests that are not about the database, have half use SQLite and half PostgreSQL",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each of those tests use one of the two, always the same one."""
    if not config.getoption("--alternate-databases"):
        return
    left = [item for item in items if _is_for_the_other_database(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if not _is_for_the_other_database(item)]


def _is_for_the_other_database(item: pytest.Item) -> bool:
    used = getattr(item, "callspec", None)
    name = used.params.get("database") if used is not None else None
    if name not in _DATABASES or not item.nodeid.startswith(_ALTERNATING):
        return False
    test = item.nodeid.replace(name, "")
    return name != _DATABASES[crc32(test.encode()) % len(_DATABASES)]


_DATABASES = ("sqlite", "postgres")
_MADE: WeakKeyDictionary[sa.Engine, int] = WeakKeyDictionary()
"""How many tables were made in each database so far."""


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A SQLite file of this run."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}", KEYS)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[Database]:
    """A PostgreSQL database of this run, dropped at its end."""
    server = os.environ.get(POSTGRES_VARIABLE)
    if not server:
        pytest.skip(f"{POSTGRES_VARIABLE} is not set: a server whose user may create databases")
    name = f"offboard_test_{uuid.uuid4().hex[:12]}"
    maintenance = sa.create_engine(driver_url(server), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    database = Database(
        driver_url(server).set(database=name).render_as_string(hide_password=False), KEYS
    )
    yield database
    database.close()
    with maintenance.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


@pytest.fixture(params=_DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with every table known so far."""
    kept: Database = request.getfixturevalue(f"{request.param}_database")
    # A module imported since may have brought tables; existing ones stay.
    if _MADE.get(kept.engine) != len(Base.metadata.tables):
        Base.metadata.create_all(kept.engine)
        _MADE[kept.engine] = len(Base.metadata.tables)
    kept.keyring.begin_anew()
    yield kept
    _empty(kept)


@retry(
    retry=retry_if_exception_type((OperationalError, IntegrityError)), stop=stop_after_attempt(5)
)
def _empty(database: Database) -> None:
    """A thread that ends with its test may hold or add rows yet: then it is done again."""
    with database.write() as session:
        connection = session.connection()
        filled = _filled(connection)
        logged = any(table.name in guards.TABLES for table in filled)
        with guards.lifted(connection) if logged else nullcontext():
            for table in filled:
                session.execute(table.delete())


def _filled(connection: sa.Connection) -> list[sa.Table]:
    """The tables that have rows, in the order in which they can be emptied; most have none."""
    tables = Base.metadata.sorted_tables
    looks = [sa.select(sa.literal(table.name)).where(table.select().exists()) for table in tables]
    found = set(connection.scalars(sa.union_all(*looks)))
    return [table for table in reversed(tables) if table.name in found]


@pytest.fixture(scope="session")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The trained model and the real actions, started once for all, as `make run` starts them."""
    with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(running_house: House) -> House:
    """The house with its demo company as on the first day."""
    assert tables.MODELS, "a reset empties the tables of every package"
    company.reset(running_house.database, running_house.settings)
    return running_house
