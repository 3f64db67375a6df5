"""The stand-in served on loopback, and a small Bolt application that it talks to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from fastapi import FastAPI
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offboarding.settings import Settings
from sandbox.slack.api.routes import METHODS
from sandbox.slack.server import SlackStandIn
from tests.channels.stand_in import served

SUPPORT = "C0SUPPORT"
SCOPES = frozenset({method.scope for method in METHODS.values()})
"""Whatever the methods need, whether our own app may do it or not."""


class OpenSlack(Protocol):
    """Starts a stand-in; options are SlackStandIn's."""

    async def __call__(self, **options: Any) -> SlackStandIn: ...


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_directory=tmp_path)


@asynccontextmanager
async def open_stand_in(settings: Settings, **options: Any) -> AsyncIterator[SlackStandIn]:
    slack = SlackStandIn(settings, **{"scopes": SCOPES, **options})
    slack.workspace.views.trigger_seconds = 60  # the machine may be slow
    application = FastAPI()
    application.include_router(slack.router())
    async with served(application) as address:
        slack.own_url = address
        await slack.start()
        try:
            yield slack
        finally:
            await slack.stop()


@pytest.fixture
async def open_slack(settings: Settings) -> AsyncIterator[OpenSlack]:
    async with AsyncExitStack() as stack:

        async def opened(**options: Any) -> SlackStandIn:
            return await stack.enter_async_context(open_stand_in(settings, **options))

        yield opened


@pytest.fixture
async def slack(open_slack: OpenSlack) -> SlackStandIn:
    return await open_slack(retry_seconds=(0, 0, 0))


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    return client_of(slack)


def client_of(slack: SlackStandIn) -> AsyncWebClient:
    known = slack.credentials
    return AsyncWebClient(known.bot_token, base_url=known.api_url, timeout=5)


class SmallApp:
    """A Bolt application as ours is one; a test gives it its listeners, and reads what it heard."""

    def __init__(self, slack: SlackStandIn) -> None:
        known = slack.credentials
        self.client = client_of(slack)
        self.bolt = AsyncApp(signing_secret=known.signing_secret, client=self.client)
        self.heard: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[], Awaitable[Response | None]] | None = None
        """Answers instead of Bolt, when it has something to say."""
        self.slack = slack
        self._handler = AsyncSlackRequestHandler(self.bolt)
        self.bolt.event("message")(self._keep)

    async def _keep(self, event: dict[str, Any]) -> None:
        self.heard.append(event)
        self.slack.workspace.changes.touch()

    def patience(self, seconds: float) -> None:
        """How long Slack waits for an answer."""
        self.slack.answer_seconds = seconds

    def texts(self) -> list[str]:
        return [event["text"] for event in self.heard if "subtype" not in event]

    async def _receive(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        early = await self.answer() if self.answer is not None else None
        return early or await self._handler.handle(request)

    @asynccontextmanager
    async def over_http(self) -> AsyncIterator[None]:
        web = Starlette(routes=[Route("/slack/events", self._receive, methods=["POST"])])
        async with served(web) as address:
            self.slack.app_url = address
            yield

    @asynccontextmanager
    async def over_socket(self, ping_interval: float = 5) -> AsyncIterator[AsyncSocketModeHandler]:
        handler = AsyncSocketModeHandler(
            self.bolt,
            self.slack.credentials.app_token,
            web_client=self.client,
            ping_interval=ping_interval,
        )
        before = self.slack.sockets.connected
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await self.slack.driver.until(lambda: self.slack.sockets.connected > before)
        try:
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
async def app(slack: SlackStandIn) -> AsyncIterator[SmallApp]:
    small = SmallApp(slack)
    async with small.over_http():
        yield small
