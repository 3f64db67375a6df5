"""What talks need: a house on a clock that can be moved, shared by all that is in this folder."""

from collections.abc import Iterator

import pytest

from offboarding.database import Database
from tests.conversations.moving_house import MovingHouse
from tests.house import House, started


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--wanted",
        action="store_true",
        help="play the talks of talks/wanted.yml, which are as they should be and not yet are",
    )


@pytest.fixture(scope="session")
def moving_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovingHouse]:
    """The trained model and the real actions, started once for all talks."""
    with started(MovingHouse(tmp_path_factory.mktemp("house"))) as house:
        yield house


@pytest.fixture(scope="session")
def running_house(moving_house: MovingHouse) -> House:
    """The same house for the talks that are written in Python."""
    return moving_house


@pytest.fixture(scope="session")
def talks_database(moving_house: MovingHouse) -> Iterator[Database]:
    """Its database, for looking at what was really done."""
    database = moving_house.database
    yield database
    database.close()
