"""Carries out, one by one, the tasks that are due by the clock of the test."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import Handlers, Look
from offboarding.billing.provider import BillingProvider, LedgerProvider
from offboarding.database import Database
from offboarding.erasure.service import Eraser
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind
from offboarding.steps.runner import StepRunner, Work
from offboarding.steps.works import Works
from tests.factories import NO_SYSTEMS

Failing = Callable[[str], None]


class Stepping:
    """Steps as the application joins them; tasks that `handlers` lacks are noted, and are done."""

    def __init__(
        self,
        database: Database,
        erasers: Sequence[Eraser] = (),
        billing: BillingProvider | None = None,
        handlers: Handlers | None = None,
    ) -> None:
        self._database = database
        self._handlers = handlers or {}
        self.done: list[str] = []
        self.systems = NO_SYSTEMS
        provider = billing or LedgerProvider(database)
        joined = Works(database, self, provider, erasers, lambda: self.systems)
        self.works = dict(joined.by_kind())
        self.built = joined.copy_made
        self.runner = StepRunner(database, self, self.works)

    def put(self, kind: StepKind, work: Work) -> None:
        """Let a kind of step be done by something else."""
        self.works[kind] = work
        self.runner = StepRunner(self._database, self, self.works)

    def run_due(self, *, rounds: int = 20) -> None:
        """Carry out what is due, and what becomes due by it; errors leave a task for later."""
        for _ in range(rounds):
            if not self._some():
                return

    def _some(self) -> bool:
        with self._database.read() as session:
            due = session.execute(
                sa.select(Task.id, Task.kind, Task.subject_id)
                .where(Task.state == TaskState.PENDING, Task.due_at <= clock.now())
                .order_by(Task.due_at, Task.created_at)
            ).all()
        moved = False
        for task_id, kind, subject_id in due:
            with suppress(ConnectionError):
                if kind == steps.TASK:
                    self.runner.carry_out(subject_id)
                elif kind in self._handlers:
                    self._handlers[kind](subject_id)
                self.done.append(kind)
                moved = True
                with self._database.write() as session:
                    session.get_one(Task, task_id).state = TaskState.DONE
        return moved

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        raise NotImplementedError

    def wake(self) -> None:
        """See BackgroundEngine; the test carries out what is due."""

    def healthy(self) -> bool:
        return True

    def stop(self) -> None:
        raise NotImplementedError
