"""What agents press: of two at once one wins, and whoever did not get it reads why."""

import asyncio

import pytest
from structlog.testing import capture_logs

from channels.slack.opening import NOT_OPENED
from offboarding.handoffs.states import HandOffState
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse, Opening
from tests.channels.slack.signed import block_action, press
from tests.channels.stand_in import StandInRasa

USERS = {"Sam": "U0SAMOKAFOR", "Noor": "U0NOORHADDAD", "Priya": "U0PRIYARAMAN"}


def whispers(house: DeskHouse, card: Message, agent: str) -> list[str]:
    seen = house.slack.workspace.thread(card.ts, seen_by=USERS[agent])
    return [each.text for each in seen if each.only_for]


async def test_of_two_claims_in_the_same_instant_one_wins_and_the_other_reads_who(
    house: DeskHouse,
) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    await asyncio.gather(
        *(house.slack.driver.press(name, card.ts, "desk_claim") for name in ("Sam", "Noor"))
    )
    agent = house.hand_off(talk).agent
    assert agent is not None
    winner, loser = agent.full_name.split()[0], agent.full_name
    other = "Noor" if winner == "Sam" else "Sam"
    assert whispers(house, card, other) == [f"{loser} has claimed this conversation already."]
    assert whispers(house, card, winner) == []
    joined = [each for each in await talk.until(2) if each["author"] == "system"]
    assert len(joined) == 1
    assert winner in joined[0]["text"]
    await house.slack.driver.post(other, SUPPORT, "Mine", thread_ts=card.ts)
    await house.slack.driver.delivered()
    await house.slack.driver.post(winner, SUPPORT, "Hello", thread_ts=card.ts)
    assert [each["text"] for each in (await talk.until(3))[2:]] == ["Hello"]


async def test_claims_that_reach_two_application_processes_have_one_winner(
    house: DeskHouse, opening: Opening
) -> None:
    talks = [await house.customer(full_name=f"Customer {number}") for number in range(4)]
    cards = [await house.ask_for_person(talk) for talk in talks]
    async with opening(slack=house.slack) as second:
        for talk, card in zip(talks, cards, strict=True):
            hand_off = house.hand_off(talk)
            answers = await asyncio.gather(
                *(
                    press(
                        desk,
                        block_action(
                            "desk_claim",
                            hand_off.id,
                            user=USERS[name],
                            channel=card.channel,
                            ts=card.ts,
                        ),
                    )
                    for desk, name in ((house, "Sam"), (second, "Noor"))
                )
            )
            assert [answer.status_code for answer in answers] == [200, 200]
            assert len(whispers(house, card, "Sam") + whispers(house, card, "Noor")) == 1
            assert [each["author"] for each in await talk.until(2)] == ["bot", "system"]
            await talk.say("Hello")
            await house.until_in_thread(card, "Customer\nHello")
    for card in cards:
        shown = [each.blocks for each in house.slack.workspace.thread(card.ts)]
        assert str(shown).count("'Hello'") == 1


async def test_a_button_of_an_ended_hand_off_changes_nothing_and_says_why(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    hand_off = house.hand_off(talk)
    await house.press("Sam", card, "desk_resolve")
    await talk.until(4)
    for number, action in enumerate(("desk_claim", "desk_hand_back", "desk_resolve"), start=1):
        old = block_action(action, hand_off.id, user=USERS["Sam"], channel=card.channel, ts=card.ts)
        assert (await press(house, old)).status_code == 200
        assert (
            whispers(house, card, "Sam")
            == ["This conversation has been handed back or resolved already."] * number
        )
    assert house.hand_off(talk).state is HandOffState.RESOLVED
    assert (await talk.status())["last_sequence"] == 4


async def test_a_button_of_no_hand_off_says_so(house: DeskHouse) -> None:
    _, card = await house.claimed()
    unknown = block_action(
        "desk_claim", "f" * 32, user=USERS["Sam"], channel=card.channel, ts=card.ts
    )
    assert (await press(house, unknown)).status_code == 200
    assert len(whispers(house, card, "Sam")) == 1


async def test_only_who_claimed_it_can_end_it(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    for action in ("desk_hand_back", "desk_resolve"):
        await house.press("Noor", card, action)
    await house.release("Noor", card)
    sentence = "Sam Adeyemi is talking with this customer. Ask them to do it, or to release it."
    await house.slack.driver.until(lambda: whispers(house, card, "Noor") == [sentence] * 3)
    assert house.hand_off(talk).state is HandOffState.CLAIMED


async def test_claimed_twice_by_the_same_agent_the_customer_is_told_once(house: DeskHouse) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    await asyncio.gather(
        *(house.slack.driver.press("Sam", card.ts, "desk_claim") for _ in range(3))
    )
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert [each["author"] for each in await talk.until(3)] == ["bot", "system", "agent"]
    assert whispers(house, card, "Sam") == []


async def test_released_the_team_is_asked_again_and_the_bot_is_there_meanwhile(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk, card = await house.claimed()
    await house.release("Sam", card)
    assert (await talk.status())["state"] == "waiting"
    await talk.say("Is anybody there?")
    messages = await talk.until(5)
    assert [each["author"] for each in messages[2:]] == ["system", "customer", "bot"]
    await house.press("Noor", card, "desk_claim")
    joined = (await talk.until(6))[-1]
    assert "Noor" in joined["text"]
    assert rasa.heard() == ["Is anybody there?"]


@pytest.mark.parametrize("button", ["desk_cancel", "desk_offer", "desk_history"])
async def test_of_a_window_that_slack_does_not_open_the_agent_reads(
    house: DeskHouse, button: str
) -> None:
    """A press comes three seconds late, or twice: Slack takes its ticket no more."""
    talk, card = await house.claimed()
    hand_off = house.hand_off(talk)
    late = block_action(
        button, hand_off.id, user=USERS["Sam"], channel=card.channel, ts=card.ts
    ) | {"trigger_id": "1.2.3"}
    with capture_logs() as lines:
        answer = await press(house, late)
    assert answer.status_code == 200
    assert whispers(house, card, "Sam") == [NOT_OPENED]
    assert whispers(house, card, "Noor") == []
    [line] = [each for each in lines if each["event"] == "slack_window_not_opened"]
    assert line["because"] == "invalid_trigger_id"
