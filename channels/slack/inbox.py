"""What Slack tells us: kept once for each event id, then dealt with in the order it came.

Slack repeats an event whose first delivery it takes for lost. So an event is answered only once it
is kept, and one that is there already is answered and not dealt with again (known failure F9).
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.model import EventState, SlackEvent
from channels.slack.set_aside import tell_author
from offboarding import clock
from offboarding.database import Database

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
ATTEMPTS = 10
PAUSE_SECONDS = 0.5
NOT_YET_SECONDS = 0.1


class NotYetError(Exception):
    """What is needed to deal with an event is on its way.

    It and its thread's others wait; those of other threads do not.
    """


DealWith = Callable[[Session, Mapping[str, Any]], None]


class EventInbox:
    """Keeps events and deals with them, one after the other.

    `deal_with(session, event)` does so within a transaction, or raises NotYetError; `done()` is
    called after each.
    """

    def __init__(self, database: Database, deal_with: DealWith, done: Callable[[], None]) -> None:
        self._database = database
        self._deal_with = deal_with
        self._done = done
        self._passed = 0
        """Up to which position those that have to wait were passed over."""
        self._waiting: set[str] = set()
        """The threads of these."""
        self._resting: dict[str, float] = {}
        """The threads with something that failed, and until when they rest."""
        self._woken = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the event loop that runs now; what an earlier process left is taken up."""
        self._working = asyncio.create_task(self._keep_working())

    async def stop(self) -> None:
        """End; what is left is taken up at the next start."""
        if self._working is not None:
            self._working.cancel()
            with suppress(asyncio.CancelledError):
                await self._working

    async def take(self, event_id: str, event: Mapping[str, Any]) -> bool:
        """Keep an event; whether it is new. Raises what the database raises: Slack repeats it."""
        new = await in_thread(self._keep, event_id, dict(event))
        if new:
            self._woken.set()
        return new

    def _keep(self, event_id: str, event: dict[str, Any]) -> bool:
        try:
            with self._database.write() as session:
                known = sa.select(SlackEvent.position).where(SlackEvent.event_id == event_id)
                if session.scalar(known) is not None:
                    return False
                session.add(SlackEvent(event_id=event_id, event=event, received_at=clock.now()))
        except IntegrityError:  # it came twice in the same instant
            return False
        return True

    async def _keep_working(self) -> None:
        while True:
            self._woken.clear()
            try:
                while await in_thread(self._next):
                    self._done()
            except NotYetError:
                await asyncio.sleep(NOT_YET_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 (the database is away: all is tried again)
                _LOG.error("slack_inbox_failed", **describe(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    def _next(self) -> bool:
        """Deal with the next event; whether there was one. NotYetError: some have to wait."""
        with self._database.write() as session:
            event = session.scalar(_earliest(self._passed).with_for_update())
            if event is None:
                return self._begin_anew()
            position, thread = event.position, _thread(event)
            if thread in self._waiting or self._rests(thread):
                self._passed = position
                self._waiting.add(thread)
                return True
            event.attempts += 1
            attempts = event.attempts
        if attempts > ATTEMPTS:
            return self._set_aside(position)
        try:
            with self._database.write() as session:
                event = session.get_one(SlackEvent, position, with_for_update=True)
                if event.state is not EventState.RECEIVED:
                    return True  # another process was faster
                self._deal_with(session, event.event)
                event.state = EventState.DONE
                event.event = {}  # what was said is in the conversation
        except NotYetError:
            self._pass_over(position, thread)
        except Exception as error:  # noqa: BLE001 (it is tried again; other threads do not wait)
            _LOG.error("slack_event_not_dealt_with", attempts=attempts, **describe(error))
            self._resting[thread] = time.monotonic() + PAUSE_SECONDS
        return True

    def _rests(self, thread: str) -> bool:
        if self._resting.get(thread, 0) > time.monotonic():
            return True
        self._resting.pop(thread, None)
        return False

    def _pass_over(self, position: int, thread: str) -> None:
        self._passed = position
        self._waiting.add(thread)
        with self._database.write() as session:
            session.execute(  # waiting is no failure
                sa.update(SlackEvent)
                .where(SlackEvent.position == position)
                .values(attempts=SlackEvent.attempts - 1)
            )

    def _begin_anew(self) -> bool:
        passed, self._passed = self._passed, 0
        self._waiting.clear()
        if passed:
            raise NotYetError
        return False

    def _set_aside(self, position: int) -> bool:
        """It fails each time: it must not hold up the others, and its author is told."""
        _LOG.error("slack_event_failed", position=position)
        try:
            with self._database.write() as session:
                event = session.get_one(SlackEvent, position, with_for_update=True)
                if event.state is EventState.RECEIVED:
                    tell_author(session, event.event, position)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with it, it has to go)
            _LOG.error("slack_author_not_told", **describe(error))
        with self._database.write() as session:
            session.execute(
                sa.update(SlackEvent)
                .where(SlackEvent.position == position, SlackEvent.state == EventState.RECEIVED)
                .values(state=EventState.FAILED, event={})
            )
        return True


def _thread(event: SlackEvent) -> str:
    """What it has to wait for and with; what belongs in no thread stands alone."""
    return str(event.event.get("thread_ts") or f"event {event.position}")


def _earliest(after: int) -> sa.Select[SlackEvent]:
    return (
        sa.select(SlackEvent)
        .where(SlackEvent.state == EventState.RECEIVED, SlackEvent.position > after)
        .order_by(SlackEvent.position)
        .limit(1)
    )
