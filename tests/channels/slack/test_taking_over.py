"""A person takes over and leaves again: the bot is silent, comes back, and says goodbye once.

Known failures F1 to F4.
"""

import asyncio
from typing import Any

from starlette.responses import Response

from offboarding.handoffs import service as handoffs
from offboarding.handoffs.states import HandOffState
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.stand_in import StandInRasa, answered, echo
from tests.channels.talk import Talk


async def said(talk: Talk, last: int) -> list[tuple[str, str]]:
    return [(each["author"], each["text"]) for each in await talk.until(last)]


class SlowRasa:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, request: dict[str, Any]) -> Response:
        await self.go.wait()
        return await echo(request)


async def test_the_bot_says_nothing_while_a_person_speaks(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk, card = await house.claimed()
    for number in range(5):
        await talk.say(f"My words {number}")
    await house.slack.driver.post("Sam", SUPPORT, "I read all of it", thread_ts=card.ts)
    authors = [author for author, _ in await said(talk, 8)]
    assert authors == ["bot", "system", *["customer"] * 5, "agent"]
    for number in range(5):
        await house.until_in_thread(card, f"My words {number}")
    assert rasa.requests == []


async def test_a_turn_that_was_on_its_way_when_a_person_came_is_not_said(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = slow = SlowRasa()
    talk = await house.customer()
    await talk.say("Cancel, please")
    await rasa.asked(1)
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    await talk.say("Hello Sam")
    slow.go.set()
    await house.slack.driver.post("Sam", SUPPORT, "Hello Amara", thread_ts=card.ts)
    authors = [author for author, _ in await said(talk, 5)]
    assert authors == ["bot", "customer", "system", "customer", "agent"]
    assert len(rasa.requests) == 1


async def test_a_person_who_was_asked_for_while_rasa_is_slow_can_come_at_once(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = slow = SlowRasa()
    talk = await house.customer()
    await talk.say("Cancel, please")
    await rasa.asked(1)
    await talk.ask_for_person()
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    assert (await talk.status())["state"] == "human"
    slow.go.set()
    await talk.say("Are you there?")
    await house.until_in_thread(card, "Are you there?")
    await house.slack.driver.post("Sam", SUPPORT, "Yes", thread_ts=card.ts)
    assert "bot" not in [author for author, _ in (await said(talk, 6))[1:]]
    assert rasa.heard() == ["Cancel, please"]


async def test_a_button_that_is_pressed_while_a_person_speaks_is_told_to_the_person(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    async def with_button(_request: dict[str, Any]) -> Response:
        return answered("Sure?", buttons=[{"title": "Yes, cancel", "payload": "/affirm"}])

    rasa.behaviour = with_button
    talk = await house.customer()
    await talk.say("Cancel, please")
    button = (await talk.until(3))[-1]["quick_replies"][0]["id"]
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    await talk.press(button)
    await house.until_in_thread(card, "Customer\nYes, cancel")
    await talk.ask_for_person()
    await house.slack.driver.post("Sam", SUPPORT, "I am here", thread_ts=card.ts)
    assert (await said(talk, 7))[-1] == ("agent", "I am here")
    assert len(rasa.requests) == 1


async def test_handed_back_the_bot_goes_on_where_it_was_and_answers_again(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk = await house.customer()
    await talk.say("I want to leave")
    await talk.until(3)
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    await talk.say("Wait")
    await house.press("Sam", card, "desk_hand_back")
    await rasa.asked(2)
    resumed = rasa.requests[-1]
    assert resumed["intent"] == {"name": "person_handed_back", "entities": {}}
    assert resumed["state"] == {"turns": 1}, "what it knew when the person came"
    assert (await said(talk, 8))[-1] == ("bot", "heard /person_handed_back")
    assert (await talk.status())["state"] == "bot"
    await talk.say("Go on, then")
    assert (await said(talk, 10))[-1] == ("bot", "heard Go on, then")
    assert rasa.heard() == ["I want to leave", None, "Go on, then"]


async def test_a_second_person_in_the_same_conversation_has_a_thread_of_their_own(
    house: DeskHouse,
) -> None:
    talk, first = await house.claimed()
    await house.press("Sam", first, "desk_hand_back")
    await talk.until(4)
    second = await house.ask_for_person(talk)
    assert second.ts != first.ts
    await house.press("Noor", second, "desk_claim")
    await talk.until(5)
    await talk.say("Hello again")
    await house.until_in_thread(second, "Hello again")
    answer = await house.slack.driver.post("Sam", SUPPORT, "Hello!", thread_ts=first.ts)
    await house.until_marked(answer, "memo")
    await house.slack.driver.post("Noor", SUPPORT, "Hello, I am Noor", thread_ts=second.ts)
    assert (await said(talk, 7))[-1] == ("agent", "Hello, I am Noor")
    assert "Hello again" not in [each.text for each in house.slack.workspace.thread(first.ts)]


async def test_resolved_by_two_presses_at_once_there_is_one_farewell(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk, card = await house.claimed()
    driver = house.slack.driver
    await asyncio.gather(*(driver.press("Sam", card.ts, "desk_resolve") for _ in range(3)))
    await rasa.asked(1)
    assert house.hand_off(talk).state is HandOffState.RESOLVED
    await talk.say("Thank you")
    messages = await said(talk, 6)
    assert [author for author, _ in messages] == [
        "bot",
        "system",
        "system",
        "bot",
        "customer",
        "bot",
    ]
    assert [each["intent"]["name"] for each in rasa.requests[:1]] == ["person_resolved"]
    assert len(rasa.requests) == 2
    await house.until_in_thread(card, "resolved it.")
    whispers = [each.text for each in house.slack.workspace.thread(card.ts, seen_by="U0SAMOKAFOR")]
    assert whispers.count("This conversation has been handed back or resolved already.") == 2


async def test_asking_again_and_again_for_a_person_is_one_request(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    """Known failure F8: neither the desk nor the customer hears the same again each time."""
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    for _ in range(3):
        with house.database.write() as session:
            again = handoffs.request(session, talk.id, desk=house.policies.routing)
            assert again.id == house.hand_off(talk).id
        await talk.ask_for_person()
    await talk.until(7)
    await house.press("Sam", card, "desk_claim")
    await talk.until(8)
    assert len(house.slack.workspace.in_channel(SUPPORT)) == 1
    assert house.mailed == []
    for _ in range(2):
        await talk.ask_for_person()
    await house.slack.driver.post("Sam", SUPPORT, "I am here", thread_ts=card.ts)
    assert [author for author, _ in (await said(talk, 11))[8:]] == ["customer", "customer", "agent"]
    assert len(rasa.requests) == 3
