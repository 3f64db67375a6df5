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


BURSTS = 4


def in_turn(begins: Sequence[Callable[[], Talking]], turns: int) -> list[Times]:
    """So many turns of each side, message by message in turn; new conversations every round."""
    times: list[list[float]] = [[] for _ in begins]
    while len(times[0]) < turns:
        talks = [begin() for begin in begins]
        for text in ALL[: turns - len(times[0])]:
            for talk, taken in zip(talks, times, strict=True):
                taken.extend(_talk(talk, [text]))
    return [Times(taken) for taken in times]


def at_once_in_turn(
    begins: Sequence[Callable[[], Talking]], conversations: int, turns_each: int
) -> list[Crowd]:
    """The same crowd on each side, in several bursts in turn."""
    crowds: list[list[Crowd]] = [[] for _ in begins]
    for _ in range(BURSTS):
        for begin, taken in zip(begins, crowds, strict=True):
            taken.append(at_once(begin, conversations, max(1, turns_each // BURSTS)))
    return [_together(taken) for taken in crowds]


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


def _together(crowds: Sequence[Crowd]) -> Crowd:
    times = [each for crowd in crowds for each in crowd.times.milliseconds]
    seconds = sum(len(crowd.times.milliseconds) / crowd.per_second for crowd in crowds)
    return Crowd(len(times) / seconds, Times(times))
