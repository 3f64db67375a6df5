"""What the tests of practice share: the scenarios as shipped, and a folder to spoil."""

import shutil
from pathlib import Path

import pytest

from offboarding.practice.reading import Scenarios, load_scenarios
from offboarding.settings import REPOSITORY

SHIPPED = REPOSITORY / "practice"


@pytest.fixture(scope="session")
def scenarios() -> Scenarios:
    """practice/ as it is shipped."""
    return load_scenarios(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of practice/ with one scenario, price.yml."""
    (tmp_path / "scenarios").mkdir()
    for name in ("review.yml", "reactions.yml", "scenarios/price.yml"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path
