"""Some randomized cases with random kills; `python -m tests.faults.random_cases` plays more."""

from pathlib import Path

import pytest

from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.faults.random_cases import Setting, play, settings_in

EXAMPLES = {"our ledger": 6, "Stripe": 3}
"""Of one to four cases each: so few that every run stays short."""


@pytest.mark.faults
@pytest.mark.parametrize("billing", EXAMPLES)
def test_whatever_happens_every_promise_is_kept_once(
    database: Database, tmp_path: Path, billing: str
) -> None:
    policies = Policies(REPOSITORY / "policy")
    setting = Setting(database, policies, settings_in(tmp_path), stripe=billing == "Stripe")
    play(setting, examples=EXAMPLES[billing])
    assert setting.tally.counts["cases"] > 0
