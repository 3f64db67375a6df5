"""What can go wrong between phones, Twilio and the application, on request."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from fastapi import Response
from fastapi.responses import JSONResponse

from sandbox.phone.errors import TwilioRefusal, too_many
from sandbox.phone.network.model import Json

_REMEMBERED = 20_000
QUEUE_SECONDS = 36_000.0
"""So long a text may wait for its turn: ten hours (twilio.com/docs/errors/21611)."""
NEVER_SENT = frozenset({30022, 30034})
"""The network refuses these before anything goes out, so that they are never `sent`."""


class Fault(StrEnum):
    """What may be planned for the next few times."""

    LIMIT = "limit"
    FAIL = "fail"
    FAIL_AFTER = "fail_after"
    HANG = "hang"
    HANG_AFTER = "hang_after"
    REFUSE = "refuse"
    DUPLICATE_TEXTS = "duplicate_texts"
    REPEAT_TEXTS = "repeat_texts"
    DOUBLE_CALLBACKS = "double_callbacks"
    REVERSE_CALLBACKS = "reverse_callbacks"
    LOSE_CALLBACKS = "lose_callbacks"
    UNDELIVERABLE = "undeliverable"


_BEFORE = (Fault.LIMIT, Fault.FAIL, Fault.HANG, Fault.REFUSE)
_AFTER = (Fault.FAIL_AFTER, Fault.HANG_AFTER)


@dataclass(frozen=True)
class ApiCall:
    """A call that took effect, or was refused by Twilio's rules."""

    method: str
    path: str
    parameters: Json
    status: int
    answer: Json


@dataclass(frozen=True)
class Fate:
    """What is in store for a text of ours."""

    error_code: int | None = None
    """With which it ends undelivered."""
    callbacks: int = 1
    """How often each report is sent."""
    backwards: bool = False


@dataclass
class _Planned:
    fault: Fault
    left: int
    reading: bool = False
    phone: str = ""
    value: int = 0
    pause: int | None = None


