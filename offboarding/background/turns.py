"""One turn of a task: carrying it out once, and noting how that ended.

Whatever engine gives the turns, this is what a turn is; it may be given twice, after a crash.
"""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import FAILED, Handlers
from offboarding.background.service import schedule
from offboarding.database import Database

log = structlog.get_logger(__name__)

ATTEMPTS = 8
"""Tries of a task before a person has to look at it; with the pauses about eight minutes."""
FIRST_PAUSE = timedelta(seconds=4)
"""Between the first try and the second; each further one is twice as long."""
AHEAD = timedelta(minutes=10)
"""So long before its time a task is given to the engine. What waits for months is a row of the
outbox and nothing else: neither a second row of the engine nor any memory."""
AT_ONCE = 200
"""Tasks that are given to the engine in one go."""
_OVER = frozenset({TaskState.DONE, TaskState.FAILED})


class NotDueError(Exception):
    """A task came before its time (DBOS counts in whole milliseconds, clocks are set back)."""


def pending_tasks(session: Session) -> Sequence[Task]:
    """What is to be given to the engine now, the earliest due first."""
    return session.scalars(
        sa.select(Task)
        .where(Task.state == TaskState.PENDING, Task.due_at <= clock.now() + AHEAD)
        .order_by(Task.due_at)
        .limit(AT_ONCE)
    ).all()


class Turns:
    """Carries out tasks with their handlers."""

    def __init__(
        self, database: Database, handlers: Handlers, *, first_pause: timedelta = FIRST_PAUSE
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._first_pause = first_pause

    def carry_out(self, task_id: str, turn: int = 0) -> None:
        """Do one task now, unless it is done or its next turn has come.

        Raises what its handler raises, and NotDueError when it is too early.
        """
        with self._database.write() as session:
            task = session.get(Task, task_id)
            if task is None or task.turns != turn or task.state in _OVER:
                return
            if task.due_at > clock.now():
                raise NotDueError(f"due at {task.due_at}")
            task.attempts += 1
            kind, subject_id = task.kind, task.subject_id
        try:
            self._handlers[kind](subject_id)
        except Exception as error:
            with self._database.write() as session:
                _mark(session, task_id, last_error=type(error).__name__[:300])
            raise
        with self._database.write() as session:
            _mark(session, task_id, state=TaskState.DONE, done_at=clock.now(), last_error=None)

    def put_off(self, task_id: str, turn: int, error: str) -> None:
        """Have a task that raised tried again after a pause, or by a person after its last try.

        The pause is a row of the engine and takes no worker, so that a mail server that is away
        holds up nobody's case.
        """
        with self._database.write() as session:
            task = session.get_one(Task, task_id, with_for_update=True)
            if task.turns != turn or task.state in _OVER:
                return  # noted before
            if task.attempts < ATTEMPTS:
                pause = self._first_pause * 2 ** max(0, task.attempts - 1)
                task.due_at = max(task.due_at, clock.now() + pause)
                task.state, task.turns = TaskState.PENDING, turn + 1
                return
        self._give_up(task_id, error)

    def _give_up(self, task_id: str, error: str) -> None:
        """Note that a task failed for good; it stays visible until a person retries it.

        Whoever handles FAILED is told, once each time.
        """
        with self._database.write() as session:
            task = session.get_one(Task, task_id)
            task.state = TaskState.FAILED
            task.last_error = error = task.last_error or error[:300]
            if FAILED in self._handlers and task.kind != FAILED:
                schedule(session, FAILED, task.id, key=f"{FAILED}:{task.id}:{task.retries}")
        log.error("task_failed", task=task_id, error=error)


def _mark(session: Session, task_id: str, **values: object) -> None:
    session.execute(sa.update(Task).where(Task.id == task_id).values(**values))
