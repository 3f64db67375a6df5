"""The trained model and the real actions, started as `make run` starts them."""

from collections.abc import Iterator

import pytest

from offboard import tables
from sandbox import company
from tests.house import House, open_house


@pytest.fixture(scope="session")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all conversations."""
    with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(running_house: House) -> House:
    """The house with its demo company as on the first day."""
    assert tables.MODELS, "a reset empties the tables of every package"
    company.reset(running_house.database, running_house.settings)
    return running_house
