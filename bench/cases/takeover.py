"""How long it takes until the work of a worker that was killed is done by another."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta

import sqlalchemy as sa

from bench.cases.seat import Seat, seat
from bench.processes import BenchError
from offboarding import clock
from offboarding.background.model import Task, TaskState
from tools.postgres import throwaway_cluster

CASES = 40
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05
AIM_SECONDS = 30.0

_BEGUN = sa.text(
    "SELECT executor_id, workflow_uuid FROM dbos.workflow_status "
    "WHERE status = 'PENDING' AND executor_id LIKE 'offboarding-%'"
)


def takeovers(times: int) -> list[float]:
    """Seconds from a kill -9 to the last of what the worker had begun, so many times."""
    return [_takeover() for _ in range(times)]


def _takeover() -> float:
    with ExitStack() as stack:
        seated = stack.enter_context(seat(stack.enter_context(throwaway_cluster())))
        (seated.folder / "slow").touch()  # so that each is met in the middle of its work
        first = stack.enter_context(seated.worker())
        # The first number is the first one's: it starts alone.
        _until(lambda: seated.started() == 1, "a worker to start")
        stack.enter_context(seated.worker())
        _until(lambda: seated.started() == 2, "another to start")
        seated.leave(CASES, clock.now() + timedelta(seconds=2))
        _until(lambda: len(_begun_by(seated, 1)) > 0 and seated.ended() > 0, "the first to begin")
        first.kill()
        first.wait()
        killed_at = time.perf_counter()
        begun = _begun_by(seated, 1)
        _until(lambda: _all_done(seated, begun), "its work to be taken over")
        return time.perf_counter() - killed_at


def _begun_by(seated: Seat, number: int) -> list[str]:
    """The workflows that this worker has in its hands."""
    with seated.database.read() as session:
        try:
            found = session.execute(_BEGUN).all()
        except sa.exc.ProgrammingError:  # the engine has not made its tables yet
            return []
        return [name for executor, name in found if executor == f"offboarding-{number}"]


def _all_done(seated: Seat, names: Sequence[str]) -> bool:
    """A workflow's name is its task's key, and `#` and a number from the second turn on."""
    keys = {name.partition("#")[0] for name in names}
    with seated.database.read() as session:
        left = sa.select(sa.func.count(Task.id)).where(
            Task.key.in_(keys), Task.state != TaskState.DONE
        )
        return not session.scalar(left)


def _until(look: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > end:
            raise BenchError(f"Waited {PATIENCE_SECONDS:.0f} s for {what}.")
        time.sleep(LOOK_SECONDS)
