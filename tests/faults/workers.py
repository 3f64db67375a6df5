"""Processes that carry cases to their end, to be killed, and what must hold in the end."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.erasure.model import Erasure
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from offboarding.steps import service as steps
from offboarding.steps.model import OVER, Step, StepState
from offboarding.steps.plan import StepKind
from tests.factories import cancel, make_customer, make_subscription
from tests.house import wait_for

PATIENCE_SECONDS = 120.0


def hasty_policies(folder: Path) -> Policies:
    """Policies, written into a new folder, under which data are erased once a plan is over."""
    folder.mkdir()
    for file in (REPOSITORY / "policy").glob("*.yml"):
        text = file.read_text("utf-8").replace(
            "content_days_after_end: 30", "content_days_after_end: 0"
        )
        (folder / file.name).write_text(text, "utf-8")
    return Policies(folder)


class Worker:
    """The process, and what it noted."""

    def __init__(
        self, database: Database, folder: Path, process: str = "tests.faults.case_process"
    ) -> None:
        self._module = process
        self._url = database.engine.url.render_as_string(hide_password=False)
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        before = self.noted("started")
        with (self._folder / "output").open("a") as output:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-u",
                    "-m",
                    self._module,
                    self._url,
                    str(self._folder),
                ],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        wait_for(lambda: self.noted("started") > before, "the engine", PATIENCE_SECONDS)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def until(self, lines: int) -> None:
        """Wait until it has noted so much."""
        wait_for(lambda: len(self.lines()) >= lines, "some work", PATIENCE_SECONDS)

    def until_inside(self, what: str) -> None:
        """Wait until something is done whose note is still to come."""
        wait_for(lambda: self.noted(what), what, PATIENCE_SECONDS)

    def lines(self) -> list[str]:
        log = self._folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def noted(self, what: str) -> int:
        return sum(1 for line in self.lines() if line.startswith(f"{what} "))

    def effects(self, what: str) -> Counter[str]:
        """How often something happened outside, by subject."""
        told = (line.split() for line in self.lines())
        return Counter(line[1] for line in told if line[0] == what)


def leavers(database: Database, policies: Policies, count: int, seconds: float) -> list[str]:
    """Cases of customers whose paid time ends within the next seconds."""
    found = []
    chance = random.Random(7)  # noqa: S311 (to repeat it, not to hide it)
    for number in range(count):
        with database.write() as session:
            customer = make_customer(session, f"leaver-{number}@example.org")
            end = clock.now() + timedelta(seconds=chance.uniform(0.5, seconds))
            plan = make_subscription(session, customer, period_end=end)
            found.append(cancel(session, customer, plan, policies)[0].id)
    return found


def at_their_end(database: Database) -> Callable[[], bool]:
    def look() -> bool:
        with database.read() as session:
            return not session.scalar(
                sa.select(sa.func.count(Step.id)).where(Step.state == StepState.WAITING)
            )

    return look


def check(database: Database, worker: Worker, case_ids: list[str]) -> None:
    """Whatever was killed: every promise kept, none twice, none before its time."""
    with database.read() as session:
        for case_id in case_ids:
            case = session.get_one(Case, case_id)
            done = {step.kind: step for step in steps.steps_of(session, case_id)}
            assert {step.state for step in done.values()} <= OVER
            assert done[StepKind.END].state is StepState.DONE
            assert done[StepKind.ERASE].state is StepState.DONE
            ended = session.get_one(Subscription, case.subscription_id)
            assert ended.state is SubscriptionState.ENDED
            for step in done.values():
                assert step.over_at is not None
                assert step.kind is StepKind.CANCEL or step.over_at >= step.due_at
            over = [done[kind].over_at for kind in (StepKind.END, StepKind.REVOKE_ACCESS)]
            assert over == sorted(over, key=lambda moment: moment or clock.now())
        ends = session.scalars(
            sa.select(LedgerEntry.subscription_id).where(LedgerEntry.kind == EntryKind.END)
        ).all()
        assert len(ends) == len(set(ends)) == len(case_ids)
        erasures = session.scalars(sa.select(Erasure)).all()
        assert len(erasures) == len(case_ids)
        assert [each.keys_left for each in erasures if each.keys_left is not None] == []
        assert session.scalars(sa.select(Step).where(Step.state == StepState.STUCK)).all() == []
    assert set(worker.effects("revoked")) == set(case_ids)
    assert worker.noted("task.failed") == 0
