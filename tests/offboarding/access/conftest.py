"""A house with two systems, on each database, at a time that stands still."""

from collections.abc import AsyncIterator

import pytest
import time_machine

from offboarding.database import Database
from offboarding.settings import Settings
from tests.offboarding.access.systems_house import SystemsHouse, open_systems


@pytest.fixture
async def house(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> AsyncIterator[SystemsHouse]:
    async with open_systems(database, settings) as opened:
        yield opened
