"""The background engine in a process of its own: whatever happens to it, tasks are carried out."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.background.dbos_engine import AROUND_SECONDS
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.background.slots import (
    Slot,
    WorkerNumber,
    first_free,
    nobody_holds,
    slots_for,
)
from offboarding.background.takeover import OVERDUE
from offboarding.background.turns import AHEAD, ATTEMPTS, NotDueError, Turns
from offboarding.database import Database, new_identifier
from offboarding.settings import REPOSITORY

PATIENCE = 60.0


@contextmanager
def engine(database: Database, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that carries out tasks; ended in order, unless the test killed it."""
    url = database.engine.url.render_as_string(hide_password=False)
    with (folder / "output").open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.offboarding.engine_process", url, str(folder)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield process
        process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()


def add(database: Database, kind: str, **how: object) -> Task:
    with database.write() as session:
        return schedule(session, kind, new_identifier(), **how)  # type: ignore[arg-type]


def until(condition: Callable[[], bool], folder: Path) -> None:
    """Look again and again; a test that waits in vain shows what the process said."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail("waited in vain; the process said:\n" + (folder / "output").read_text())
        time.sleep(0.02)


def until_state(database: Database, task: Task, state: TaskState, folder: Path) -> Task:
    def look() -> Task:
        with database.read() as session:
            return session.get_one(Task, task.id)

    until(lambda: look().state is state, folder)
    return look()


def times_done(folder: Path, task: Task) -> int:
    log = folder / "log"
    return log.read_text().splitlines().count(task.subject_id) if log.exists() else 0


def told_of(folder: Path, task: Task) -> int:
    """How often whoever wants to know was told that it failed for good."""
    log = folder / "log"
    return log.read_text().splitlines().count(task.id) if log.exists() else 0


# --- the outbox


def test_a_key_makes_a_task_happen_once(database: Database) -> None:
    with database.write() as session:
        first = schedule(session, "mail.receipt", "a" * 32)
        assert schedule(session, "mail.receipt", "a" * 32) is first
        assert schedule(session, "mail.receipt", "b" * 32) is not first
        assert schedule(session, "mail.receipt", "a" * 32, key="once more") is not first


def test_what_was_decided_in_a_transaction_that_failed_is_not_done(database: Database) -> None:
    def decide_and_fail() -> None:
        with database.write() as session:
            schedule(session, "mail.receipt", "a" * 32)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        decide_and_fail()
    with database.read() as session:
        assert session.scalars(sa.select(Task)).all() == []


def test_without_a_due_time_a_task_is_due_at_once(
    database: Database, now: time_machine.Traveller
) -> None:
    assert add(database, "note").due_at == clock.now()


def test_a_task_that_comes_before_its_time_is_not_carried_out(database: Database) -> None:
    """Were it carried out, the end of a case would find it is not over, and never come again."""
    task = add(database, "note", due_at=clock.now() + timedelta(milliseconds=500))
    with pytest.raises(NotDueError):
        Turns(database, {}).carry_out(task.id)
    with database.read() as session:
        assert session.get_one(Task, task.id).state is TaskState.PENDING


# --- the engine


@pytest.mark.faults
def test_a_task_is_carried_out_once(database: Database, tmp_path: Path) -> None:
    before = add(database, "note")
    with engine(database, tmp_path):
        after = add(database, "note")
        for task in (before, after):
            done = until_state(database, task, TaskState.DONE, tmp_path)
            assert (done.attempts, done.last_error, times_done(tmp_path, task)) == (1, None, 1)


@pytest.mark.faults
def test_a_task_that_fails_is_tried_again(database: Database, tmp_path: Path) -> None:
    task = add(database, "fail_twice")
    with engine(database, tmp_path):
        done = until_state(database, task, TaskState.DONE, tmp_path)
    assert (done.attempts, done.last_error) == (3, None)
    assert times_done(tmp_path, task) == 3


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["fail", "nobody knows how"])
def test_a_task_that_fails_for_good_stays_visible_with_its_error(
    database: Database, tmp_path: Path, kind: str
) -> None:
    task = add(database, kind)
    with engine(database, tmp_path):
        failed = until_state(database, task, TaskState.FAILED, tmp_path)
        until(lambda: told_of(tmp_path, task) > 0, tmp_path)
        other = add(database, "note")
        until_state(database, other, TaskState.DONE, tmp_path)
    assert failed.attempts == ATTEMPTS
    assert failed.last_error == ("ConnectionError" if kind == "fail" else "KeyError")
    assert told_of(tmp_path, task) == 1


@pytest.mark.faults
def test_a_task_is_not_carried_out_before_it_is_due(database: Database, tmp_path: Path) -> None:
    in_a_year = add(database, "note", due_at=clock.now() + timedelta(days=365))
    in_a_while = add(database, "note", due_at=clock.now() + AHEAD / 2)
    soon = add(database, "note", due_at=clock.now() + timedelta(seconds=2))
    with engine(database, tmp_path):
        until_state(database, in_a_while, TaskState.HANDED, tmp_path)
        done = until_state(database, soon, TaskState.DONE, tmp_path)
    assert done.done_at is not None
    assert done.done_at >= done.due_at
    assert times_done(tmp_path, in_a_while) == times_done(tmp_path, in_a_year) == 0
    with database.read() as session:
        kept = session.get_one(Task, in_a_year.id)
    assert kept.state is TaskState.PENDING, "the engine is not burdened with what is far away"


@pytest.mark.faults
def test_killed_in_the_middle_of_a_task_it_is_carried_out_after_the_restart(
    database: Database, tmp_path: Path
) -> None:
    task = add(database, "hang_once")
    with engine(database, tmp_path) as process:
        until(lambda: times_done(tmp_path, task) == 1, tmp_path)
        process.kill()
    with engine(database, tmp_path):
        done = until_state(database, task, TaskState.DONE, tmp_path)
    assert done.attempts == 2
    assert times_done(tmp_path, task) == 2


@pytest.mark.faults
def test_what_waits_when_the_process_is_killed_is_carried_out_when_it_is_due(
    database: Database, tmp_path: Path
) -> None:
    task = add(database, "note", due_at=clock.now() + timedelta(seconds=4))
    with engine(database, tmp_path) as process:
        until_state(database, task, TaskState.HANDED, tmp_path)
        process.kill()
    with engine(database, tmp_path):
        done = until_state(database, task, TaskState.DONE, tmp_path)
    assert times_done(tmp_path, done) == 1


@pytest.mark.faults
def test_a_task_handed_over_twice_is_carried_out_once(database: Database, tmp_path: Path) -> None:
    """As when the process dies after handing a task over and before noting that it did."""
    task = add(database, "note")
    with engine(database, tmp_path):
        until_state(database, task, TaskState.DONE, tmp_path)
        with database.write() as session:
            session.execute(sa.update(Task).values(state=TaskState.PENDING))
        until_state(database, task, TaskState.HANDED, tmp_path)
        other = add(database, "note")
        until_state(database, other, TaskState.DONE, tmp_path)
    assert times_done(tmp_path, task) == 1


# --- several workers


@pytest.mark.faults
def test_what_a_dead_worker_had_begun_another_carries_out(
    database: Database, tmp_path: Path
) -> None:
    """The dead one is never started again: two workers, each with a number of its own."""
    task = add(database, "hang_once")
    with engine(database, tmp_path) as first:
        until(lambda: times_done(tmp_path, task) == 1, tmp_path)
        with engine(database, tmp_path):
            other = add(database, "note")
            until_state(database, other, TaskState.DONE, tmp_path)
            assert times_done(tmp_path, task) == 1
            first.kill()
            until_state(database, task, TaskState.DONE, tmp_path)
    assert times_done(tmp_path, task) == 2


@pytest.mark.faults
def test_what_a_living_worker_has_begun_nobody_takes_from_it(
    database: Database, tmp_path: Path
) -> None:
    task = add(database, "hang_once")
    with engine(database, tmp_path) as first:
        until(lambda: times_done(tmp_path, task) == 1, tmp_path)
        with engine(database, tmp_path):
            # Twice as long as it takes to look around: what is due then is found by both looks.
            later = add(
                database, "note", due_at=clock.now() + timedelta(seconds=2 * AROUND_SECONDS)
            )
            until_state(database, later, TaskState.DONE, tmp_path)
            assert times_done(tmp_path, task) == 1
            first.kill()


@pytest.mark.faults
def test_what_the_engine_has_lost_is_handed_over_again(database: Database, tmp_path: Path) -> None:
    """As when its own tables were restored from a copy that is older than ours."""
    task = add(database, "note")
    with database.write() as session:
        lost = session.get_one(Task, task.id)
        lost.state, lost.due_at = TaskState.HANDED, clock.now() - 2 * OVERDUE
    with engine(database, tmp_path):
        until_state(database, task, TaskState.DONE, tmp_path)
    assert times_done(tmp_path, task) == 1


@pytest.mark.faults
def test_a_number_is_free_again_when_its_worker_is_killed(
    database: Database, tmp_path: Path
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    slots = slots_for(url, tmp_path)
    task = add(database, "note")
    with engine(database, tmp_path) as process:
        until_state(database, task, TaskState.DONE, tmp_path)
        with nobody_holds(slots, 1) as free:
            assert not free
        process.kill()
        process.wait()

        def freed() -> bool:
            with nobody_holds(slots, 1) as free:
                return free

        until(freed, tmp_path)


def test_each_worker_has_a_number_of_its_own(database: Database, tmp_path: Path) -> None:
    slots = slots_for(database.engine.url.render_as_string(hide_password=False), tmp_path)
    first, second = first_free(slots), first_free(slots)
    assert (first.number, second.number) == (1, 2)
    assert first.held()
    first.release()
    third = first_free(slots)
    assert third.number == 1
    for slot in (second, third):
        slot.release()


@pytest.mark.faults
def test_what_fails_again_and_again_holds_up_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    """As when the mail server is away: more mails wait than there are hands."""
    failing = [add(database, "fail") for _ in range(12)]
    with engine(database, tmp_path):
        until(lambda: all(times_done(tmp_path, task) for task in failing), tmp_path)
        until_state(database, add(database, "note"), TaskState.DONE, tmp_path)
        with database.read() as session:
            states = {session.get_one(Task, task.id).state for task in failing}
    assert states <= {TaskState.PENDING, TaskState.HANDED}


class AwayForAWhile:
    """Numbers in a database that is restarted: what was held is forgotten, then nobody answers."""

    def __init__(self) -> None:
        self.away = 0
        self.taken: list[HeldForAWhile] = []

    def take(self, number: int) -> Slot | None:
        if self.away:
            self.away -= 1
            raise ConnectionError("the database is away")
        self.taken.append(HeldForAWhile(number))
        return self.taken[-1]


class HeldForAWhile:
    def __init__(self, number: int) -> None:
        self.number = number
        self.forgotten = self.released = False

    def held(self) -> bool:
        assert not self.released, "a connection that was closed can't be asked"
        return not self.forgotten

    def release(self) -> None:
        assert not self.released, "released twice"
        self.released = True


def test_a_database_that_is_away_for_longer_than_a_look_costs_no_number() -> None:
    slots = AwayForAWhile()
    worker = WorkerNumber(slots)
    slots.taken[0].forgotten, slots.away = True, 3
    for _ in range(3):
        with pytest.raises(ConnectionError):
            worker.keep()
        assert worker.lost
    worker.keep()
    assert not worker.lost
    assert [each.number for each in slots.taken] == [1, 1]
    worker.release()
