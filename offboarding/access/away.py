"""Systems that did not answer a moment ago."""

from datetime import datetime, timedelta
from threading import Lock

from offboarding import clock

AWAY = timedelta(seconds=30)
"""So long after a try without an answer no other is made, for any customer."""


class AwaySystems:
    """Spares the workers: one that waits for a silent system does nothing else meanwhile.

    Where hundreds of subscriptions end in one hour, each try would else take its fifteen seconds,
    and everybody's mails would wait behind them.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._lock = Lock()

    def is_away(self, system: str) -> bool:
        """Whether to leave it alone. When the time is over, the first to ask may try, alone."""
        with self._lock:
            until = self._until.get(system)
            if until is None:
                return False
            if clock.now() < until:
                return True
            self._until[system] = clock.now() + AWAY
            return False

    def note(self, system: str, *, answered: bool) -> None:
        """How a try ended."""
        with self._lock:
            if answered:
                self._until.pop(system, None)
            else:
                self._until[system] = clock.now() + AWAY
