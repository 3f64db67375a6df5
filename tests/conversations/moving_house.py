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

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._travel: time_machine.travel | None = None

    def command(self) -> list[str]:
        """See House. -P: what lies beside that file is not to be found by the application."""
        return [sys.executable, "-P", str(Path(moved_clock.__file__)), "run"]

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Within, it is this moment, and time goes on from it."""
        self._set(moment)
        try:
            yield
        finally:
            self._stop_here()
            self._tell(clock.now())

    def later(self, passed: timedelta) -> None:
        """Let so much time pass at once."""
        self._set(clock.now() + passed)

    def mail_summaries(self) -> list[MailSummary]:
        """Every mail there is, newest first."""
        return MailStore(self.folder).summaries()

    def _set(self, moment: datetime) -> None:
        self._tell(moment)
        self._stop_here()
        self._travel = time_machine.travel(moment, tick=True)
        self._travel.start()

    def _stop_here(self) -> None:
        if self._travel is not None:
            self._travel.stop()
            self._travel = None

    def _tell(self, moment: datetime) -> None:
        """Move the application's clock, and return once it is moved."""
        wanted = moment.isoformat()
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(f"{wanted}\n")
        process.stdin.flush()
        wait_for(lambda: self._obeyed(wanted), "the application's clock to be moved")

    def _obeyed(self, wanted: str) -> bool:
        try:
            line = self._lines.get(timeout=0.2)
        except Empty:
            assert self._running().poll() is None, "the application ended"
            return False
        return line.strip() == f"{moved_clock.ANSWER} {wanted}"
