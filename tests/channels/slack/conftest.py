"""A desk for each test, on each database; over HTTP unless the test asks for Socket Mode."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from channels.texts import Texts
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings, SlackTransport
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_house import DeskHouse, Opening, open_desk, served_slack
from tests.channels.slack.desk_policies import policies_in
from tests.channels.stand_in import StandInRasa


@pytest.fixture
def transport() -> SlackTransport:
    return SlackTransport.HTTP


@pytest.fixture
def desk_settings(database: Database, tmp_path: Path, transport: SlackTransport) -> Settings:
    url = database.engine.url.render_as_string(hide_password=False)
    return Settings(
        _env_file=None,
        secret=SecretStr("a secret of the tests, long enough for it"),
        data_directory=tmp_path,
        database_url=url,
        slack_transport=transport,
        rasa_timeout_seconds=5.0,
    )


@pytest.fixture(scope="session")
def desk_policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """Read once: who changes a policy makes one of their own with `policies_in`."""
    return policies_in(tmp_path_factory.mktemp("desk") / "policy")


@pytest.fixture(scope="session")
def desk_texts() -> Texts:
    values = {"company_name": "Larkspur Notes", "support_email": "support@larkspur.example"}
    return Texts(REPOSITORY / "domain.yml", values)


@pytest.fixture
def opening(
    desk_settings: Settings,
    database: Database,
    desk_policies: Policies,
    desk_texts: Texts,
    rasa: StandInRasa,
) -> Opening:
    """Opens a desk on the test's database; as often as wanted, also at once."""
    return partial(open_desk, desk_settings, database, desk_policies, desk_texts, rasa)


@pytest.fixture
async def house(opening: Opening) -> AsyncIterator[DeskHouse]:
    async with opening() as house:
        yield house


@pytest.fixture
async def slack(desk_settings: Settings) -> AsyncIterator[SlackStandIn]:
    """A Slack that is there before a desk and after it."""
    async with served_slack(desk_settings) as slack:
        yield slack


OF_BOTH_DATABASES = {
    "test_agent_offers",
    "test_attending",
    "test_cancelling",
    "test_faults",
    "test_presses",
    "test_same_instant",
    "test_taking_over",
    "test_unreachable",
}
"""Where locks and transactions decide; what the others show does not depend on the database."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would show the same again, slowly."""
    left_out = [item for item in items if _shown_already(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _shown_already(item: pytest.Item) -> bool:
    here = item.path.parent == Path(__file__).parent
    return here and item.path.stem not in OF_BOTH_DATABASES and "[postgres" in item.name
