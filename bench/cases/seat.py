"""Cases and the process that carries them, on a database of their own."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from offboard import tables
from offboarding import clock
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.settings import REPOSITORY
from offboarding.steps.model import Step, StepState
from tests.factories import cancel, make_customer, make_subscription
from tests.faults.workers import hasty_policies
from tests.keys import KEYS

AT_ONCE = 100
"""Cases that are made in one transaction."""


class Seat:
    """A database, the policies under which data are erased at once, and the worker's process."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = Database(url, KEYS)
        self.folder = folder
        self.policies = hasty_policies(folder / "policy")
        self._url = url
        tables.metadata.create_all(self.database.engine)

    def leave(self, count: int, ends_at: datetime) -> None:
        """Customers who have said yes, and whose time ends then."""
        for start in range(0, count, AT_ONCE):
            with self.database.write() as session:
                for number in range(start, min(start + AT_ONCE, count)):
                    customer = make_customer(session, f"leaver-{number}@example.org")
                    plan = make_subscription(session, customer, period_end=ends_at)
                    cancel(session, customer, plan, self.policies)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[str]]:
        """The process that carries the steps out, until it is left."""
        with (self.folder / "worker.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.case_process", self._url, str(self.folder)],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def started(self) -> int:
        """How many workers have started so far."""
        return self._noted("started")

    def ended(self) -> int:
        """How many plans were ended so far."""
        return self._noted("end")

    def _noted(self, what: str) -> int:
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(line.startswith(f"{what} ") for line in lines)

    def left(self) -> int:
        """Steps that are not over."""
        with self.database.read() as session:
            waiting = sa.select(sa.func.count(Step.id)).where(Step.state == StepState.WAITING)
            return session.scalar(waiting) or 0

    def at_their_end(self) -> int:
        """Cases in which nothing is left to do."""
        with self.database.read() as session:
            ended = sa.select(sa.func.count(Case.id)).where(Case.completed_at.is_not(None))
            return session.scalar(ended) or 0


@contextmanager
def seat(url: str | None = None) -> Iterator[Seat]:
    """On that PostgreSQL, else on a SQLite file that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-cases-") as folder:
        seated = Seat(url or f"sqlite:///{Path(folder) / 'offboard.db'}", Path(folder))
        try:
            yield seated
        finally:
            seated.database.close()


def in_a_month() -> datetime:
    """When the cases that wait end."""
    return clock.now() + timedelta(days=30)
