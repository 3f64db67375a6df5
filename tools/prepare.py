"""Sets a checkout up: `tools/python -m tools.prepare [--development]`."""

import fcntl
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tools.environments import (
    APPLICATION,
    BOT,
    Environment,
    ensure,
    ensure_python_makes_environments,
)
from tools.steps import CHECKOUT, LOGS, StepError, main_of, say

FIRST_SET_UP_BYTES = 4_000_000_000
"""What both environments, the downloads of them and a trained model take, with room to spare."""


def prepare(*, development: bool) -> None:
    """Bring both environments to their lock files; does nothing where nothing changed."""
    both = (APPLICATION, BOT)
    if all(environment.current(development=development) for environment in both):
        return
    with _alone():
        stale = [each for each in both if not each.current(development=development)]
        if not stale:
            return
        _check_space(stale)
        ensure_python_makes_environments()
        new = any(not each.folder.exists() for each in stale)
        duration = "two to four minutes" if new else "a minute or less"
        say(f"Setting up: Python packages from the package registry, {duration}.")
        _ensure_all(stale, development=development)


def _ensure_all(stale: list[Environment], *, development: bool) -> None:
    with ThreadPoolExecutor() as pool:
        if APPLICATION in stale and not (APPLICATION.folder / "bin" / "uv").exists():
            # uv is installed with the first environment and then serves both.
            ensure(APPLICATION, development=development)
        jobs = [pool.submit(ensure, each, development=development) for each in stale]
        for job in jobs:
            job.result()


def _check_space(stale: list[Environment]) -> None:
    if all(each.folder.exists() for each in stale):
        return
    free = shutil.disk_usage(CHECKOUT).free
    if free < FIRST_SET_UP_BYTES:
        raise StepError(
            f"The disk of {CHECKOUT} has {free / 1e9:.1f} GB free and the first set-up needs "
            f"{FIRST_SET_UP_BYTES / 1e9:.0f} GB: free some space and run this again."
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second set-up of the same checkout waiting until the first is done."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is at work; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main_of(lambda: prepare(development="--development" in sys.argv[1:])))
