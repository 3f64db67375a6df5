"""Walks every kind of customer, two at a time, and gathers what was found."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from offboard import bot
from offboard.logs import configure_logs
from offboard.proof.checks import PROMISES, Distance, Finding, distances
from offboard.proof.drawing import Passage, passages
from offboard.proof.house import House, open_house
from offboard.proof.kinds import KINDS, Kind
from offboard.proof.talk import Talk
from offboard.proof.walk import Edge, Walk
from offboarding.settings import LogTarget, Settings

PROCESSES = 2
"""Each has a bot and an application of its own, of which one works while the other waits."""


@dataclass(frozen=True)
class Line:
    """One turn, in words."""

    customer: str
    assistant: str


@dataclass(frozen=True)
class Broken:
    """A promise that is broken, how often, and the shortest talk that shows it."""

    promise: str
    sentence: str
    times: int
    kind: str
    beginning: str
    talk: tuple[Line, ...]


@dataclass(frozen=True)
class Farthest:
    """The state from which Cancel is farthest."""

    distance: Distance
    kind: str
    beginning: str
    talk: tuple[Line, ...]


@dataclass(frozen=True)
class Outcome:
    """What the walk of one kind of customer found."""

    kind: str
    states: int
    turns: int
    closed: bool
    seconds: float
    broken: tuple[Broken, ...]
    farthest: Farthest
    locked: int
    """From so many states no code counts for now, and a person is the way out."""
    passages: frozenset[Passage]


def prove(
    settings: Settings, depth: int, carried: int, tell: Callable[[Outcome], None]
) -> list[Outcome]:
    """Walk all kinds of customers; each outcome is told as soon as it is there."""
    model = bot.ensure_model()
    folder = settings.data_directory / "proof"
    kinds = [replace(kind, carried=max(kind.carried, carried)) for kind in KINDS]
    with ProcessPoolExecutor(
        PROCESSES,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_open,
        initargs=(settings, folder, model),
    ) as pool:
        asked: list[Future[Outcome]] = [pool.submit(walk_through, kind, depth) for kind in kinds]
        for done in as_completed(asked):
            tell(done.result())
    return [each.result() for each in asked]


_opened = ExitStack()
_houses: list[House] = []
"""The house of this process, which serves one walk after another and ends with it."""


def _open(settings: Settings, folder: Path, model: Path) -> None:
    mine = folder / f"process-{multiprocessing.current_process().name.rpartition('-')[2]}"
    mine.mkdir(parents=True, exist_ok=True)
    own = settings.model_copy(update={"data_directory": mine, "log_to": LogTarget.FILE})
    configure_logs(own)
    _houses.append(_opened.enter_context(open_house(own, mine, model)))


def walk_through(kind: Kind, depth: int) -> Outcome:
    """Walk one kind of customer, in a process that has a house."""
    start = time.monotonic()
    walk = Walk(Talk(_houses[0], kind), depth, kind.carried)
    walk.run()
    broken = tuple(_gathered(walk, kind))
    farthest, locked = _farthest(walk, kind)
    return Outcome(
        kind=kind.name,
        states=len(walk.states),
        turns=len(list(walk.edges)),
        closed=walk.closed,
        seconds=time.monotonic() - start,
        broken=broken,
        farthest=farthest,
        locked=locked,
        passages=passages(walk),
    )


def _gathered(walk: Walk, kind: Kind) -> Iterator[Broken]:
    """What was found, the same sentence once."""
    found = [finding for promise in PROMISES for finding in promise.check(walk)]
    found.sort(key=_what)
    for (promise, sentence), same in groupby(found, _what):
        findings = list(same)
        shortest = min(findings, key=lambda each: len(each.way))
        yield Broken(
            promise,
            sentence,
            len(findings),
            kind.name,
            _beginning(walk, shortest.way),
            _told(shortest.way),
        )


def _what(finding: Finding) -> tuple[str, str]:
    return finding.promise, finding.sentence


def _farthest(walk: Walk, kind: Kind) -> tuple[Farthest, int]:
    """The state that is farthest from Cancel, and from how many states a lock bars it."""
    found = list(distances(walk))
    locked = sum(distance.by_person for _, distance, _ in found)
    _, distance, way = max(found, key=lambda each: (each[1].turns, each[1].who + each[1].which))
    return Farthest(distance, kind.name, _beginning(walk, way), _told(way)), locked


def _beginning(walk: Walk, way: Sequence[Edge]) -> str:
    return walk.visits[way[0].before].customer if way else ""


def _told(way: Sequence[Edge]) -> tuple[Line, ...]:
    return tuple(
        Line(
            edge.move.name,
            " / ".join(message.text for message in edge.turn.answer) or edge.turn.failure,
        )
        for edge in way
    )
