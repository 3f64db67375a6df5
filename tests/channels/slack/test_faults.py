"""Slack fails, limits, hangs and repeats itself: every message arrives once and in order."""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.pending import Pending
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from sandbox.slack.errors import AppDidNotAnswerError
from sandbox.slack.model import Message
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_house import QUICK, SUPPORT, DeskHouse, Opening
from tests.channels.stand_in import LIMIT_SECONDS, StandInRasa
from tests.channels.talk import Talk

QUESTIONS = [f"Question {number}." for number in range(6)]


def asked(slack: SlackStandIn, card: Message) -> list[str]:
    """What the customer said, as the thread has it."""
    shown = [text_of([block]) for each in slack.workspace.thread(card.ts) for block in each.blocks]
    return [text for who, text in itertools.pairwise(shown) if who == "Customer"]


async def ask(talk: Talk, questions: list[str] = QUESTIONS) -> None:
    for question in questions:
        await talk.say(question)


TROUBLES: dict[str, Callable[[SlackStandIn], None]] = {
    "told to wait": lambda slack: slack.faults.limit(3, retry_after=1),
    "failing before it is done": lambda slack: slack.faults.fail(3, status=500),
    "failing after it is done": lambda slack: slack.faults.fail(
        3, method="chat.postMessage", status=503, after=True
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_whatever_slack_does_a_customers_words_are_shown_once_and_in_order(
    house: DeskHouse, trouble: Callable[[SlackStandIn], None]
) -> None:
    talk, card = await house.claimed()
    trouble(house.slack)
    await ask(talk)
    await house.until_in_thread(card, QUESTIONS[-1])
    await house.until_done()
    assert asked(house.slack, card) == QUESTIONS
    assert house.mailed == []


async def test_what_was_taken_without_an_answer_is_found_and_not_sent_again(
    opening: Opening, slack: SlackStandIn
) -> None:
    """The first desk ends while it waits for Slack's answer; the second looks before it sends."""
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
        await first.until_done()
        slack.faults.hang(method="chat.postMessage", after=True)
        await ask(talk, ["Once, please"])
        await first.until_in_thread(card, "Once, please")
    async with opening(slack=slack) as second:
        await second.until_done()
        talk = there(talk, second)
        await ask(talk)
        await second.until_in_thread(card, QUESTIONS[-1])
    assert asked(slack, card) == ["Once, please", *QUESTIONS]


async def test_in_a_long_thread_too_it_is_found(house: DeskHouse) -> None:
    """Slack shows a thread in pages, the oldest first."""
    talk, card = await house.claimed()
    place = house.slack.workspace.channel(SUPPORT)
    for number in range(450):
        house.slack.workspace.post(place, "U0OFFBOARD", f"Note {number}", thread_ts=card.ts)
    house.slack.faults.fail(method="chat.postMessage", status=503, after=True)
    await ask(talk)
    await house.until_in_thread(card, QUESTIONS[-1])
    assert asked(house.slack, card) == QUESTIONS


@pytest.mark.parametrize("reached", [False, True], ids=["before Slack had it", "after it had it"])
async def test_killed_in_the_middle_of_sending_it_is_sent_once(
    opening: Opening,
    slack: SlackStandIn,
    database: Database,
    desk_policies: Policies,
    reached: bool,
) -> None:
    pending = Pending(database, timedelta(0), desk_policies, LedgerBilling)
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
        await first.until_done()
        slack.faults.hang(method="chat.postMessage")
        await ask(talk, ["Once, please"])
        await first.until(first.sending)
    slack.faults.clear()
    begun = pending.begin(SUPPORT)  # and there it was killed
    assert begun is not None
    if reached:
        call = pending.call(begun)
        known = slack.credentials
        client = AsyncWebClient(token=known.bot_token, base_url=known.api_url)
        await client.api_call(call.method, json=call.arguments)
    async with opening(slack=slack) as second:
        await second.until_in_thread(card, "Once, please")
        await second.until_done()
        await ask(there(talk, second))
        await second.until_in_thread(card, QUESTIONS[-1])
    assert asked(slack, card) == ["Once, please", *QUESTIONS]


async def test_restarted_in_the_middle_both_sides_have_everything_once_and_in_order(
    opening: Opening, slack: SlackStandIn, rasa: StandInRasa
) -> None:
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
        for number in range(4):
            await talk.say(QUESTIONS[number])
            await slack.driver.post("Sam", SUPPORT, f"Answer {number}.", thread_ts=card.ts)
    async with opening(slack=slack) as second:
        talk = there(talk, second)
        await ask(talk, QUESTIONS[4:])
        await slack.driver.delivered()
        await slack.driver.post("Sam", SUPPORT, "Answer 4.", thread_ts=card.ts)
        await second.until_in_thread(card, QUESTIONS[-1])
        said = [each for each in await until_said(talk, "Answer 4.") if each["author"] == "agent"]
        assert [each["text"] for each in said] == [f"Answer {number}." for number in range(5)]
        await second.until_done()
    assert asked(slack, card) == QUESTIONS
    assert rasa.requests == []


async def test_what_agents_do_while_we_are_away_is_taken_when_slack_repeats_it(
    opening: Opening, slack: SlackStandIn
) -> None:
    async with opening(slack=slack) as first:
        talk, card = await first.claimed()
    slack.faults.hold_events()
    await slack.driver.post("Sam", SUPPORT, "Written meanwhile", thread_ts=card.ts)
    async with opening(slack=slack) as second:
        slack.faults.release_events()
        assert (await there(talk, second).until(3))[-1]["text"] == "Written meanwhile"


@pytest.mark.parametrize("transport", [SlackTransport.SOCKET])
@pytest.mark.parametrize("trouble", ["deaf", "dropped", "refreshed"])
async def test_a_connection_that_breaks_is_made_anew_and_nothing_is_lost(
    opening: Opening, trouble: str
) -> None:
    async with opening(timing=replace(QUICK, deaf_seconds=3.0)) as house:
        await break_the_connection(house, trouble)


async def break_the_connection(house: DeskHouse, trouble: str) -> None:
    talk, card = await house.claimed()
    faults = house.slack.faults
    house.slack.answer_seconds = 0.5
    match trouble:
        case "deaf":
            faults.deafen_sockets()
        case "dropped":
            faults.drop_sockets()
        case _:
            await faults.refresh_sockets()
    await ask(talk)
    await house.until_in_thread(card, QUESTIONS[-1])
    await until_heard(house, card)
    await house.slack.driver.post("Sam", SUPPORT, "I hear you", thread_ts=card.ts)
    said = [each for each in await until_said(talk, "I hear you") if each["author"] == "agent"]
    assert len(said) == 1
    assert asked(house.slack, card) == QUESTIONS


async def until_heard(house: DeskHouse, card: Message) -> None:
    """An agent presses until something happens."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            with suppress(AppDidNotAnswerError):
                return await house.slack.driver.press("Sam", card.ts, "desk_history")
            # While no connection is open the press fails without a pause: let one be opened.
            await asyncio.sleep(0.05)


def there(talk: Talk, house: DeskHouse) -> Talk:
    """The same conversation, on another application process."""
    opened = {
        "conversation_id": talk.id,
        "session_token": talk.token,
        "identified": talk.identified,
    }
    return Talk(house.http, opened)


async def until_said(talk: Talk, words: str) -> list[dict[str, Any]]:
    """All messages, as soon as one of them says this."""
    messages: list[dict[str, Any]] = []
    async with talk.events() as events:
        async for event in events:
            if event.name == "message":
                messages.append(event.data)
                if event.data["text"] == words:
                    break
    return messages


async def test_words_below_a_card_that_we_do_not_know_slack_has_are_not_lost(
    opening: Opening,
) -> None:
    """Slack took the card, its answer did not come; an agent is faster than our second look."""
    async with opening(timing=replace(QUICK, pause_seconds=1.0)) as house:
        talk = await house.customer()
        house.slack.faults.fail(method="chat.postMessage", status=503, after=True)
        card = await house.ask_for_person(talk)
        await house.slack.driver.press("Sam", card.ts, "desk_claim")
        for number in range(3):
            await house.slack.driver.post("Sam", SUPPORT, f"Answer {number}.", thread_ts=card.ts)
        said = await until_said(talk, "Answer 2.")
        assert [each["text"] for each in said if each["author"] == "agent"] == [
            "Answer 0.",
            "Answer 1.",
            "Answer 2.",
        ]
        await house.until_done()
        assert len(house.slack.workspace.in_channel(SUPPORT)) == 1
