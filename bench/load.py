"""Messages sent one at a time, and by many at once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Protocol

from bench.figures import Crowd, Times
from bench.messages import ALL


class Talking(Protocol):
    """Whoever can be told something, and answers before it returns."""

    def say(self, text: str) -> object: ...


def one_at_a_time(begin: Callable[[], Talking], turns: int) -> Times:
    """So many turns in a row, a new conversation after each round of messages."""
    times: list[float] = []
    while len(times) < turns:
        times += _talk(begin(), ALL[: turns - len(times)])
    return Times(times)


def at_once(begin: Callable[[], Talking], conversations: int, turns_each: int) -> Crowd:
    """So many conversations, each with the next message as soon as the last is answered."""
    talks = [begin() for _ in range(conversations)]
    began = time.perf_counter()
    with ThreadPoolExecutor(conversations) as pool:
        jobs = [
            pool.submit(_talk, talk, list(islice(cycle(ALL), first, first + turns_each)))
            for first, talk in enumerate(talks)
        ]
        times = [each for job in jobs for each in job.result()]
    seconds = time.perf_counter() - began
    return Crowd(len(times) / seconds, Times(times))


def _talk(talk: Talking, texts: Sequence[str]) -> list[float]:
    times = []
    for text in texts:
        began = time.perf_counter()
        talk.say(text)
        times.append((time.perf_counter() - began) * 1000)
    return times
