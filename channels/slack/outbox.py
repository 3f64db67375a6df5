"""Sends to Slack what waits: in order within a channel, once, over 429s, outages and crashes.

A post is marked as begun before the call and as sent after it. One that was begun and whose outcome
is unknown (this process or the connection died) is looked for in Slack by its metadata before it is
sent again.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.concurrency import run_in_threadpool

from channels.logs import describe
from channels.slack.calls import METADATA_EVENT, Call, ThreadMissingError
from channels.slack.channels import Channels
from channels.slack.pending import Begun, Pending
from offboarding.database import Database

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often the outbox is looked into for what other processes or background tasks put there."""
_MOST_LOOKED_THROUGH = 200
_TRANSIENT = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
_AWAY = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "team_access_not_granted",
    }
)
"""Slack lets us do nothing until an operator mends it: what waits is kept, and tried again."""
_DONE_ALREADY = frozenset({"already_reacted"})


class Outbox:
    """One task for each channel with something to send.

    `failed(hand_off_id)` is called, in a worker thread, when something for it cannot reach Slack.
    """

    def __init__(
        self, database: Database, client: AsyncWebClient, failed: Callable[[str], None]
    ) -> None:
        self._client = client
        self._failed = failed
        self._pending = Pending(database)
        self._channels = Channels(client)
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
                for channel in await run_in_threadpool(self._pending.channels):
                    if channel not in self._tasks:
                        self._tasks[channel] = asyncio.create_task(self._drain(channel))
            except Exception as error:  # noqa: BLE001 (it is looked again in a moment)
                _LOG.warning("slack_outbox_look_failed", **describe(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def _drain(self, channel: str) -> None:
        try:
            while (begun := await run_in_threadpool(self._pending.begin, channel)) is not None:
                await self._send(begun)
        except Exception as error:  # noqa: BLE001 (the look begins a new task)
            _LOG.error("slack_outbox_failed", **describe(error))
        finally:
            del self._tasks[channel]

    async def _send(self, begun: Begun) -> None:
        try:
            call = await run_in_threadpool(self._pending.call, begun)
        except ThreadMissingError:
            return await self._give_up(begun, "there is no thread")
        try:
            answer = await self._made(begun, call)
        except SlackApiError as error:
            return await self._refused(begun, error)
        except Exception as error:  # noqa: BLE001 (timeouts and whatever else a connection does)
            _LOG.warning("slack_unreachable", method=call.method, **describe(error))
            return await self._later(begun, _pause(begun.attempts), unsure=True)
        return await run_in_threadpool(self._pending.sent, begun, answer)

    async def _made(self, begun: Begun, call: Call) -> dict[str, Any]:
        """Slack's answer to the call, or the message that an earlier try left there."""
        arguments = dict(call.arguments)
        arguments["channel"] = await self._channels.identifier(arguments["channel"])
        if begun.unsure and call.once:
            found = await self._found(begun.key, arguments)
            if found is not None:
                return {"ok": True, "channel": arguments["channel"], "ts": found}
        response = await self._client.api_call(call.method, json=arguments)
        content = response.data
        return content if isinstance(content, dict) else {}

    async def _found(self, key: str, arguments: dict[str, Any]) -> str | None:
        """The message of this key, in its thread or, for a card, in the channel."""
        where = {"channel": arguments["channel"], "limit": _MOST_LOOKED_THROUGH}
        if "thread_ts" in arguments:
            response = await self._client.conversations_replies(
                **where, ts=arguments["thread_ts"], include_all_metadata=True
            )
        else:
            response = await self._client.conversations_history(**where, include_all_metadata=True)
        for message in response.get("messages") or ():
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == METADATA_EVENT and payload.get("key") == key:
                return str(message["ts"])
        return None

    async def _refused(self, begun: Begun, error: SlackApiError) -> None:
        word = str(error.response.get("error") or "")
        status = getattr(error.response, "status_code", 0)
        if word in _DONE_ALREADY:
            return await run_in_threadpool(self._pending.sent, begun, {})
        if status == 429 or word == "ratelimited":
            seconds = float(getattr(error.response, "headers", {}).get("Retry-After") or 1)
            return await self._later(begun, seconds, unsure=False)
        if word in _AWAY:
            _LOG.error("slack_away", reason=word)
            await self._tell(begun)
            return await self._later(begun, _pause(begun.attempts), unsure=False)
        if status >= 500 or word in _TRANSIENT:
            return await self._later(begun, _pause(begun.attempts), unsure=True)
        return await self._give_up(begun, word or f"status {status}")

    async def _later(self, begun: Begun, seconds: float, *, unsure: bool) -> None:
        await run_in_threadpool(self._pending.put_off, begun, seconds, unsure=unsure)

    async def _give_up(self, begun: Begun, reason: str) -> None:
        _LOG.error("slack_refused", kind=begun.kind, reason=reason)
        await run_in_threadpool(self._pending.given_up, begun, reason)
        await self._tell(begun)

    async def _tell(self, begun: Begun) -> None:
        if begun.matters and begun.hand_off_id is not None:
            await run_in_threadpool(self._failed, begun.hand_off_id)


def _pause(attempts: int) -> float:
    """Seconds until the next try: twice as long each time, a minute at most."""
    return float(min(2 ** min(attempts, 6), 60))
