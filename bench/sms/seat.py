"""A phone line to measure: gateway, SMS channel and the stand-in Twilio on loopback."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from channels.sms.timing import Timing
from channels.texts import Texts
from offboard.commands.migrate import migrate_database
from offboarding.database import open_database
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.phone.server import TwilioStandIn
from tests.channels.sms.phone_house import FAST, QUICK, PhoneHouse, open_house
from tests.channels.stand_in import StandInRasa, served


class Seat:
    """One database and one Twilio, before which the application may be opened again and again."""

    def __init__(self, settings: Settings, twilio: TwilioStandIn, rasa: StandInRasa) -> None:
        self.twilio = twilio
        self.rasa = rasa
        self._settings = settings
        self._database = open_database(settings)
        self._policies = Policies(settings.policy_directory)
        self._texts = Texts(
            settings.domain_file,
            {"company_name": settings.company_name, "support_email": settings.support_email},
        )

    @asynccontextmanager
    async def house(self, timing: Timing = QUICK) -> AsyncIterator[PhoneHouse]:
        """The application, until it is left; what it had not done is taken up by the next one."""
        async with open_house(
            self._settings,
            self._database,
            self._policies,
            self._texts,
            self.rasa,
            twilio=self.twilio,
            timing=timing,
        ) as house:
            yield house

    def close(self) -> None:
        """Close the database."""
        self._database.close()


@asynccontextmanager
async def seat() -> AsyncIterator[Seat]:
    """Everything but the application itself, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-sms-") as folder:
        settings = Settings(
            _env_file=None,
            secret=SecretStr("a secret of the bench, long enough for it"),
            data_directory=Path(folder),
            public_url="https://help.larkspur.example",
            rasa_timeout_seconds=5.0,
            sms_segments_per_second=FAST,
            sms_new_numbers_per_minute=100_000,
        )
        await asyncio.to_thread(migrate_database, settings)
        twilio, rasa = TwilioStandIn(settings), StandInRasa()
        application = FastAPI()
        application.include_router(twilio.router())
        async with served(rasa.app) as rasa_address, served(application) as address:
            rasa.address, twilio.own_url = rasa_address, address
            await twilio.start()
            seated = Seat(settings, twilio, rasa)
            try:
                yield seated
            finally:
                await twilio.stop()
                seated.close()
