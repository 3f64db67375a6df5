"""What our logs never hold: the way into a connection of Socket Mode."""

import logging

import pytest

from offboarding.settings import SlackTransport
from tests.channels.slack.desk_house import DeskHouse


@pytest.mark.parametrize("transport", [SlackTransport.SOCKET])
async def test_of_a_connection_that_fails_the_library_says_nothing(
    house: DeskHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """It would name the whole address, and with it the ticket."""
    assert not logging.getLogger("slack_sdk.socket_mode.aiohttp").isEnabledFor(logging.ERROR)
    talk, card = await house.claimed()
    house.slack.faults.drop_sockets()
    await talk.say("Are you there?")
    await house.until_in_thread(card, "Are you there?")
    await house.until_done()
    failures = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [each.name for each in failures if each.name.startswith("slack_")] == []
