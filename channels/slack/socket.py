"""Socket Mode: the connection that Slack calls us over, watched, for it goes deaf at times.

Known: slackapi/python-slack-sdk #1446 and #1701. A connection without a ping for a while is ended
and made anew.
"""

import asyncio
import logging
import time
from contextlib import suppress

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from channels.logs import describe
from channels.slack.timing import Timing

_LOG = structlog.get_logger(__name__)
_LIBRARY_LOG = logging.getLogger("slack_sdk.socket_mode.aiohttp")
_LIBRARY_LOG.setLevel(logging.CRITICAL)
"""It would tell the address of a connection that failed, and that holds the ticket to it."""


class Socket:
    """One connection after the other."""

    def __init__(
        self, app: AsyncApp, app_token: str, client: AsyncWebClient, timing: Timing
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._client = client
        self._timing = timing
        self._handler: AsyncSocketModeHandler | None = None
        self._watching: asyncio.Task[None] | None = None
        self._began = 0.0

    async def start(self) -> None:
        """Connect, and keep connected."""
        self._watching = asyncio.create_task(self._keep_connected())

    async def stop(self) -> None:
        """End the connection."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self._disconnect()

    def healthy(self) -> bool:
        """Whether it is connected and was pinged lately."""
        return self._handler is not None and time.time() - self._heard() < self._timing.deaf_seconds

    async def _keep_connected(self) -> None:
        while True:
            try:
                if self._handler is None:
                    await self._connect()
                elif not self.healthy():
                    _LOG.warning("slack_socket_deaf")
                    await self._disconnect()
                    continue
            except Exception as error:  # noqa: BLE001 (it is tried again)
                _LOG.error("slack_socket_not_connected", **describe(error))
                await self._disconnect()
            await asyncio.sleep(self._timing.watch_seconds)

    async def _connect(self) -> None:
        handler = AsyncSocketModeHandler(
            self._app,
            self._app_token,
            logger=_LIBRARY_LOG,
            web_client=self._client,
            ping_interval=self._timing.ping_seconds,
        )
        try:
            # The library tries for ever, and its log is silent: ours tells of it now and then.
            async with asyncio.timeout(self._timing.deaf_seconds):
                await handler.connect_async()  # type: ignore[no-untyped-call]
        except BaseException:
            with suppress(Exception):
                await handler.close_async()  # type: ignore[no-untyped-call]
            raise
        self._handler, self._began = handler, time.time()

    async def _disconnect(self) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            with suppress(Exception):
                await handler.close_async()  # type: ignore[no-untyped-call]

    def _heard(self) -> float:
        """When something was heard last, in seconds of the clock."""
        client = self._handler.client if self._handler is not None else None
        pinged = getattr(client, "last_ping_pong_time", None) or 0.0
        return max(self._began, float(pinged))
