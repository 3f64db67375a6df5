"""`offboard` on a clock that can be moved: each line of its input is how many seconds it is ahead.

Time goes on from there as usual. Everything is the real application; only what it reads as the
present is another. Seconds ahead and not a moment, so that two processes that are told the same
agree, however long the telling takes.
"""

import sys
from datetime import UTC, datetime, timedelta
from threading import Thread

import time_machine

from offboard.commands import main

ANSWER = "Clock:"
"""What is written back, with the line, once it was obeyed."""


def ahead(seconds: float) -> time_machine.travel:
    """A clock that is so far ahead of the real one. To be made while none is in force."""
    return time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True)


def _obey() -> None:
    clock = None
    for line in sys.stdin:
        if clock is not None:
            clock.stop()
        clock = ahead(float(line))
        clock.start()
        sys.stdout.write(f"{ANSWER} {line}")
        sys.stdout.flush()


if __name__ == "__main__":
    Thread(target=_obey, name="clock", daemon=True).start()
    main()
