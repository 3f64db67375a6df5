"""A task that failed for good is seen, and can be tried again."""

import pytest

from offboarding.background.model import Task, TaskState
from offboarding.background.service import failed_tasks, retry, schedule
from offboarding.database import Database
from offboarding.errors import NotFoundError


def failed(database: Database) -> str:
    with database.write() as session:
        task = schedule(session, "mail.receipt", "1" * 32)
        task.state, task.attempts, task.last_error = TaskState.FAILED, 8, "TimeoutError"
        return task.id


def test_a_failed_task_is_listed_until_it_is_tried_again(database: Database) -> None:
    number = failed(database)
    with database.write() as session:
        assert [task.id for task in failed_tasks(session)] == [number]
        assert retry(session, number).state is TaskState.PENDING
        assert not failed_tasks(session)


def test_a_retry_is_another_workflow_of_the_same_task(database: Database) -> None:
    number = failed(database)
    with database.write() as session:
        retry(session, number)
    with database.read() as session:
        task = session.get_one(Task, number)
        assert (task.attempts, task.retries) == (0, 1)


def test_only_what_failed_can_be_tried_again(database: Database) -> None:
    with database.write() as session:
        task = schedule(session, "mail.receipt", "2" * 32)
        with pytest.raises(NotFoundError):
            retry(session, task.id)
