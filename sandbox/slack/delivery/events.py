"""Events, as Slack writes them: each once, in order, and again when the app did not take one."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from sandbox.slack.delivery.transport import NotAnsweredError, Parcel, Transport
from sandbox.slack.delivery.wording import events_of
from sandbox.slack.faults import Faults
from sandbox.slack.model import Json
from sandbox.slack.people import APP_ID, BOT_USER_ID, TEAM_ID
from sandbox.slack.team.changes import Change, Changes
from sandbox.slack.team.workspace import Workspace

log = structlog.get_logger(__name__)
RETRY_SECONDS = (0.0, 60.0, 300.0)
_REMEMBERED = 20_000


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an event."""

    event_id: str
    kind: str
    attempt: int
    problem: str
    """Slack's word for what went wrong; empty when the app took it."""


class Events:
    """Delivers the events of a workspace.

    Those of one channel are offered one after another, so that they come in order unless one
    fails or a fault is asked for; Slack promises no order at all.
    """

    def __init__(
        self,
        workspace: Workspace,
        transport: Transport,
        faults: Faults,
        *,
        subscribed: frozenset[str],
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=_REMEMBERED)
        """Every attempt, the latest last."""
        self._workspace = workspace
        self._transport = transport
        self._faults = faults
        self._subscribed = subscribed
        self._retry_seconds = retry_seconds
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = False

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._tasks

    def start(self) -> None:
        """Deliver from now on."""
        self._running = True

    async def stop(self) -> None:
        """Deliver nothing more; what is on its way is dropped."""
        self._running = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def tell(self, change: Change) -> None:
        """Deliver what a change of the workspace means, if the app has subscribed to it."""
        channel = change.channel
        if channel is not None and BOT_USER_ID not in channel.members:
            return
        for event in events_of(change, self._workspace):
            self.send(event)

    def send(self, event: Json) -> None:
        """Deliver an event of any kind."""
        if not self._running or event["type"] not in self._subscribed:
            return
        body = _wrapped(event)
        if not self._faults.holds(body):
            self.dispatch(body)

    def dispatch(self, body: Json) -> None:
        """Deliver a whole event, whatever is held."""
        if not self._running:
            return
        for _ in range(self._faults.copies()):
            queue = str(body["event"].get("channel", ""))
            first = asyncio.create_task(self._first(body, self._last.get(queue)))
            self._last[queue] = first
            self._watch(first)

    async def _first(self, body: Json, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        problem = await self._attempt(body, 0, "")
        if problem:
            self._watch(asyncio.create_task(self._again(body, problem)))

    async def _again(self, body: Json, problem: str) -> None:
        for attempt, pause in enumerate(self._retry_seconds, start=1):
            await asyncio.sleep(pause)
            problem = await self._attempt(body, attempt, problem)
            if not problem:
                return

    async def _attempt(self, body: Json, attempt: int, reason: str) -> str:
        problem, final = "", False
        try:
            await self._transport.send(Parcel.EVENT, body, attempt, reason)
        except NotAnsweredError as error:
            problem, final = error.reason, error.final
            log.info("sandbox_slack_event_not_taken", attempt=attempt, problem=problem)
        kind = body["event"]["type"]
        self.deliveries.append(Delivery(body["event_id"], kind, attempt, problem))
        self._changes.touch()
        return "" if final else problem

    @property
    def _changes(self) -> Changes:
        return self._workspace.changes

    def _watch(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changes.touch()


def _wrapped(event: Json) -> Json:
    return {
        "token": "stand-in-verification-token",
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev0{secrets.token_hex(5).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(24)}",
    }
