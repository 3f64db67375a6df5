"""The stand-in as one part: give it an application or a test, and an app to talk to."""

import asyncio
from collections.abc import Callable, Sequence
from enum import StrEnum

from fastapi import APIRouter

from offboarding.settings import Settings
from sandbox.moving_on import Today
from sandbox.slack.api.routes import WebApi
from sandbox.slack.credentials import SlackCredentials, credentials, local_url
from sandbox.slack.delivery.events import RETRY_SECONDS, Events
from sandbox.slack.delivery.http import HttpTransport
from sandbox.slack.delivery.socket import SocketTransport
from sandbox.slack.delivery.transport import ANSWER_SECONDS
from sandbox.slack.desk.pages import DeskPages
from sandbox.slack.driver import Driver
from sandbox.slack.faults import Faults
from sandbox.slack.manifest import read_manifest
from sandbox.slack.responses import Responses
from sandbox.slack.team.workspace import Workspace


class Way(StrEnum):
    """How the app is reached."""

    HTTP = "http"
    SOCKET = "socket"


class SlackStandIn:
    """A whole Slack for one app.

    `app_url` is where the app answers HTTP (it may be set later), `own_url` where the stand-in is
    served; both are the application's own address unless said otherwise. `events` and `scopes` are
    those of the app's manifest unless said otherwise; `today` is what the bar shows of the time. To
    be built, started and used within one event loop.
    """

    def __init__(
        self,
        settings: Settings,
        app_url: str | None = None,
        *,
        own_url: str | None = None,
        transport: str = Way.HTTP,
        events: frozenset[str] | None = None,
        scopes: frozenset[str] | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        today: Callable[[], Today | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.app_url = app_url or local_url(settings)
        self.own_url = own_url or local_url(settings)
        manifest = read_manifest()
        self.workspace = Workspace(
            settings.data_directory, manifest.scopes if scopes is None else scopes
        )
        self.faults = Faults(self.workspace)
        self.sockets = SocketTransport(self.workspace.changes, answer_seconds)
        known = credentials(settings)
        self._http = HttpTransport(lambda: self.app_url, known.signing_secret, answer_seconds)
        way = self._http if Way(transport) is Way.HTTP else self.sockets
        self.events = Events(
            self.workspace,
            way,
            self.faults,
            subscribed=manifest.events if events is None else events,
            retry_seconds=retry_seconds,
        )
        self._responses = Responses(self.workspace, lambda: self.own_url.rstrip("/"))
        self.driver = Driver(self.workspace, self.events, way, self._responses, manifest.commands)
        self._api = WebApi(self.workspace, self.faults, known, self.sockets.url)
        self._pages = DeskPages(settings, self.workspace, self.driver, today)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.workspace.changes.listen(self.events.tell)
        self.faults.attach(self.events.dispatch, self.sockets)

    @property
    def answer_seconds(self) -> float:
        """How long is waited for the app."""
        return self._http.answer_seconds

    @answer_seconds.setter
    def answer_seconds(self, seconds: float) -> None:
        self._http.answer_seconds = self.sockets.answer_seconds = seconds

    @property
    def credentials(self) -> SlackCredentials:
        """What the app needs to know."""
        return credentials(self.settings, self.own_url)

    async def start(self) -> None:
        """Deliver to the app from now on, and take its connections."""
        self._loop = asyncio.get_running_loop()
        await self.sockets.start()
        self.events.start()

    async def stop(self) -> None:
        """Deliver nothing more. Harmless when it never began."""
        self.faults.clear()
        await self.events.stop()
        await self.sockets.stop()
        await self._http.close()
        self.workspace.close()

    def reset(self) -> None:
        """Everything as on the first day. May be called from any thread."""
        if self._loop is None:
            self.workspace.reset()
        else:
            self._loop.call_soon_threadsafe(self.workspace.reset)

    def router(self) -> APIRouter:
        """Every route: the Web API, response URLs, and the page."""
        routes = APIRouter(include_in_schema=False)
        routes.include_router(self._api.router())
        routes.include_router(self._responses.router())
        routes.include_router(self._pages.router())
        return routes
