"""A customer and an agent in one conversation, each where they are."""

import pytest

from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.stand_in import StandInRasa

both_transports = pytest.mark.parametrize("transport", list(SlackTransport))


@both_transports
async def test_an_agent_and_a_customer_talk_and_the_assistant_is_silent(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk = await house.customer()
    await talk.say("I want to leave")
    await talk.until(3)
    card = await house.ask_for_person(talk)
    assert "Amara" in text_of(card.blocks)
    await house.until_in_thread(card, "Customer\nI want to leave")

    await house.slack.driver.press("Sam", card.ts, "desk_claim")
    joined = (await talk.until(4))[-1]
    assert (joined["author"], "Sam" in joined["text"]) == ("system", True)
    assert (await talk.status())["state"] == "human"

    answer = await house.slack.driver.post("Sam", SUPPORT, "Hello <there> & you", thread_ts=card.ts)
    said = (await talk.until(5))[-1]
    assert (said["author"], said["author_name"], said["text"]) == (
        "agent",
        "Sam",
        "Hello <there> & you",
    )
    await house.until_marked(answer, "white_check_mark")

    await talk.say("<!channel> *thanks* <b>Sam</b>")
    shown = await house.until_in_thread(card, "<!channel> *thanks* <b>Sam</b>")
    assert "Customer" in text_of(shown.blocks)
    assert rasa.heard() == ["I want to leave"]
