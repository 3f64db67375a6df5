"""What the stand-in remembers when its process ends, and what a reset takes away."""

from offboarding.settings import Settings
from sandbox.phone.credentials import credentials, service_sid
from sandbox.phone.network.model import Status
from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA, SmallApp, client_of, open_stand_in, send


async def test_texts_and_opt_outs_are_kept(settings: Settings) -> None:
    async with open_stand_in(settings) as twilio:
        app = SmallApp(twilio)
        async with app.open(), client_of(twilio) as client:
            await twilio.phone.text("hello", MAYA)
            await send(twilio, client, "Hello Maya")
            await twilio.phone.text("STOP", MAYA)
            await twilio.phone.settled()
            before = twilio.exchange.texts
    async with open_stand_in(settings) as twilio:
        assert twilio.exchange.texts == before
        assert twilio.phone.blocked(MAYA)


async def test_a_text_that_was_on_its_way_arrives(settings: Settings) -> None:
    async with open_stand_in(settings) as twilio, client_of(twilio) as client:
        twilio.faults.limit_senders(0.001)
        for body in ("first", "second"):
            await send(twilio, client, body)
        await twilio.phone.received(1, MAYA)
        assert twilio.phone.messages_to(MAYA)[1].status is Status.QUEUED
    async with open_stand_in(settings) as twilio:
        await twilio.phone.received(2, MAYA)


async def test_a_text_that_had_not_reached_the_application_is_lost_as_twilio_loses_it(
    settings: Settings,
) -> None:
    async with open_stand_in(settings) as twilio:
        text = await twilio.phone.text("hello", MAYA)
        assert text.problem is None
    async with open_stand_in(settings) as twilio:
        assert [each.problem for each in twilio.exchange.on_phone(MAYA)] == ["11205"]


async def test_a_reset_forgets_everything_and_what_is_on_its_way(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    async with client_of(twilio) as client:
        twilio.faults.limit_senders(0.001)
        for body in ("first", "second"):
            await send(twilio, client, body)
        await twilio.phone.text("STOP", MAYA)
        twilio.reset()
        await twilio.phone.until(lambda: not twilio.exchange.texts)
        await twilio.phone.settled()
        assert not twilio.phone.blocked(MAYA)
        await send(twilio, client, "after it")
        await twilio.phone.received(1, MAYA)
    assert [each.body for each in twilio.phone.messages_to(MAYA)] == ["after it"]


def test_the_keys_stay_the_same_and_differ_between_installations(
    settings: Settings, tmp_path_factory: object
) -> None:
    known = credentials(settings)
    again = Settings(_env_file=None, data_directory=settings.data_directory, port=8123)
    assert credentials(again).auth_token == known.auth_token
    assert credentials(again).api_url == "http://127.0.0.1:8123/sandbox/twilio"
    assert credentials(again, "http://here/").api_url == "http://here/sandbox/twilio"
    other = Settings(_env_file=None, data_directory=settings.data_directory / "other")
    assert credentials(other).auth_token != known.auth_token
    assert (len(known.account_sid), len(known.auth_token)) == (34, 32)
    assert service_sid(settings).startswith("MG")
    assert known.auth_token not in repr(known)
