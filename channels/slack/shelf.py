"""The practice scenarios as they are now: read once, and again when a file changes."""

from pathlib import Path
from threading import Lock

import structlog

from offboarding.errors import PolicyError
from offboarding.practice.reading import Scenarios, load_scenarios
from offboarding.settings import REPOSITORY

_LOG = structlog.get_logger(__name__)

FOLDER = REPOSITORY / "practice"

_Stamp = tuple[tuple[str, int, int], ...]


class Shelf:
    """Reading them takes a moment, so they are kept. Safe for several threads."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._lock = Lock()
        self._stamp: _Stamp | None = None
        self._scenarios: Scenarios | None = None

    def scenarios(self) -> Scenarios:
        """What can be practised; a mistake in the rules keeps those that were read last.

        Raises PolicyError when they could never be read.
        """
        with self._lock:
            stamp = self._look()
            if self._scenarios is not None and stamp == self._stamp:
                return self._scenarios
            try:
                self._scenarios, self._stamp = load_scenarios(self._folder), stamp
            except PolicyError as error:
                if self._scenarios is None:
                    raise
                self._stamp = stamp
                _LOG.error("practice_refused", problem=error.sentence)
            return self._scenarios

    def _look(self) -> _Stamp:
        files = sorted(self._folder.rglob("*.yml"))
        status = [(str(file), file.stat()) for file in files]
        return tuple((name, each.st_mtime_ns, each.st_size) for name, each in status)
