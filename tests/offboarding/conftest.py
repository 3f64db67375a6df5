"""What the tests of the business share: the settings of a test, and the policies as shipped."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    """The time stands still at NOW; the test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        secret=SecretStr("the signing secret of the tests, long enough"),
        identity_secret=SecretStr("the identity secret of the tests, long enough"),
        data_directory=tmp_path,
        public_url="https://bye.example",
    )


@pytest.fixture(scope="session")
def policies() -> Policies:
    """policy/ as it is shipped."""
    return Policies(REPOSITORY / "policy")
