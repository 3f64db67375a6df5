"""PostgreSQL restarted while two workers carry cases to their end: nothing is lost or doubled."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from offboard import tables
from offboarding.background.slots import WORKER_LOCKS
from offboarding.database import Database
from tests.conftest import POSTGRES_VARIABLE
from tests.faults.workers import (
    PATIENCE_SECONDS,
    Worker,
    at_their_end,
    check,
    hasty_policies,
    leavers,
)
from tests.house import wait_for
from tests.keys import KEYS
from tools.postgres import Cluster, open_cluster

pytestmark = pytest.mark.faults

CASES = 20
SECONDS = 12.0
"""Over which their ends are spread, so that there is work before and after each restart."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server of this test's own, for the others' is not to be restarted under them."""
    if not os.environ.get(POSTGRES_VARIABLE):
        pytest.skip(f"{POSTGRES_VARIABLE} is not set: no PostgreSQL is wanted in this run")
    with open_cluster(lasting=True) as running:
        yield running


def test_restarted_under_load_nothing_is_lost_and_each_worker_has_its_number_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    database = Database(cluster.address, KEYS)
    tables.metadata.create_all(database.engine)
    workers = [Worker(database, tmp_path), Worker(database, tmp_path)]
    try:
        for worker in workers:
            worker.start()
        case_ids = leavers(database, hasty_policies(tmp_path / "policy"), CASES, SECONDS)
        for mode in ("fast", "immediate"):
            workers[0].until(len(workers[0].lines()) + CASES)
            assert not at_their_end(database)(), "it is to be restarted under load"
            cluster.restart(mode)
        wait_for(at_their_end(database), "the end of every case", PATIENCE_SECONDS)
        wait_for(lambda: _held(database) == {1, 2}, "the numbers to be held", PATIENCE_SECONDS)
    finally:
        for worker in workers:
            worker.kill()
        database.close()
    check(database, workers[0], case_ids)
    database.close()


def _held(database: Database) -> set[int]:
    """The workers' numbers that are held, as the server sees it: to take one would disturb."""
    locks = sa.text("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks")
    with database.read() as session:
        return set(session.scalars(locks, {"locks": WORKER_LOCKS}))
