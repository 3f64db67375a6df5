"""A customer who was claimed is answered, or somebody else is asked; nothing they wrote is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from channels.conversations.model import Author
from channels.conversations.outgoing import Outgoing
from channels.slack.desk import tell_desk_is_gone
from offboarding.database import Database
from offboarding.handoffs.states import HandOffState
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_house import SUPPORT, DeskHouse, Opening
from tests.channels.slack.prompt_engine import PromptEngine
from tests.channels.stand_in import StandInRasa
from tests.channels.talk import Talk

WAITED = "The customer has waited"


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """The time goes on as ever; the test moves it."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


def reminders(house: DeskHouse, card_ts: str) -> list[str]:
    return [each.text for each in house.slack.workspace.thread(card_ts) if WAITED in each.text]


async def test_who_claims_and_never_writes_is_reminded_and_then_released(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    later.shift(301)
    reminder = await house.until_in_thread(card, WAITED)
    assert f"<@{house.slack.workspace.user('Sam').id}>" in reminder.text
    assert house.hand_off(talk).state is HandOffState.CLAIMED
    await house.until_done()

    later.shift(300)
    released = (await talk.until(3))[-1]
    assert (released["author"], "Sam hasn't answered" in released["text"]) == ("system", True)
    assert (await talk.status())["state"] == "waiting"
    await house.until_pressable(card, "desk_claim")
    assert len(reminders(house, card.ts)) == 1
    asked = await talk.say("And now?")
    assert (await talk.until(asked + 1))[-1]["text"] == "heard And now?"
    await house.press("Noor", card, "desk_claim")
    await house.slack.driver.post("Noor", SUPPORT, "Sorry for the wait", thread_ts=card.ts)
    assert (await talk.until(asked + 3))[-1]["author_name"] == "Noor"


async def test_who_answers_is_left_in_peace(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    await house.slack.driver.post("Sam", SUPPORT, "What can I do?", thread_ts=card.ts)
    await talk.until(3)
    later.shift(900)  # the customer has all the time they want
    asked = await talk.say("Still there?")
    await house.until_in_thread(card, "Still there?")
    later.shift(290)
    await house.slack.driver.post("Sam", SUPPORT, "I am", thread_ts=card.ts)
    await talk.until(asked + 1)
    later.shift(290)
    await talk.say("Good")
    await house.until_in_thread(card, "Good")
    await house.until_done()
    assert reminders(house, card.ts) == []
    assert house.hand_off(talk).state is HandOffState.CLAIMED


async def test_each_wait_is_counted_from_the_first_words_without_an_answer(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    await house.slack.driver.post("Sam", SUPPORT, "What can I do?", thread_ts=card.ts)
    await talk.until(3)
    await talk.say("First")
    await house.until_in_thread(card, "First")
    later.shift(200)
    await talk.say("Second")
    later.shift(101)
    await house.until_in_thread(card, WAITED)
    await house.slack.driver.post("Sam", SUPPORT, "Sorry", thread_ts=card.ts)
    await talk.until(6)
    await talk.say("Third")
    await house.until_in_thread(card, "Third")
    later.shift(301)
    await house.slack.driver.until(lambda: len(reminders(house, card.ts)) == 2)
    assert house.hand_off(talk).state is HandOffState.CLAIMED


async def test_a_wait_goes_on_over_a_restart(
    opening: Opening, slack: SlackStandIn, later: time_machine.Traveller
) -> None:
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
        later.shift(301)
        await first.until_in_thread(card, WAITED)
        await first.until_done()
    later.shift(300)
    async with opening(slack=slack) as second:
        await second.until_done()
        assert second.hand_off(talk).state is HandOffState.CLAIMED, (
            "they may have written meanwhile"
        )
        later.shift(300)
        await second.until(lambda: second.hand_off(talk).state is HandOffState.WAITING)
        assert len(reminders(second, card.ts)) == 1


async def test_who_was_never_reminded_is_not_released_however_long_it_was(
    opening: Opening, slack: SlackStandIn, later: time_machine.Traveller
) -> None:
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
        await first.until_done()
    later.shift(86_400)
    async with opening(slack=slack) as second:
        await second.until_in_thread(card, WAITED)
        await second.until_done()
        assert second.hand_off(talk).state is HandOffState.CLAIMED


async def test_what_the_house_did_for_the_agent_is_an_answer(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    await talk.say("Cancel it, please")
    await house.until_in_thread(card, "Cancel it, please")
    with house.database.write() as session:
        house.gateway.say_prepared(
            session, talk.id, Outgoing("Done."), "cancelled_by_agent:1", author=Author.SYSTEM
        )
    later.shift(700)
    await house.until_in_thread(card, "Done.")
    await house.press("Sam", card, "desk_resolve")
    messages = await talk.until(5)
    assert not any("Sam left" in each["text"] for each in messages)
    assert reminders(house, card.ts) == []


async def test_words_that_the_agent_could_not_see_are_owned_up_to_however_old_they_are(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    house.slack.faults.limit(1_000, method="chat.postMessage", retry_after=30)
    await talk.say("Yes, do that")
    await house.until(lambda: house.slack.faults.limited > 0)
    later.shift(20)
    await house.slack.driver.press("Sam", card.ts, "desk_resolve")
    messages = await talk.until(5)
    assert "Sam left" in messages[4]["text"]


async def test_a_deactivation_that_nobody_heard_of_is_asked_for(
    opening: Opening, slack: SlackStandIn
) -> None:
    async with opening(slack=slack) as first:
        talk, _ = await first.claimed()
        other, _ = await first.claimed("Noor")
    slack.workspace.user("Sam").active = False  # without an event: we were not there to hear it
    async with opening(slack=slack) as second:
        await second.until(lambda: second.hand_off(talk).state is HandOffState.WAITING)
        assert second.hand_off(other).state is HandOffState.CLAIMED


@pytest.mark.parametrize("button", ["desk_hand_back", "desk_resolve"])
async def test_what_was_written_just_before_an_agent_leaves_is_owned_up_to(
    house: DeskHouse, rasa: StandInRasa, button: str
) -> None:
    """A yes that was meant for the agent must not be taken for one to the assistant's question."""
    talk, card = await house.claimed()
    await talk.say("Yes, do that")
    await house.press("Sam", card, button)
    messages = await talk.until(5)
    assert [each["author"] for each in messages[3:]] == ["system", "system"]
    assert "Sam left" in messages[4]["text"]
    await rasa.asked(1)
    assert "Yes, do that" not in rasa.heard()


async def test_what_the_agent_answered_needs_no_apology(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    await talk.say("Yes, do that")
    await house.slack.driver.post("Sam", SUPPORT, "I did", thread_ts=card.ts)
    await talk.until(4)
    await talk.say("Thank you")
    await house.until_in_thread(card, "Thank you")
    later.shift(20)
    await house.press("Sam", card, "desk_resolve")
    messages = await talk.until(6)
    assert not any("Sam left" in each["text"] for each in messages)


async def test_where_no_desk_is_connected_any_more_nobody_is_left_in_silence(
    opening: Opening, slack: SlackStandIn, database: Database, rasa: StandInRasa
) -> None:
    async with opening(slack=slack) as house:
        talk, _ = await house.claimed()
        waiting = await house.customer()
        await house.ask_for_person(waiting)
        for _ in range(2):  # at each start
            tell_desk_is_gone(database, house.gateway, house.policies, PromptEngine(database))
        for each, last in ((talk, 4), (waiting, 2)):
            await told_that_nobody_comes(each, last)
        asked = await talk.say("And now?")
        assert (await talk.until(asked + 1))[-1]["text"] == "heard And now?"
    assert rasa.heard() == ["And now?"]


async def told_that_nobody_comes(talk: Talk, last: int) -> None:
    messages = await talk.until(last)
    assert "can't be reached" in messages[-1]["text"]
    assert (await talk.status())["last_sequence"] == last
