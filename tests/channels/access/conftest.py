"""Two systems, and an application where they can say what became of what they were told."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from pydantic import SecretStr

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from channels.access.routes import router
from offboarding.database import Database
from offboarding.settings import Settings
from tests.channels.stand_in import served
from tests.offboarding.access.systems_house import SystemsHouse, open_systems
from tests.offboarding.conftest import NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, secret=SecretStr("s" * 40), data_directory=tmp_path)


@pytest.fixture
async def house(database: Database, settings: Settings) -> AsyncIterator[SystemsHouse]:
    with time_machine.travel(NOW, tick=False):
        async with open_systems(database, settings) as opened:
            yield opened


@pytest.fixture
def woken() -> list[str]:
    """Grows whenever the engine is asked to look."""
    return []


@pytest.fixture
async def application(house: SystemsHouse, woken: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    site = FastAPI()
    site.include_router(router(house.database, house.endpoints, lambda: woken.append("woken")))
    async with (
        served(site) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        yield client
