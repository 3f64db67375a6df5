"""A bounded storm: several talks at once in bad weather; whatever happens, the invariants hold.

Every message arrives once, in order, and the bot says nothing while a person is in charge.
"""

import asyncio
import random

from offboarding.handoffs.causes import HandOffCause
from sandbox.slack.errors import AppDidNotAnswerError
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.test_faults import asked as asked_in
from tests.channels.slack.test_faults import until_said
from tests.channels.stand_in import StandInRasa
from tests.channels.talk import Talk

BILLING = "#offboarding-billing"
AGENTS = ("Sam", "Noor", "Priya", "Ines")
TALKS = 8
ROUNDS = 4
SEED = 4


async def test_in_a_storm_nothing_is_lost_doubled_or_out_of_order(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    chance = random.Random(SEED)  # noqa: S311 (weather, not a secret)
    house.slack.faults.weather(limited=0.01, failed=0.08, doubled=0.2, seed=SEED)
    await asyncio.gather(*(_one(house, number, chance) for number in range(TALKS)))
    assert house.slack.faults.doubled > 0
    cards = [
        card
        for name in (SUPPORT, BILLING)
        for card in house.slack.workspace.in_channel(name)
        if not card.thread_ts or card.thread_ts == card.ts
    ]
    assert len(cards) == TALKS
    assert (
        sorted(each["intent"]["name"] for each in rasa.requests if each["intent"])
        == ["person_handed_back"] * TALKS
    )


async def _one(house: DeskHouse, number: int, chance: random.Random) -> None:
    talk = await house.customer()
    asked = [f"Question {number}.{step}." for step in range(ROUNDS)]
    answered = [f"Answer {number}.{step}." for step in range(ROUNDS)]
    cause = HandOffCause.FRAUD if number % 2 else HandOffCause.CUSTOMER_ASKED
    card = await house.ask_for_person(talk, cause=cause)
    agent = chance.choice(AGENTS)
    await _insist(house, agent, card, "desk_claim")
    await talk.until(2)
    await asyncio.gather(_say(talk, asked, chance), _reply(house, agent, card, answered, chance))
    messages = await until_said(talk, answered[-1])
    await house.until_in_thread(card, asked[-1])
    await _insist(house, agent, card, "desk_hand_back")
    back = await until_said(talk, "heard /person_handed_back")

    by = [each["author"] for each in back]
    joined = by.index("system")
    left = len(by) - 1 - by[::-1].index("system")
    assert "bot" not in by[joined:left], "the bot spoke while a person was in charge"
    assert [each["text"] for each in back if each["author"] == "agent"] == answered
    assert [each["text"] for each in back if each["author"] == "customer"] == asked
    assert [each["sequence"] for each in back] == list(range(1, len(back) + 1))
    assert messages == back[: len(messages)]
    assert asked_in(house.slack, card) == asked


async def _say(talk: Talk, words: list[str], chance: random.Random) -> None:
    for number, each in enumerate(words):
        key = f"{talk.id}-{number}"
        await talk.say(each, key=key)
        if chance.random() < 0.3:
            await talk.say(each, key=key)  # the widget sends it again


async def _reply(
    house: DeskHouse, agent: str, card: Message, words: list[str], chance: random.Random
) -> None:
    for each in words:
        await house.slack.driver.post(agent, card.channel, each, thread_ts=card.ts)
        if chance.random() < 0.3:
            other = chance.choice([name for name in AGENTS if name != agent])
            await house.slack.driver.post(other, card.channel, f"Note on {each}", thread_ts=card.ts)


async def _insist(house: DeskHouse, agent: str, card: Message, action: str) -> None:
    """Press, and again when Slack shows that the app did not answer."""
    await house.until_pressable(card, action)
    for _ in range(5):
        try:
            return await house.slack.driver.press(agent, card.ts, action)
        except AppDidNotAnswerError:
            continue
    raise AssertionError("the app never answered")
