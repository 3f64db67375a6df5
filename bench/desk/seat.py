"""A desk to measure: gateway, desk and the stand-in Slack on loopback, in one process."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from channels.texts import Texts
from offboard.commands.migrate import migrate_database
from offboarding.database import open_database
from offboarding.policies.store import Policies
from offboarding.settings import Settings, SlackTransport
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_house import DeskHouse, open_desk
from tests.channels.slack.desk_policies import policies_in
from tests.channels.stand_in import StandInRasa, served


class Seat:
    """One database and one Slack, before which a desk may be opened again and again."""

    def __init__(
        self, settings: Settings, policies: Policies, slack: SlackStandIn, rasa: StandInRasa
    ) -> None:
        self.settings = settings
        self.slack = slack
        self._policies = policies
        self._rasa = rasa
        self._database = open_database(settings)
        self._texts = Texts(
            settings.domain_file,
            {"company_name": settings.company_name, "support_email": settings.support_email},
        )

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[DeskHouse]:
        """The application, until it is left; what it had not done is taken up by the next one."""
        async with open_desk(
            self.settings,
            self._database,
            self._policies,
            self._texts,
            self._rasa,
            slack=self.slack,
        ) as house:
            yield house

    def close(self) -> None:
        """Close the database."""
        self._database.close()


@asynccontextmanager
async def seat(transport: SlackTransport) -> AsyncIterator[Seat]:
    """Everything but the desk itself, in a folder that is removed afterwards."""
    from fastapi import FastAPI  # noqa: PLC0415 (only what is measured is loaded before)

    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        settings = Settings(
            _env_file=None,
            secret=SecretStr("a secret of the bench, long enough for it"),
            data_directory=Path(folder),
            slack_transport=transport,
            rasa_timeout_seconds=5.0,
        )
        await asyncio.to_thread(migrate_database, settings)
        slack = SlackStandIn(settings, transport=transport.value, retry_seconds=(0.2, 0.5, 1))
        application = FastAPI()
        application.include_router(slack.router())
        rasa = StandInRasa()
        async with served(rasa.app) as rasa_address, served(application) as address:
            rasa.address, slack.own_url = rasa_address, address
            await slack.start()
            seated = Seat(settings, policies_in(Path(folder) / "policy"), slack, rasa)
            try:
                yield seated
            finally:
                await slack.stop()
                seated.close()
