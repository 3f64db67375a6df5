"""How long is waited for Twilio, in one place; tests wait less."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Timing:
    """The waits that decide when something is taken for lost."""

    stale: timedelta = timedelta(seconds=45)
    """After this a text that was begun is taken for left behind; a call never takes so long."""
    pause_seconds: float = 1.0
    """Before a call that failed is made again; each time twice as long."""
    longest_pause_seconds: float = 60.0
    look_after_seconds: float = 20.0
    """Before a text whose outcome is unknown is looked for at Twilio."""
    catch_up_seconds: float = 60.0
    """How often Twilio is asked for texts whose webhook reached nobody."""
    ask_seconds: float = 60.0
    """How often is looked for texts of which nothing was heard."""


USUAL = Timing()
