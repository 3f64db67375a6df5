"""A background engine for tests: what is due is done within a moment, by the clock of the test.

DBOS waits by the database's own clock, so a test that moves the time would wait in vain; and it
takes seconds to begin and end. What it does besides is shown in tests/offboarding.
"""

from collections.abc import Sequence
from threading import Event, Thread

import sqlalchemy as sa

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import Handlers, Look
from offboarding.database import Database

LOOK_SECONDS = 0.05


class PromptEngine:
    """A BackgroundEngine: one thread, which tries again whatever fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._handlers: Handlers = {}
        self._woken = Event()
        self._ended = Event()
        self._thread = Thread(target=self._work, name="prompt-engine", daemon=True)

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:  # noqa: ARG002
        """See BackgroundEngine."""
        self._handlers = handlers
        self._thread.start()

    def wake(self) -> None:
        """See BackgroundEngine."""
        self._woken.set()

    def healthy(self) -> bool:
        """See BackgroundEngine."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """See BackgroundEngine."""
        self._ended.set()
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            for task_id, kind, subject_id in self._due():
                self._do(task_id, kind, subject_id)
            self._woken.wait(LOOK_SECONDS)

    def _due(self) -> list[tuple[str, str, str]]:
        query = sa.select(Task.id, Task.kind, Task.subject_id).where(
            Task.state == TaskState.PENDING, Task.due_at <= clock.now()
        )
        with self._database.read() as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]

    def _do(self, task_id: str, kind: str, subject_id: str) -> None:
        try:
            self._handlers[kind](subject_id)
        except Exception as error:  # noqa: BLE001 (it is tried again)
            values = {"attempts": Task.attempts + 1, "last_error": repr(error)[:300]}
        else:
            values = {"state": TaskState.DONE, "done_at": clock.now()}
        with self._database.write() as session:
            session.execute(sa.update(Task).where(Task.id == task_id).values(**values))
