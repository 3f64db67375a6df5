"""The practice scenarios as they are now: read once, and again when a file changes."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

import structlog

from offboarding.errors import PolicyError
from offboarding.policies.reading import read_policy
from offboarding.practice.reading import Scenarios, load_scenarios
from offboarding.practice.rules import Reactions, ReviewRules
from offboarding.settings import REPOSITORY

_LOG = structlog.get_logger(__name__)

FOLDER = REPOSITORY / "practice"
_OF_RULES = ("review.yml", "reactions.yml")

_Stamp = tuple[tuple[str, int, int], ...]


class Shelf:
    """Reading them takes a moment, so they are kept. Safe for several threads.

    Each raises PolicyError while what it needs could never be read; a later mistake keeps in force
    what was read last.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._all = _Kept(lambda: sorted(folder.rglob("*.yml")), lambda: load_scenarios(folder))
        self._rules = _Kept(
            lambda: [folder / name for name in _OF_RULES], lambda: _rules_alone(folder)
        )

    def scenarios(self) -> Scenarios:
        """What can be practised."""
        return self._all.now()

    def rules(self) -> Scenarios:
        """What a practice needs that has begun: quick to read, and without any scenario."""
        return self._rules.now()


class _Kept:
    """What was read of some files, until one of them changes."""

    def __init__(self, files: Callable[[], Iterable[Path]], read: Callable[[], Scenarios]) -> None:
        self._files = files
        self._read = read
        self._lock = Lock()
        self._stamp: _Stamp | None = None
        self._found: Scenarios | None = None

    def now(self) -> Scenarios:
        """As it is now. Raises PolicyError."""
        with self._lock:
            stamp = tuple(_stamp(file) for file in self._files())
            if self._found is not None and stamp == self._stamp:
                return self._found
            try:
                self._found = self._read()
            except PolicyError as error:
                if self._found is None:
                    raise
                _LOG.error("practice_refused", problem=error.sentence)
            self._stamp = stamp
            return self._found


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return (str(file), 0, 0)
    return (str(file), status.st_mtime_ns, status.st_size)


def _rules_alone(folder: Path) -> Scenarios:
    return Scenarios(
        by_id={},
        rules=read_policy(folder / "review.yml", ReviewRules),
        reactions=read_policy(folder / "reactions.yml", Reactions),
    )
