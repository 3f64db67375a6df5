"""kill -9 while cases are carried to their end: each step is done, each once, and in order."""

import random
from pathlib import Path

import pytest

from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.steps.plan import StepKind
from tests.faults.workers import (
    PATIENCE_SECONDS,
    Worker,
    at_their_end,
    check,
    hasty_policies,
    leavers,
)
from tests.house import wait_for

pytestmark = pytest.mark.faults


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    return hasty_policies(tmp_path / "policy")


INSIDE = (
    StepKind.EXPORT,
    StepKind.END,
    StepKind.REVOKE_ACCESS,
    StepKind.DETACH_PAYMENT_METHOD,
    StepKind.ERASE,
    StepKind.CLOSE,
)
"""Whoever leaves within a day is not reminded, and the yes itself cancels."""


def test_killed_inside_each_step_each_is_done_after_the_restart(
    database: Database, tmp_path: Path, policies: Policies
) -> None:
    """Between what a step does and the commit that says so; the next process does it again."""
    (tmp_path / "slow").touch()
    worker = Worker(database, tmp_path)
    case_ids = leavers(database, policies, 1, 1.0)
    try:
        for kind in INSIDE:
            worker.start()
            worker.until_inside("revoked" if kind is StepKind.REVOKE_ACCESS else kind.value)
            worker.kill()
        worker.start()
        wait_for(at_their_end(database), "the end of every case", PATIENCE_SECONDS)
    finally:
        worker.kill()
    check(database, worker, case_ids)


def test_killed_again_and_again_every_case_reaches_its_end(
    database: Database, tmp_path: Path, policies: Policies
) -> None:
    worker = Worker(database, tmp_path)
    case_ids = leavers(database, policies, 25, 6.0)
    chance = random.Random(11)  # noqa: S311 (to repeat it, not to hide it)
    try:
        for _ in range(4):
            worker.start()
            enough = len(worker.lines()) + chance.randrange(1, 30)
            worker.until(enough)
            worker.kill()
        worker.start()
        wait_for(at_their_end(database), "the end of every case", PATIENCE_SECONDS)
    finally:
        worker.kill()
    check(database, worker, case_ids)
