"""The sandbox's time: moved on, never back, and kept over a restart.

The clock of the whole process is moved, so that tokens, signatures, the background engine and every
library agree on what time it is: docs/decisions/0021-the-sandbox-moves-the-whole-clock.md.
"""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from offboarding import clock
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from sandbox.company import require_sandbox

if TYPE_CHECKING:
    from time_machine import Traveller, travel


class TimeTravel:
    """How far ahead of the present this process is. May be used by several threads.

    Nothing is touched while it is at the present. Raises ConfigurationError when the sandbox is
    off, so that the time of a real company is never moved.
    """

    def __init__(self, settings: Settings) -> None:
        require_sandbox(settings)
        self._file = settings.data_directory / "sandbox-time"
        self._lock = RLock()
        self._ahead = timedelta()
        self._travel: travel | None = None
        self._traveller: Traveller | None = None

    @property
    def ahead(self) -> timedelta:
        """How far the present is behind."""
        return self._ahead

    def go_on(self) -> None:
        """Be as far ahead as it was when the last process ended. Raises ConfigurationError."""
        with self._lock:
            self._shift(_kept(self._file) - self._ahead)

    def move_to(self, moment: datetime) -> None:
        """Be at this instant; nothing happens when it has passed."""
        with self._lock:
            self.move(max(timedelta(), moment - clock.now()))

    def move(self, by: timedelta) -> None:
        """Be so much later. Raises ValueError for what leads back."""
        if by < timedelta():
            raise ValueError("time only moves on")
        with self._lock:
            _keep(self._file, self._ahead + by)  # first: nothing is ever dated later than is known
            self._shift(by)

    def return_to_present(self) -> None:
        """Be where the clock on the wall is. Only for who deletes all that was dated since."""
        with self._lock:
            self.stop()
            self._file.unlink(missing_ok=True)

    def stop(self) -> None:
        """Give the process its own clock back, and keep how far ahead it was."""
        with self._lock:
            if self._travel is not None:
                self._travel.stop()
            self._travel = self._traveller = None
            self._ahead = timedelta()

    def _shift(self, by: timedelta) -> None:
        if not by:
            return
        if self._traveller is None:
            from time_machine import travel  # noqa: PLC0415 (whoever does not move time, needs none)

            self._travel = travel(by)
            self._traveller = self._travel.start()
        else:
            self._traveller.shift(by)
        self._ahead += by


def _kept(file: Path) -> timedelta:
    try:
        ahead = timedelta(seconds=float(file.read_text(encoding="ascii")))
        _ = datetime.now(UTC) + ahead
    except FileNotFoundError:
        return timedelta()
    except (ValueError, OverflowError):
        ahead = timedelta(-1)
    if ahead < timedelta():
        raise ConfigurationError(
            f"{file} does not say by how many seconds the sandbox is ahead. Delete it, and reset "
            "the sandbox: what is dated later than today makes no sense else."
        )
    return ahead


def _keep(file: Path, ahead: timedelta) -> None:
    """Write it whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, made = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(f"{ahead.total_seconds()}\n")
    Path(made).replace(file)
