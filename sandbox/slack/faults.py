"""What can go wrong between Slack and the app, on request of a test."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fastapi import Response
from fastapi.responses import JSONResponse

from sandbox.slack.model import Json
from sandbox.slack.team.workspace import Workspace

_REMEMBERED = 20_000


@dataclass(frozen=True)
class ApiCall:
    """A call that took effect, or was refused by Slack's rules."""

    method: str
    arguments: Json
    answer: Json


@dataclass
class _Planned:
    respond: Callable[[], Response] | None
    """None: never answered."""
    calls: int
    method: str
    channel: str
    after: bool


class _Connections(Protocol):
    """The Socket Mode connections, as far as something can happen to them."""

    def deafen(self) -> None: ...
    def drop(self) -> None: ...
    async def refresh(self) -> None: ...


class Faults:
    """Each method plans one thing; `clear` ends all of it."""

    def __init__(self, workspace: Workspace) -> None:
        self.calls: deque[ApiCall] = deque(maxlen=_REMEMBERED)
        """The app's calls, the latest last."""
        self.limited = 0
        """How often the app was told to wait."""
        self.failed = 0
        """How often it was told, by chance, that something failed."""
        self.doubled = 0
        """How many events were delivered twice."""
        self._workspace = workspace
        self._planned: list[_Planned] = []
        self._cleared = asyncio.Event()
        self._copies = 0
        self._held: list[Json] | None = None
        self._release: Callable[[Json], None] = lambda _event: None
        self._connections: _Connections | None = None
        self._per_second: float | None = None
        self._burst = 1
        self._posted: dict[str, deque[float]] = {}
        self._chance = random.Random(0)  # noqa: S311 (weather, not a secret)
        self._odds = (0.0, 0.0, 0.0)

    def attach(self, release: Callable[[Json], None], connections: _Connections) -> None:
        """Take hold of the deliveries; for the stand-in itself."""
        self._release, self._connections = release, connections

    # What the app calls

    def limit(
        self, calls: int = 1, *, method: str = "", channel: str = "", retry_after: int = 1
    ) -> None:
        """Answer the next calls with 429; of one method or in one channel alone, if named."""
        self._plan(lambda: self._limited(retry_after), calls, method, channel, after=False)

    def limit_channels(self, per_second: float | None = 1.0, burst: int = 3) -> None:
        """Answer 429 whenever more is posted into a channel than this; None for no limit."""
        self._per_second, self._burst, self._posted = per_second, burst, {}

    def fail(
        self,
        calls: int = 1,
        *,
        method: str = "",
        channel: str = "",
        status: int = 500,
        after: bool = False,
    ) -> None:
        """Answer the next calls with a server's failure, before or after they took effect."""
        self._plan(lambda: Response("", status), calls, method, channel, after=after)

    def hang(
        self, calls: int = 1, *, method: str = "", channel: str = "", after: bool = False
    ) -> None:
        """Leave the next calls without an answer, before or after they took effect."""
        self._plan(None, calls, method, channel, after=after)

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archive a channel, or bring it back."""
        self._workspace.set_archived(self._workspace.channel(channel), archived=archived)

    def revoke_token(self, *, revoked: bool = True) -> None:
        """Let the bot's token count no more, or again."""
        self._workspace.revoked = revoked

    def remove_bot(self, channel: str) -> None:
        """Take the app out of a channel."""
        bot = self._workspace.user("offboarding")
        self._workspace.set_member(self._workspace.channel(channel), bot.id, member=False)

    def remove_scope(self, scope: str) -> None:
        """Take a permission from the app."""
        self._workspace.scopes.discard(scope)

    def deactivate(self, agent: str, *, active: bool = False) -> None:
        """Deactivate somebody's account, or bring it back."""
        self._workspace.set_active(self._workspace.user(agent), active=active)

    def make_guest(self, agent: str) -> None:
        """Make somebody a guest of the workspace."""
        self._workspace.user(agent).guest = True

    def from_elsewhere(self, agent: str) -> None:
        """Have somebody belong to another workspace with which the channels are shared."""
        self._workspace.user(agent).team_id = "T0ELSEWHERE"

    # What reaches the app

    def duplicate_events(self, events: int = 1) -> None:
        """Deliver the next events twice each."""
        self._copies = events

    def hold_events(self) -> None:
        """Deliver no event until `release_events`: they come late."""
        self._held = [] if self._held is None else self._held

    def release_events(self, *, backwards: bool = False) -> int:
        """Deliver what was held, in order or the latest first; how many there were."""
        held, self._held = self._held or [], None
        for event in reversed(held) if backwards else held:
            self._release(event)
        return len(held)

    def deafen_sockets(self) -> None:
        """Every open connection stays open, and neither hears nor says anything more."""
        if self._connections is not None:
            self._connections.deafen()

    def drop_sockets(self) -> None:
        """Every open connection breaks without a word."""
        if self._connections is not None:
            self._connections.drop()

    async def refresh_sockets(self) -> None:
        """Every open connection is closed as Slack does now and then, with a `disconnect`."""
        if self._connections is not None:
            await self._connections.refresh()

    def weather(
        self, *, limited: float = 0, failed: float = 0, doubled: float = 0, seed: int = 1
    ) -> None:
        """From now on, by chance: 429s, failures before the effect, events delivered twice."""
        self._chance = random.Random(seed)  # noqa: S311 (weather, not a secret)
        self._odds = (limited, failed, doubled)

    def clear(self) -> None:
        """Nothing goes wrong any more. What the workspace has become (archived, …) stays."""
        self._planned, self._copies, self._per_second = [], 0, None
        self._odds = (0.0, 0.0, 0.0)
        self._cleared.set()
        self._cleared = asyncio.Event()
        self.release_events()

    # For the stand-in itself

    async def before(self, method: str, channel: str) -> Response | None:
        """What the app gets instead of the method's effect."""
        limited, failed, _ = self._odds
        if self._chance.random() < limited or self._too_fast(method, channel):
            return self._limited(1)
        if self._chance.random() < failed:
            self.failed += 1
            return Response("", 503)
        return await self._planned_answer(method, channel, after=False)

    async def after(self, method: str, channel: str) -> Response | None:
        """What the app gets instead of the answer."""
        return await self._planned_answer(method, channel, after=True)

    def note(self, call: ApiCall) -> None:
        """Remember a call."""
        self.calls.append(call)

    def holds(self, event: Json) -> bool:
        """Whether this event has to wait."""
        if self._held is None:
            return False
        self._held.append(event)
        return True

    def copies(self) -> int:
        """How often the next event is delivered."""
        if self._copies > 0:
            self._copies -= 1
        elif self._chance.random() >= self._odds[2]:
            return 1
        self.doubled += 1
        return 2

    def _plan(
        self,
        respond: Callable[[], Response] | None,
        calls: int,
        method: str,
        channel: str,
        *,
        after: bool,
    ) -> None:
        where = self._workspace.channel(channel).id if channel else ""
        self._planned.append(_Planned(respond, calls, method, where, after))

    async def _planned_answer(self, method: str, channel: str, *, after: bool) -> Response | None:
        for planned in self._planned:
            fits = planned.method in ("", method) and planned.channel in ("", channel)
            if planned.calls > 0 and planned.after == after and fits:
                planned.calls -= 1
                if planned.respond is not None:
                    return planned.respond()
                await self._cleared.wait()
                return Response("", 504)
        return None

    def _limited(self, retry_after: int) -> Response:
        self.limited += 1
        self._workspace.changes.touch()
        return JSONResponse(
            {"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(retry_after)}
        )

    def _too_fast(self, method: str, channel: str) -> bool:
        if self._per_second is None or method != "chat.postMessage":
            return False
        now = time.monotonic()
        posted = self._posted.setdefault(channel, deque())
        while posted and now - posted[0] > self._burst / self._per_second:
            posted.popleft()
        if len(posted) >= self._burst:
            return True
        posted.append(now)
        return False
