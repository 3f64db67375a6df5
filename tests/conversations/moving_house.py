"""The whole house on a clock that talks can move on, here and in the application alike."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty

import time_machine

from offboarding import clock
from sandbox.mailbox import MailStore, MailSummary
from tests.conversations import moved_clock
from tests.house import House, wait_for


class MovingHouse(House):
    """A house whose present is what it is told."""

    def __init__(self, folder: Path, **variables: str) -> None:
        super().__init__(folder, **variables)
        self._clock: time_machine.travel | None = None
        self._ahead = 0.0

    def command(self) -> list[str]:
        """See House. -P: what lies beside that file is not to be found by the application."""
        return [sys.executable, "-P", str(Path(moved_clock.__file__)), "run"]

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Within, it is this moment, and time goes on from it."""
        self._move((moment - clock.now()).total_seconds())
        try:
            yield
        finally:
            self._move(0.0)
            self._stop_here()

    def later(self, passed: timedelta) -> None:
        """Let so much time pass at once."""
        self._move(self._ahead + passed.total_seconds())

    def mail_summaries(self) -> list[MailSummary]:
        """Every mail there is, newest first."""
        return MailStore(self.folder).summaries()

    def tell(self, seconds: float) -> None:
        """Move the application's clock so far ahead, and return once it is."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(f"{seconds}\n")
        process.stdin.flush()
        wait_for(lambda: self._obeyed(seconds), "the application's clock to be moved")

    def _move(self, seconds: float) -> None:
        self.tell(seconds)
        self._stop_here()
        self._ahead = seconds
        self._clock = moved_clock.ahead(seconds)
        self._clock.start()

    def _stop_here(self) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    def _obeyed(self, seconds: float) -> bool:
        try:
            line = self._lines.get(timeout=0.2)
        except Empty:
            assert self._running().poll() is None, "the application ended"
            return False
        return line.strip() == f"{moved_clock.ANSWER} {seconds}"
