"""The one place that reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC. Tests move it with time-machine."""
    return datetime.now(UTC)
