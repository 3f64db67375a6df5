"""The background engine on DBOS: each task of the outbox is one short, durable workflow.

Waits are delayed rows of DBOS, never sleeping workflows, and rows hold identifiers only.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import Handlers, Look
from offboarding.background.slots import WorkerNumber, slots_for
from offboarding.background.takeover import (
    OVERDUE,
    executor_of,
    hand_over_again,
    take_over,
    workflow_id,
)
from offboarding.background.turns import AT_ONCE, FIRST_PAUSE, Turns, pending_tasks
from offboarding.database import Database, driver_url
from offboarding.settings import Settings

log = structlog.get_logger(__name__)

QUEUE = "tasks"
AROUND_SECONDS = 5.0
"""How often is looked for what a dead worker left and what was lost."""
_LOOK_SECONDS = 1.0
_POLL_SECONDS = 0.2
_STALE = timedelta(seconds=30)

_running: "DbosEngine | None" = None
"""DBOS keeps one instance in a process, and its workflows are module functions."""


class DbosEngine:
    """A BackgroundEngine. One in a process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        first_pause: timedelta = FIRST_PAUSE,
        overdue: timedelta = OVERDUE,
    ) -> None:
        self._settings = settings
        self._first_pause, self._overdue = first_pause, overdue
        self._database = database
        self._slots = slots_for(settings.database, settings.data_directory)
        self._worker: WorkerNumber | None = None
        self._turns: Turns | None = None
        self._looks: Sequence[Look] = ()
        self._looked_around_at = float("-inf")
        self._woken = Event()
        self._ended = Event()
        self._relay = Thread(target=self._relay_until_ended, name="outbox-relay", daemon=True)
        self._looked_at = clock.now()

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        """See BackgroundEngine. Raises ConfigurationError when too many workers run already."""
        self._turns = Turns(self._database, handlers, first_pause=self._first_pause)
        self._looks = looks
        self._worker = WorkerNumber(self._slots)
        global _running  # noqa: PLW0603 (DBOS's own instance is global)
        _running = self
        DBOS(config=_configuration(self._settings, executor_of(self._worker.number)))
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=8, polling_interval_sec=_POLL_SECONDS)
        self._relay.start()

    def wake(self) -> None:
        """See BackgroundEngine."""
        self._woken.set()

    def healthy(self) -> bool:
        """See BackgroundEngine."""
        if self._worker is None or self._worker.lost:
            return False
        return self._relay.is_alive() and clock.now() - self._looked_at < _STALE

    def stop(self) -> None:
        """See BackgroundEngine."""
        global _running  # noqa: PLW0603
        self._ended.set()
        self._woken.set()
        if self._relay.is_alive():
            self._relay.join(timeout=10)
        DBOS.destroy(workflow_completion_timeout_sec=5)
        _running = None
        if self._worker is not None:
            self._worker.release()

    @property
    def turns(self) -> Turns:
        """How the tasks are carried out. Raises RuntimeError before the start."""
        if self._turns is None:
            raise RuntimeError("the background engine is not started")
        return self._turns

    def _relay_until_ended(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            try:
                if self._hand_over():
                    self._woken.set()
                self._look_around()
                self._looked_at = clock.now()
            except Exception:
                log.exception("outbox_relay_failed")
            self._woken.wait(_LOOK_SECONDS)

    def _look_around(self) -> None:
        """Now and then: what nobody carries out any more, and what the business looks after."""
        if self._worker is not None and self._worker.lost:
            # Another, who takes over what seemed to be a dead one's, may have held it for a moment;
            # after a restart of the database all look at the same seconds.
            self._worker.keep()
        moment = time.monotonic()
        if moment - self._looked_around_at < AROUND_SECONDS:
            return
        self._looked_around_at = moment
        self._keep_number()
        take_over(self._slots, QUEUE)
        hand_over_again(self._database, self._enqueue, self._overdue)
        for look in self._looks:
            look()

    def _keep_number(self) -> None:
        """After a restart of the database the number is nobody's until it is taken again."""
        if self._worker is not None:
            self._worker.keep()
            if self._worker.lost:  # it has to be ended: somebody else works under its number
                log.error("worker_number_lost", number=self._worker.number)

    def _hand_over(self) -> bool:
        """Give DBOS what is pending, and say whether there may be more of it.

        A crash in the middle gives it again; the key makes it one.
        """
        with self._database.read() as session:
            pending = pending_tasks(session)
        for task in pending:
            self._enqueue(task)
        if pending:
            with self._database.write() as session:
                # In one order, so that of two workers none waits for the other's rows in a circle.
                for task in sorted(pending, key=lambda each: each.id):
                    session.execute(
                        sa.update(Task)
                        .where(
                            Task.id == task.id,
                            Task.state == TaskState.PENDING,
                            Task.turns == task.turns,
                        )
                        .values(state=TaskState.HANDED)
                        .execution_options(synchronize_session=False)
                    )
        return len(pending) == AT_ONCE

    def _enqueue(self, task: Task) -> None:
        delay = max(0.0, (task.due_at - clock.now()).total_seconds())
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": "run_task",
                "queue_name": QUEUE,
                "workflow_id": workflow_id(task),
                **({"delay_seconds": delay} if delay else {}),  # type: ignore[typeddict-item]
            },
            task.id,
            task.turns,
        )


@DBOS.workflow(name="run_task")
def run_task(task_id: str, turn: int = 0) -> None:
    """Carry out one task of the outbox; when it raises, it gets another turn or a person."""
    error = _carry_out(task_id, turn)
    if error is not None:
        _put_off(task_id, turn, error)


@DBOS.step()
def _carry_out(task_id: str, turn: int) -> str | None:
    """What it raised, by its name alone.

    The library keeps what a step raises, words and all, and these may be a customer's address.
    """
    try:
        _engine().turns.carry_out(task_id, turn)
    except Exception as error:  # noqa: BLE001 (whatever a handler raised, the task must not vanish)
        log.warning("task_raised", task=task_id, error=type(error).__name__)
        return type(error).__name__
    return None


@DBOS.step(retries_allowed=True, interval_seconds=0.5, backoff_rate=2, max_attempts=7)
def _put_off(task_id: str, turn: int, error: str) -> None:
    """Raises only while the database is away, mostly for the reason for which the task raised.

    Half a minute outlasts a restart; after that the task is found a minute after its time.
    """
    _engine().turns.put_off(task_id, turn, error)


def _engine() -> DbosEngine:
    if _running is None:
        raise RuntimeError("the background engine is not started")
    return _running


def _configuration(settings: Settings, executor: str) -> DBOSConfig:
    configuration = DBOSConfig(
        name="offboarding",
        application_version="1",
        executor_id=executor,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
    )
    url = driver_url(settings.database)
    if url.get_backend_name() == "sqlite":
        path = (settings.data_directory / "workflows.db").resolve()
        configuration["system_database_url"] = f"sqlite:///{path}"
        configuration["system_database_engine"] = _sqlite_engine(path)
    else:
        configuration["system_database_url"] = url.render_as_string(hide_password=False)
    return configuration


def _sqlite_engine(path: Path) -> sa.Engine:
    """DBOS's own file, with what it would set itself and the write-ahead log beside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"isolation_level": "IMMEDIATE", "timeout": 30}
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
