"""Doing something in many threads in the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def at_once(times: int, act: Callable[[int], Result]) -> list[Result | Exception]:
    """What `act` returned or raised in each of `times` threads, which all set off together."""
    start = Barrier(times)

    def run(number: int) -> Result | Exception:
        start.wait()
        try:
            return act(number)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))
