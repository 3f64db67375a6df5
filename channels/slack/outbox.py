"""Sends to Slack what waits: in order within a channel, once, over 429s, outages and crashes.

A post is marked as begun before the call and as sent after it. One that was begun and whose outcome
is unknown (this process or the connection died) is looked for in Slack by its metadata before it is
sent again.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.calls import Call, ThreadMissingError
from channels.slack.channels import Channels
from channels.slack.links import Links
from channels.slack.lookup import left_there
from channels.slack.pending import Begun, Pending
from channels.slack.queue import PostKind
from channels.slack.refusals import Outage, Refusal, refusal_of, seconds_to_wait, word_of
from channels.slack.timing import Timing
from offboarding import clock
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.policies.store import Policies

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often the outbox is looked into for what other processes or background tasks put there."""

BUILD_ATTEMPTS = 5
"""So often is tried what can't even be put into a call; then those behind it get their turn."""


class UnreadableAnswerError(Exception):
    """Slack answered something that is no object: whether it did what it was asked is unknown."""


class Outbox:
    """One task for each channel with something to send.

    `failed(hand_off_id, outage)` is called, in a worker thread, when something for it does not
    reach Slack.
    """

    def __init__(
        self,
        database: Database,
        client: AsyncWebClient,
        failed: Callable[[str, Outage], None],
        timing: Timing,
        policies: Policies,
        *,
        billing: Callable[[Session], BillingPort],
    ) -> None:
        self._client = client
        self._failed = failed
        self._timing = timing
        self._pending = Pending(database, timing.stale, policies, billing)
        self._channels = Channels(client)
        self._links = Links(client)
        self._not_built_before: Counter[int] = Counter()
        """How often the call for a post, by its position, could not be built."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the event loop that runs now; what an earlier process left is taken up."""
        self._loop = asyncio.get_running_loop()
        self._looking = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """End. What is being sent is looked for at the next start."""
        tasks = [*self._tasks.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look now. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _keep_looking(self) -> None:
        while True:
            self._woken.clear()
            try:
                for channel in await in_thread(self._pending.channels):
                    if channel not in self._tasks:
                        self._tasks[channel] = asyncio.create_task(self._drain(channel))
            except Exception as error:  # noqa: BLE001 (it is looked again in a moment)
                _LOG.warning("slack_outbox_look_failed", **describe(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def _drain(self, channel: str) -> None:
        try:
            while (begun := await in_thread(self._pending.begin, channel)) is not None:
                await self._send_or_put_off(begun)
            self._woken.set()  # something may have come while this task was about to end
        except Exception as error:  # noqa: BLE001 (the look begins a new task)
            _LOG.error("slack_outbox_failed", **describe(error))
        finally:
            del self._tasks[channel]

    async def _send_or_put_off(self, begun: Begun) -> None:
        try:
            await self._send(begun)
        except Exception as error:  # noqa: BLE001 (it must not wait until it is taken for left)
            _LOG.error("slack_outbox_failed", **describe(error))
            await self._fell_through(begun, unsure=True)

    async def _send(self, begun: Begun) -> None:
        try:
            call = await in_thread(self._pending.call, begun)
        except ThreadMissingError:
            return await self._no_thread(begun)
        except Exception as error:  # noqa: BLE001 (whatever it is, others must not wait for it)
            return await self._not_built(begun, error)
        try:
            answer = await self._made(begun, call)
        except asyncio.CancelledError:
            # We end: whoever comes next looks for it at once, and need not take it for lost first.
            self._pending.put_off(begun, 0, unsure=True)
            raise
        except SlackApiError as error:
            return await self._refused(begun, error)
        except Exception as error:  # noqa: BLE001 (timeouts and whatever else a connection does)
            _LOG.warning("slack_unreachable", method=call.method, **describe(error))
            return await self._fell_through(begun, unsure=True)
        return await in_thread(self._pending.sent, begun, answer)

    async def _made(self, begun: Begun, call: Call) -> dict[str, Any]:
        """Slack's answer to the call, or the message that an earlier try left there."""
        arguments = dict(call.arguments)
        arguments["channel"] = await self._channels.identifier(arguments["channel"])
        if begun.unsure and call.once:
            found = await left_there(self._client, begun.key, arguments)
            if found is not None:
                return {"ok": True, "channel": arguments["channel"], "ts": found}
        if call.card is not None:
            link = (await self._links.of({begun.key: call.card})).get(begun.key)
            if link is not None:
                arguments["text"] += f" <{link}|Open the card>"
        response = await self._client.api_call(call.method, json=arguments)
        content = response.data
        if not isinstance(content, dict):
            raise UnreadableAnswerError
        return content

    async def _not_built(self, begun: Begun, error: Exception) -> None:
        """It is tried some more times, for the database too may be away."""
        _LOG.error("slack_call_not_built", kind=begun.kind, **describe(error))
        self._not_built_before[begun.position] += 1
        if self._not_built_before[begun.position] < BUILD_ATTEMPTS:
            return await self._fell_through(begun, unsure=False)
        del self._not_built_before[begun.position]
        if begun.kind == PostKind.MESSAGE:
            return await in_thread(self._pending.not_shown, begun, "it can't be built")
        return await self._give_up(begun, "it can't be built")

    async def _no_thread(self, begun: Begun) -> None:
        """Its card waits for its channel, and so does this; or there never will be one."""
        if not await in_thread(self._pending.waits_for_card, begun, self._timing.closed_seconds):
            await self._give_up(begun, "there is no thread")

    async def _refused(self, begun: Begun, error: SlackApiError) -> None:
        match refusal_of(error):
            case Refusal.DONE:
                await in_thread(self._pending.sent, begun, {})
            case Refusal.LIMITED if begun.matters:
                await self._later(begun, seconds_to_wait(error), unsure=False)
            case Refusal.LIMITED:
                # Marks and cards have limits of their own; what is said does not wait for them.
                await in_thread(self._pending.park_kind, begun, seconds_to_wait(error))
            case Refusal.AWAY:
                _LOG.error("slack_away", reason=word_of(error))
                await self._tell(begun, Outage.FOR_NOW)
                await self._fell_through(begun, unsure=False)
            case Refusal.TRANSIENT:
                await self._fell_through(begun, unsure=True)
            case Refusal.UNSHOWABLE if begun.kind == PostKind.MESSAGE:
                _LOG.error("slack_cannot_show", reason=word_of(error))
                await in_thread(self._pending.not_shown, begun, word_of(error))
            case _ if begun.kind == PostKind.CARD and begun.hand_off_id is not None:
                _LOG.error("slack_closed_to_a_card", reason=word_of(error))
                await in_thread(self._pending.park, begun, self._timing.closed_seconds)
                await self._tell(begun, Outage.LASTING)
            case _:
                await self._give_up(begun, word_of(error))

    async def _fell_through(self, begun: Begun, *, unsure: bool) -> None:
        """It is tried again, after a while that grows."""
        pause = min(self._timing.pause_seconds * 2 ** min(begun.attempts - 1, 5), 60)
        await self._later(begun, pause, unsure=unsure)

    async def _later(self, begun: Begun, seconds: float, *, unsure: bool) -> None:
        """It is tried again. Where that has lasted, everybody who waits for it is told."""
        await in_thread(self._pending.put_off, begun, seconds, unsure=unsure)
        since = clock.now() - self._timing.lasting
        if begun.created_at <= since:
            for hand_off_id in await in_thread(self._pending.left_waiting, begun.channel, since):
                await in_thread(self._failed, hand_off_id, Outage.LASTING)

    async def _give_up(self, begun: Begun, reason: str) -> None:
        _LOG.error("slack_refused", kind=begun.kind, reason=reason)
        await in_thread(self._pending.given_up, begun, reason)
        await self._tell(begun, Outage.LASTING)

    async def _tell(self, begun: Begun, outage: Outage) -> None:
        if begun.matters and begun.hand_off_id is not None:
            await in_thread(self._failed, begun.hand_off_id, outage)