class Faults:
    """Each method plans one thing for the next few times; `clear` ends all of it."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self.calls: deque[ApiCall] = deque(maxlen=_REMEMBERED)
        """The application's calls, the latest last."""
        self._tell = tell
        self._planned: list[_Planned] = []
        self._cleared = asyncio.Event()
        self._turns_changed = asyncio.Event()
        self._per_second: float | None = None
        self._queue_seconds = QUEUE_SECONDS
        self._free_at: dict[str, float] = {}

    # What the application calls

    def limit(
        self, calls: int = 1, *, retry_after: int | None = None, reading: bool = False
    ) -> None:
        """Answer the next calls with 429 and 20429: those that send, or those that read.

        Twilio promises no Retry-After; with `retry_after` there is one.
        """
        self._plan(_Planned(Fault.LIMIT, calls, reading, pause=retry_after))

    def fail(
        self, calls: int = 1, *, status: int = 500, after: bool = False, reading: bool = False
    ) -> None:
        """Answer the next calls with a server's failure, before or after they took effect."""
        fault = Fault.FAIL_AFTER if after else Fault.FAIL
        self._plan(_Planned(fault, calls, reading, value=status))

    def hang(self, calls: int = 1, *, after: bool = True, reading: bool = False) -> None:
        """Leave the next calls without an answer, though they took effect, or before they do."""
        fault = Fault.HANG_AFTER if after else Fault.HANG
        self._plan(_Planned(fault, calls, reading))

    def refuse(self, code: int, sends: int = 1, *, status: int = 400) -> None:
        """Refuse the next texts with one of Twilio's error codes."""
        self._plan(_Planned(Fault.REFUSE, sends, value=code, pause=status))

    def limit_senders(
        self, segments_per_second: float | None = 1.0, *, queue_seconds: float = QUEUE_SECONDS
    ) -> None:
        """Let each sender send this fast and no faster, as a long code does; None for no limit.

        What is more waits as `queued`; what would wait longer than `queue_seconds` is refused with
        21611. What waits already when this is called is sent at once.
        """
        self._per_second, self._queue_seconds = segments_per_second, queue_seconds
        self._free_at = {}
        self._turns_changed.set()
        self._turns_changed = asyncio.Event()
        self._tell()

    # What becomes of the application's texts

    def undeliverable(self, code: int = 30003, texts: int = 1, *, phone: str = "") -> None:
        """Let the next texts, or those to one phone, end undelivered with this error code."""
        self._plan(_Planned(Fault.UNDELIVERABLE, texts, phone=phone, value=code))

    def double_callbacks(self, texts: int = 1) -> None:
        """Send every report of the next texts twice."""
        self._plan(_Planned(Fault.DOUBLE_CALLBACKS, texts))

    def reverse_callbacks(self, texts: int = 1) -> None:
        """Send the reports of the next texts in the opposite order, when all of it is over."""
        self._plan(_Planned(Fault.REVERSE_CALLBACKS, texts))

    def lose_callbacks(self, texts: int = 1) -> None:
        """Send no report of the next texts."""
        self._plan(_Planned(Fault.LOSE_CALLBACKS, texts))

    # What reaches the application

    def duplicate_texts(self, texts: int = 1) -> None:
        """Deliver the next texts of phones twice at the same time, each under one MessageSid."""
        self._plan(_Planned(Fault.DUPLICATE_TEXTS, texts))

    def repeat_texts(self, texts: int = 1) -> None:
        """Deliver the next texts of phones once more under another MessageSid, as networks do."""
        self._plan(_Planned(Fault.REPEAT_TEXTS, texts))

    # All of it

    def clear(self) -> None:
        """Let nothing go wrong any more, and go on with what hung or waited."""
        self._planned = []
        self._cleared.set()
        self._cleared = asyncio.Event()
        self.limit_senders(None)

    def end(self, fault: Fault, value: int = 0) -> None:
        """Plan this no more; with `value` only where it is about this error code."""
        self._planned = [
            each
            for each in self._planned
            if each.fault is not fault or value not in (0, each.value)
        ]
        self._tell()

    def left(self, fault: Fault, value: int = 0) -> int:
        """How often this will happen yet; of those with this error code, if one is given."""
        return sum(
            each.left for each in self._planned if each.fault is fault and value in (0, each.value)
        )

    @property
    def limits_senders(self) -> bool:
        """Whether senders have to wait their turn."""
        return self._per_second is not None

    # For the stand-in itself

    async def before(self, *, reading: bool) -> Response | None:
        """What the application gets instead of the call's effect. Raises TwilioRefusal."""
        planned = self._take(*_BEFORE, reading=reading)
        if planned is None:
            return None
        if planned.fault is Fault.LIMIT:
            return _limited(planned.pause)
        if planned.fault is Fault.REFUSE:
            raise TwilioRefusal(planned.value, "Refused on request.", planned.pause or 400)
        return await self._answer(planned)

    async def after(self, *, reading: bool) -> Response | None:
        """What the application gets instead of the answer."""
        planned = self._take(*_AFTER, reading=reading)
        return None if planned is None else await self._answer(planned)

    def fate(self, phone: str) -> Fate:
        """What is in store for a text to this phone that was taken just now."""
        undelivered = self._take(Fault.UNDELIVERABLE, phone=phone)
        lost = self._take(Fault.LOSE_CALLBACKS) is not None
        doubled = not lost and self._take(Fault.DOUBLE_CALLBACKS) is not None
        backwards = not lost and self._take(Fault.REVERSE_CALLBACKS) is not None
        return Fate(
            error_code=undelivered.value if undelivered is not None else None,
            callbacks=0 if lost else 2 if doubled else 1,
            backwards=backwards,
        )

    def reserve(self, sender: str, segments: int) -> float:
        """The next turn of this sender, in seconds from now. Raises TwilioRefusal."""
        if self._per_second is None:
            return 0.0
        now = time.monotonic()
        turn = max(self._free_at.get(sender, now), now)
        if turn - now > self._queue_seconds:
            raise TwilioRefusal(21611, "Too many texts of this sender wait already.")
        self._free_at[sender] = turn + segments / self._per_second
        return turn - now

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until senders may send at another speed."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._turns_changed.wait(), seconds)

    def doubles_text(self) -> bool:
        """Whether the next text is delivered twice under one name."""
        return self._take(Fault.DUPLICATE_TEXTS) is not None

    def repeats_text(self) -> bool:
        """Whether it is delivered once more under another name."""
        return self._take(Fault.REPEAT_TEXTS) is not None

    def note(self, call: ApiCall) -> None:
        """Remember a call."""
        self.calls.append(call)

    def _plan(self, planned: _Planned) -> None:
        self._planned.append(planned)
        self._tell()

    def _take(self, *faults: Fault, reading: bool = False, phone: str = "") -> _Planned | None:
        for planned in self._planned:
            fits = planned.reading == reading and planned.phone in ("", phone)
            if planned.fault in faults and fits and planned.left > 0:
                planned.left -= 1
                self._planned = [each for each in self._planned if each.left > 0]
                self._tell()
                return planned
        return None

    async def _answer(self, planned: _Planned) -> Response:
        if planned.fault in (Fault.FAIL, Fault.FAIL_AFTER):
            return Response("", planned.value)
        await self._cleared.wait()
        return Response("", 504)


def _limited(retry_after: int | None) -> Response:
    refusal = too_many()
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(refusal.answer, refusal.status, headers=headers)
