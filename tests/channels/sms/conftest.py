"""A house with a phone for each test, on each database."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from channels.texts import Texts
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.channels.sms.phone_house import FAST, Opening, PhoneHouse, open_house
from tests.channels.stand_in import StandInRasa


@pytest.fixture
def phone_settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        secret=SecretStr("a secret of the tests, long enough for it"),
        data_directory=tmp_path,
        database_url=database.engine.url.render_as_string(hide_password=False),
        public_url="https://help.larkspur.example",
        rasa_timeout_seconds=5.0,
        sms_segments_per_second=FAST,
    )


@pytest.fixture(scope="session")
def phone_policies() -> Policies:
    return Policies(REPOSITORY / "policy")


@pytest.fixture(scope="session")
def phone_texts() -> Texts:
    values = {"company_name": "Larkspur Notes", "support_email": "support@larkspur.example"}
    return Texts(REPOSITORY / "domain.yml", values)


@pytest.fixture
def opening(
    phone_settings: Settings,
    database: Database,
    phone_policies: Policies,
    phone_texts: Texts,
    rasa: StandInRasa,
) -> Opening:
    """Opens the house on the test's database; as often as wanted."""
    return partial(open_house, phone_settings, database, phone_policies, phone_texts, rasa)


@pytest.fixture
async def house(opening: Opening) -> AsyncIterator[PhoneHouse]:
    async with opening() as house:
        yield house
