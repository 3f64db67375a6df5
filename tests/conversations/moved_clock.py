"""`offboard` on a clock that can be moved: each line of its input is the moment it is from then on.

Time goes on from there as usual. Everything is the real application; only what it reads as the
present is another.
"""

import sys
from datetime import datetime
from threading import Thread

import time_machine

from offboard.commands import main

ANSWER = "Clock:"
"""What is written back, with the moment, once a line was obeyed."""


def _obey() -> None:
    travel = None
    for line in sys.stdin:
        moment = line.strip()
        if travel is not None:
            travel.stop()
        travel = time_machine.travel(datetime.fromisoformat(moment), tick=True)
        travel.start()
        sys.stdout.write(f"{ANSWER} {moment}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    Thread(target=_obey, name="clock", daemon=True).start()
    main()
