"""What can go wrong between the application and Stripe, on request."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from sandbox.stripe.form import Json


@dataclass(frozen=True)
class ApiCall:
    """A call that reached the stand-in."""

    method: str
    path: str
    key: str
    """Its idempotency key; empty without one."""
    parameters: Json
    status: int = 0
    """What was answered."""
    replayed: bool = False


BEFORE = frozenset({"limit", "fail", "hang"})
AFTER = frozenset({"fail_after", "hang_after"})


@dataclass
class Planned:
    """A fault of the next few calls."""

    fault: str
    left: int
    where: str
    status: int = 0
    kept: bool = False


class Faults:
    """Each method plans one thing for the next few calls; `clear` ends all of it.

    `where` is a part of `POST /v1/refunds`, so that it says for which calls; by default any write.
    """

    def __init__(self) -> None:
        self.calls: list[ApiCall] = []
        """The application's calls, the latest last."""
        self._planned: list[Planned] = []
        self._hanging: list[Callable[[], None]] = []
        self.hung = asyncio.Event()
        """Set when a call hangs."""

    def limit(self, calls: int = 1, *, where: str = "") -> None:
        """Answer with 429, before anything happens."""
        self._planned.append(Planned("limit", calls, where, 429))

    def fail(
        self, calls: int = 1, *, where: str = "", status: int = 500, after: bool = False
    ) -> None:
        """Fail on the server, before or after the effect.

        Stripe keeps the answer of a key once it began the work, an error 500 included: the same
        key gets it again, whether there was an effect or not.
        """
        fault = "fail_after" if after else "fail"
        self._planned.append(Planned(fault, calls, where, status, kept=True))

    def hang(self, calls: int = 1, *, where: str = "", after: bool = True) -> None:
        """Never answer, though the call took effect, or before it does.

        Before, its key is in use until the faults are cleared, and then was never used.
        """
        self._planned.append(Planned("hang_after" if after else "hang", calls, where))

    def clear(self) -> None:
        """Let nothing go wrong any more, and let what hangs end. May be called from any thread."""
        self._planned = []
        hanging, self._hanging = self._hanging, []
        for let_go in hanging:
            let_go()

    def take(self, moment: frozenset[str], method: str, path: str) -> Planned | None:
        """The fault that is planned for this moment (BEFORE, AFTER) of a call, once."""
        called = f"{method} {path}"
        for planned in self._planned:
            fits = planned.where in called if planned.where else method != "GET"
            if planned.left and planned.fault in moment and fits:
                planned.left -= 1
                return planned
        return None

    async def hanging(self, forget: Callable[[], object] = lambda: None) -> Response:
        """Wait until the faults are cleared; `forget` is called then."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def let_go() -> None:
            forget()
            loop.call_soon_threadsafe(ended.set)

        self._hanging.append(let_go)
        self.hung.set()
        await ended.wait()
        return JSONResponse({}, 504)
