"""The stand-in as one part: give it an application or a test, and an application to talk to."""

import asyncio
from collections import deque
from collections.abc import Callable

from fastapi import APIRouter

from offboarding.settings import Settings
from sandbox.moving_on import Today
from sandbox.phone.api.messages import Messages
from sandbox.phone.api.routes import RestApi
from sandbox.phone.credentials import TwilioCredentials, credentials, service_sid
from sandbox.phone.delivery.inbound import INBOUND_PATH, Inbound
from sandbox.phone.delivery.outbound import Outbound
from sandbox.phone.delivery.tasks import Tasks
from sandbox.phone.delivery.webhooks import ANSWER_SECONDS, Delivery, Webhooks
from sandbox.phone.driver import Phone
from sandbox.phone.faults import Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import Line
from sandbox.phone.page.pages import PhonePages
from sandbox.slack.credentials import local_url


class TwilioStandIn:
    """A whole Twilio for one application and one number, with the phones that write to it.

    `app_url` is where the application answers HTTP (it may be set later), `own_url` where the
    stand-in is served; both are the application's own address unless said otherwise. With
    `messaging_service` the number is in one, with `advanced_opt_out` that has Advanced Opt-Out.
    A text takes `step_seconds` from each status to the next; `today` is what the bar shows of the
    time. To be built, started and used within one event loop.
    """

    def __init__(
        self,
        settings: Settings,
        app_url: str | None = None,
        *,
        own_url: str | None = None,
        messaging_service: bool = False,
        advanced_opt_out: bool = False,
        answer_seconds: float = ANSWER_SECONDS,
        step_seconds: float = 0.0,
        today: Callable[[], Today | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.app_url = app_url or local_url(settings)
        self.own_url = own_url or local_url(settings)
        self.exchange = Exchange(settings.data_directory)
        changes = self.exchange.changes
        self.faults = Faults(changes.touch)
        known = credentials(settings)
        in_service = messaging_service or advanced_opt_out
        self.line = Line(
            known.account_sid,
            known.sender,
            service_sid(settings) if in_service else None,
            advanced_opt_out,
        )
        self._tasks = Tasks(changes.touch)
        self._webhooks = Webhooks(
            lambda: self.app_url,
            lambda: settings.base_url,
            known.auth_token,
            changes.touch,
            answer_seconds,
        )
        self._outbound = Outbound(
            self.exchange,
            self._webhooks,
            faults=self.faults,
            tasks=self._tasks,
            account_sid=known.account_sid,
            step_seconds=step_seconds,
        )
        inbound = Inbound(
            self.exchange,
            self._outbound,
            webhooks=self._webhooks,
            faults=self.faults,
            tasks=self._tasks,
            line=self.line,
            public_url=lambda: settings.base_url,
        )
        self.phone = Phone(self.exchange, inbound, self._tasks, self.line)
        messages = Messages(self.exchange, self._outbound, self.faults, self.line)
        self._api = RestApi(
            self.exchange,
            messages,
            faults=self.faults,
            line=self.line,
            auth_token=known.auth_token,
            sms_url=lambda: settings.base_url + INBOUND_PATH,
        )
        self._pages = PhonePages(
            settings, self.exchange, self.phone, self.faults, self.line, today=today
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def credentials(self) -> TwilioCredentials:
        """What the application needs to know."""
        return credentials(self.settings, self.own_url)

    @property
    def deliveries(self) -> deque[Delivery]:
        """Every attempt to reach the application, the latest last."""
        return self._webhooks.deliveries

    @property
    def answer_seconds(self) -> float:
        """How long is waited for the application."""
        return self._webhooks.answer_seconds

    @answer_seconds.setter
    def answer_seconds(self, seconds: float) -> None:
        self._webhooks.answer_seconds = seconds

    async def start(self) -> None:
        """Deliver from now on; what was on its way when the last process ended goes on."""
        self._loop = asyncio.get_running_loop()
        self._tasks.start()
        self._outbound.resume()

    async def stop(self) -> None:
        """Deliver nothing more. Harmless when it never began."""
        self.faults.clear()
        await self._tasks.stop()
        await self._webhooks.close()
        self.exchange.close()

    def reset(self) -> None:
        """Everything as on the first day. May be called from any thread."""
        if self._loop is None:
            self._begin_anew()
        else:
            self._loop.call_soon_threadsafe(self._begin_anew)

    def router(self) -> APIRouter:
        """Every route: the REST API, and the page."""
        routes = APIRouter(include_in_schema=False)
        routes.include_router(self._api.router())
        routes.include_router(self._pages.router())
        return routes

    def _begin_anew(self) -> None:
        self._tasks.drop()
        self.faults.clear()
        self.exchange.reset()
