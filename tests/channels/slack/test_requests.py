"""Who may call us: signatures, workspaces, threads, and Slack's repetitions (known failure F9)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from channels.slack.model import EventState, SlackEvent
from offboarding.database import Database
from offboarding.settings import SlackTransport
from sandbox.slack.delivery.http import EVENTS_PATH
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.signed import block_action, deliver, press, reply, wrapped

SAM = "U0SAMOKAFOR"


def agents_words(messages: list[dict[str, str]]) -> list[str]:
    return [each["text"] for each in messages if each["author"] == "agent"]


@pytest.mark.parametrize(
    "how",
    [{"secret": "somebody else's"}, {"age_seconds": 400}, {"age_seconds": -400}, {"signed": False}],
    ids=["forged", "old", "from the future", "missing"],
)
async def test_a_request_without_a_right_signature_is_refused(
    house: DeskHouse, how: dict[str, Any]
) -> None:
    talk, card = await house.claimed()
    event = wrapped(reply(card.channel, card.ts, SAM, "Not from Slack"))
    assert (await deliver(house, event, **how)).status_code == 401
    hand_off = house.hand_off(talk)
    back = block_action("desk_hand_back", hand_off.id, user=SAM, channel=card.channel, ts=card.ts)
    assert (await press(house, back, **how)).status_code == 401
    assert house.hand_off(talk).state == hand_off.state
    await house.slack.driver.post("Sam", SUPPORT, "From Slack", thread_ts=card.ts)
    assert agents_words(await talk.until(3)) == ["From Slack"]


@pytest.mark.parametrize("transport", [SlackTransport.SOCKET])
async def test_in_socket_mode_nobody_is_let_in_by_http(house: DeskHouse) -> None:
    """There may be no signing secret to tell Slack from others by."""
    _, card = await house.claimed()
    event = wrapped(reply(card.channel, card.ts, SAM, "Not from Slack"))
    assert (await deliver(house, event)).status_code == 404
    assert (await deliver(house, event, signed=False)).status_code == 404


async def test_another_workspace_is_refused(house: DeskHouse, database: Database) -> None:
    talk, card = await house.claimed()
    before = house.hand_off(talk)
    event = wrapped(reply(card.channel, card.ts, SAM, "Hello"), team_id="T0ELSEWHERE")
    assert (await deliver(house, event)).status_code == 401
    back = block_action(
        "desk_hand_back",
        before.id,
        user=SAM,
        channel=card.channel,
        ts=card.ts,
        team_id="T0ELSEWHERE",
    )
    assert (await press(house, back)).status_code == 401
    assert house.hand_off(talk).state == before.state
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count(SlackEvent.position))) == 0


async def test_what_is_written_elsewhere_is_none_of_ours(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    for channel, thread in (("C0UNKNOWN", card.ts), (card.channel, "1.000001")):
        event = wrapped(reply(channel, thread, SAM, "Not for the customer"))
        assert (await deliver(house, event)).status_code == 200
    in_the_channel = await house.slack.driver.post("Sam", SUPPORT, "Who has a minute?")
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert agents_words(await talk.until(3)) == ["Hello"]
    assert in_the_channel.reactions == {}


async def test_an_event_that_slack_repeats_is_delivered_once(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    event = wrapped(reply(card.channel, card.ts, SAM, "Hello Amara"), event_id="EvTheSame")
    for retry in (0, 1, 2):
        assert (await deliver(house, event, retry=retry)).status_code == 200
    await deliver(house, wrapped(reply(card.channel, card.ts, SAM, "And that is all")))
    assert agents_words(await talk.until(4)) == ["Hello Amara", "And that is all"]


async def test_what_could_not_be_kept_at_first_is_taken_when_slack_repeats_it(
    house: DeskHouse, database: Database
) -> None:
    """Dropping everything with a retry's header would lose it."""
    talk, card = await house.claimed()
    event = wrapped(reply(card.channel, card.ts, SAM, "Hello Amara"), event_id="EvTheSame")
    with database.write() as session:
        session.execute(sa.text("ALTER TABLE slack_event RENAME TO slack_event_away"))
    try:
        assert (await deliver(house, event)).status_code == 500
    finally:
        with database.write() as session:
            session.execute(sa.text("ALTER TABLE slack_event_away RENAME TO slack_event"))
    assert (await deliver(house, event, retry=1)).status_code == 200
    assert (await deliver(house, event, retry=2)).status_code == 200
    assert agents_words(await talk.until(3)) == ["Hello Amara"]


async def test_the_same_event_twice_in_one_instant_is_delivered_once(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    house.slack.faults.duplicate_events(events=2)
    for words in ("One", "Two"):
        await house.slack.driver.post("Sam", SUPPORT, words, thread_ts=card.ts)
    await house.slack.driver.delivered()
    assert house.slack.faults.doubled == 2
    await house.slack.driver.post("Sam", SUPPORT, "Three", thread_ts=card.ts)
    assert agents_words(await talk.until(5)) == ["One", "Two", "Three"]


async def test_slack_can_make_sure_that_the_address_is_ours(house: DeskHouse) -> None:
    question = {"type": "url_verification", "token": "unused", "challenge": "3eZbrw1aB"}
    answer = await deliver(house, question)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1aB"})
    assert (await deliver(house, question, signed=False)).status_code == 401
    assert (await deliver(house, question, secret="somebody else's")).status_code == 401


async def test_what_is_too_long_is_refused_whatever_is_said_of_its_length(house: DeskHouse) -> None:
    headers = {"Content-Type": "application/json"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    for body in (pieces(), b" " * 1_000_001):
        answer = await house.http.post(EVENTS_PATH, content=body, headers=headers)
        assert answer.status_code == 413
    assert (await house.http.post(EVENTS_PATH, content=b"\xff")).status_code == 400


async def test_an_event_that_always_fails_holds_up_no_other_thread_and_its_author_is_told(
    house: DeskHouse, database: Database
) -> None:
    _, card = await house.claimed()
    talk, other = await house.claimed("Noor")
    poison = reply(card.channel, card.ts, SAM, "Words that get lost")
    del poison["ts"]
    assert (await deliver(house, wrapped(poison))).status_code == 200
    await house.slack.driver.post("Noor", SUPPORT, "Hello", thread_ts=other.ts)
    assert agents_words(await talk.until(3)) == ["Hello"]
    with database.read() as session:
        states = session.scalars(sa.select(SlackEvent.state)).all()
    assert EventState.FAILED not in states, "Noor had to wait for it"
    await house.slack.driver.until(
        lambda: any(
            "something went wrong" in each.text
            for each in house.slack.workspace.thread(card.ts, seen_by=SAM)
        )
    )
    with database.read() as session:
        kept = session.scalars(sa.select(SlackEvent)).all()
    assert [each.event for each in kept if each.event] == []
