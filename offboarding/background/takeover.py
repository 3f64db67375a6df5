"""Taking over what a dead worker was carrying out, and finding what the engine has lost."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog
from dbos import DBOS
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.slots import Slots, nobody_holds
from offboarding.database import Database

log = structlog.get_logger(__name__)

OVERDUE = timedelta(minutes=1)
"""A task that was handed over and is due for so long may have been lost."""
_MOST = 200
_EXECUTOR = re.compile(r"offboarding-([0-9]{1,4})")
_BEFORE_NUMBERS = "offboarding"
"""What every worker was called by versions in which there was one."""
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
"""States that a workflow of DBOS does not leave by itself."""


def executor_of(number: int) -> str:
    """What DBOS calls the worker that holds a number."""
    return f"offboarding-{number}"


def take_over(slots: Slots, queue: str) -> None:
    """Have the others carry out what a worker had begun that is no more.

    Whoever only seems to be dead may do the same once more: every effect has its key.
    """
    begun: defaultdict[int, list[str]] = defaultdict(list)
    of_before: list[str] = []
    for workflow in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False):
        worker = _EXECUTOR.fullmatch(workflow.executor_id or "")
        if worker is not None:
            begun[int(worker[1])].append(workflow.workflow_id)
        elif workflow.executor_id == _BEFORE_NUMBERS:
            of_before.append(workflow.workflow_id)
    if of_before:
        DBOS.resume_workflows(of_before, queue_name=queue)
        log.warning("work_of_an_earlier_version_taken_over", tasks=len(of_before))
    for number, workflow_ids in begun.items():
        with nobody_holds(slots, number) as dead:
            if dead:
                DBOS.resume_workflows(workflow_ids, queue_name=queue)
                log.warning("work_taken_over", worker=number, tasks=len(workflow_ids))


def overdue_tasks(session: Session, overdue: timedelta = OVERDUE) -> Sequence[Task]:
    """What was handed over and should have been carried out by now, the longest due first."""
    return session.scalars(
        sa.select(Task)
        .where(Task.state == TaskState.HANDED, Task.due_at < clock.now() - overdue)
        .order_by(Task.due_at)
        .limit(_MOST)
    ).all()


def hand_over_again(
    database: Database, enqueue: Callable[[Task], None], overdue: timedelta = OVERDUE
) -> None:
    """Have the engine carry out what it should have and does not know, or has ended unnoticed.

    It may have lost its own file, or been restored from an older copy than ours.
    """
    with database.read() as session:
        tasks = overdue_tasks(session, overdue)
    if not tasks:
        return
    names = [workflow_id(task) for task in tasks]
    known = {
        workflow.workflow_id: workflow.status
        for workflow in DBOS.list_workflows(workflow_ids=names, load_input=False, load_output=False)
    }
    for task, name in zip(tasks, names, strict=True):
        status = known.get(name)
        if status is None:
            enqueue(task)
            log.warning("task_handed_over_again", task=task.id)
        elif status in _ENDED:
            _begin_anew(database, task)


def workflow_id(task: Task) -> str:
    """The task's key, so that handing it over twice is once; each further turn has its own."""
    return f"{task.key}#{task.turns}" if task.turns else task.key


def _begin_anew(database: Database, task: Task) -> None:
    """Its workflow has ended and the task has not: it gets another one."""
    with database.write() as session:
        session.execute(
            sa.update(Task)
            .where(Task.id == task.id, Task.state == TaskState.HANDED, Task.turns == task.turns)
            .values(state=TaskState.PENDING, turns=Task.turns + 1)
        )
    log.warning("task_begun_anew", task=task.id)
