"""The sandbox as one part of the application: its company, its mail server, its pages."""

from collections.abc import Callable

from fastapi import APIRouter

from offboarding.database import Database
from offboarding.settings import Settings
from sandbox import company
from sandbox.mailbox import MailServer, MailStore
from sandbox.moving_on import MovingOn
from sandbox.pages import router
from sandbox.phone.server import TwilioStandIn
from sandbox.slack.server import SlackStandIn
from sandbox.systems.pages import SystemsStandIn
from sandbox.time_travel import TimeTravel

_STEP_SECONDS = 0.3
"""From one status of a text to the next, so that people can follow it on the phone's page."""


class Sandbox:
    """Starts and ends what stands in for a real company.

    `travel` is how far its time is ahead, `wake` has what is due carried out.

    Raises ConfigurationError when the sandbox is off.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        travel: TimeTravel | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        company.require_sandbox(settings)
        self._settings = settings
        self._database = database
        self._travel = travel or TimeTravel(settings)
        self._moving_on = MovingOn(settings, database, self._travel, wake)
        self._mails = MailStore(settings.data_directory)
        self._mail_server = MailServer(settings, self._mails)
        self._slack = (
            SlackStandIn(
                settings,
                transport=settings.slack_transport.value,
                today=self._moving_on.today,
            )
            if settings.desk_in_sandbox
            else None
        )
        self._phone = (
            TwilioStandIn(settings, step_seconds=_STEP_SECONDS, today=self._moving_on.today)
            if settings.sms_in_sandbox
            else None
        )
        self._systems = SystemsStandIn(settings, database) if settings.systems_in_sandbox else None

    def start(self) -> None:
        """Make what is missing of the company, and take mail. Blocks; the tables must be there.

        To be called before anything sends mail: it sets the SMTP settings to its own server.
        """
        with self._database.write() as session:
            company.seed(session, self._settings)
        self._mail_server.start()

    def stop(self) -> None:
        """Take no more mail, and let time be as it is. Blocks; harmless when it never began."""
        self._mail_server.stop()
        self._travel.stop()

    async def start_desk(self) -> None:
        """Have what stands in for Slack call the application, where the sandbox has a desk."""
        if self._slack is not None:
            await self._slack.start()

    async def stop_desk(self) -> None:
        """Have it call nobody any more."""
        if self._slack is not None:
            await self._slack.stop()

    async def start_phone(self) -> None:
        """Have what stands in for Twilio call the application, where the sandbox has a phone."""
        if self._phone is not None:
            await self._phone.start()

    async def stop_phone(self) -> None:
        """Have it call nobody any more."""
        if self._phone is not None:
            await self._phone.stop()

    def router(self, reset_done: Callable[[], None] | None = None) -> APIRouter:
        """The pages; `reset_done` is called, in a worker thread, after every reset."""

        def done() -> None:
            if self._slack is not None:
                self._slack.reset()
            if self._phone is not None:
                self._phone.reset()
            if self._systems is not None:
                self._systems.reset()
            if reset_done is not None:
                reset_done()

        pages = router(
            self._settings,
            self._database,
            self._mails,
            done,
            systems=self._systems,
            moving_on=self._moving_on,
        )
        if self._slack is not None:
            pages.include_router(self._slack.router())
        if self._phone is not None:
            pages.include_router(self._phone.router())
        return pages
