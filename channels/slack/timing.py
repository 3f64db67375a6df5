"""How long is waited for Slack, in one place; tests wait less."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Timing:
    """The waits that decide when something is taken for lost."""

    ping_seconds: float = 10.0
    """The connection of Socket Mode is pinged so often."""
    deaf_seconds: float = 45.0
    """After so long without an answer to a ping it is taken for deaf, and made anew."""
    watch_seconds: float = 5.0
    """How often that is looked at."""
    stale: timedelta = timedelta(seconds=45)
    """After this a post that was begun is taken for left behind; a call never takes so long."""
    pause_seconds: float = 2.0
    """Before a call that failed is made again; each time twice as long, a minute at most."""
    closed_seconds: float = 300.0
    """Before a card is tried again whose channel was not there, or closed to us."""
    lasting: timedelta = timedelta(minutes=2)
    """What has not reached Slack for so long: whoever waits for an answer is told."""


USUAL = Timing()
