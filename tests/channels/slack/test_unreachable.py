"""Agents cannot be reached: a channel is gone, the token counts no more, somebody left."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi import Response
from slack_sdk.errors import SlackApiError

from channels.slack.model import PostState, SlackPost
from channels.slack.refusals import MOST_SECONDS, Refusal, refusal_of, seconds_to_wait
from offboarding import clock
from offboarding.database import Database
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.states import HandOffState
from tests.channels.slack.desk_house import QUICK, SUPPORT, DeskHouse, Opening
from tests.channels.slack.signed import deliver, wrapped
from tests.channels.stand_in import StandInRasa
from tests.channels.talk import Talk

UNREACHABLE = "Our team can't be reached in this chat at the moment"


async def usable(talk: Talk) -> bool:
    """Whether the assistant answers."""
    asked = await talk.say("And now?")
    return (await talk.until(asked + 1))[-1]["text"] == "heard And now?"


@pytest.mark.parametrize("trouble", ["archived", "without us", "not there"])
async def test_where_the_channel_takes_no_card_the_customer_is_told_once_and_can_go_on(
    house: DeskHouse, trouble: str
) -> None:
    match trouble:
        case "archived":
            house.slack.faults.archive(SUPPORT)
        case "without us":
            house.slack.faults.remove_bot(SUPPORT)
        case _:
            house.slack.workspace.channel(SUPPORT).name = "renamed"
    talk = await house.customer()
    house.request(talk)
    hand_off = house.hand_off(talk)
    message = (await talk.until(2))[-1]
    assert message["text"].startswith(UNREACHABLE)
    await house.until(lambda: house.mailed == [hand_off.id])
    assert await usable(talk)
    await house.until_done()
    assert (await talk.status())["last_sequence"] == 4
    assert house.mailed == [hand_off.id]


async def test_a_revoked_token_is_told_at_once_and_what_waits_is_shown_when_it_is_mended(
    house: DeskHouse,
) -> None:
    house.slack.faults.revoke_token()
    talk = await house.customer()
    house.request(talk)
    hand_off = house.hand_off(talk)
    assert (await talk.until(2))[-1]["text"].startswith(UNREACHABLE)
    await house.until(lambda: house.mailed == [hand_off.id])
    assert await usable(talk)
    house.slack.faults.revoke_token(revoked=False)
    card = await house.until_shown(f"Request: {hand_off.number}")
    await house.until_in_thread(card, "And now?")
    await house.press("Sam", card, "desk_claim")
    await house.slack.driver.post("Sam", SUPPORT, "Sorry, I am here now", thread_ts=card.ts)
    messages = await talk.until(6)
    assert [each["author"] for each in messages[4:]] == ["system", "agent"]
    assert len([each for each in messages if each["text"].startswith(UNREACHABLE)]) == 1


async def test_while_the_token_is_away_an_agents_words_still_reach_the_customer(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    """What we are told and what we tell are two ways; one may be closed without the other."""
    talk, card = await house.claimed()
    house.slack.faults.revoke_token()
    await talk.say("Are you there?")
    await house.slack.driver.post("Sam", SUPPORT, "I am", thread_ts=card.ts)
    await talk.until(4)
    house.slack.faults.revoke_token(revoked=False)
    await house.until_in_thread(card, "Are you there?")
    await house.until_done()
    assert house.hand_off(talk).state is HandOffState.CLAIMED
    assert rasa.requests == []


async def test_where_the_channel_of_a_talk_goes_the_assistant_answers_again(
    house: DeskHouse,
) -> None:
    talk, _ = await house.claimed()
    hand_off = house.hand_off(talk)
    house.slack.faults.archive(SUPPORT)
    await talk.say("Are you there?")
    messages = await talk.until(5)
    assert "Sam had to leave" in messages[3]["text"]
    assert messages[4]["text"].startswith(UNREACHABLE)
    assert (await talk.status())["state"] == "waiting"
    await house.until(lambda: house.mailed == [hand_off.id])
    assert await usable(talk)


async def test_other_channels_go_on_while_one_is_gone(house: DeskHouse) -> None:
    house.slack.faults.archive(SUPPORT)
    lost = await house.customer()
    house.request(lost)
    await lost.until(2)
    talk = await house.customer()
    card = await house.ask_for_person(talk, cause=HandOffCause.FRAUD)
    await house.press("Ines", card, "desk_claim")
    await house.slack.driver.post("Ines", card.channel, "Hello", thread_ts=card.ts)
    assert (await talk.until(3))[-1]["text"] == "Hello"


async def test_a_message_that_slack_refuses_is_named_in_its_thread(
    house: DeskHouse, database: Database
) -> None:
    talk, card = await house.claimed()
    house.slack.faults.fail(method="chat.postMessage", status=503)
    with database.write() as session:
        session.add(unshowable(house.hand_off(talk).id))
    await house.until_in_thread(card, "can't be shown here")
    await talk.say("Next")
    await house.until_in_thread(card, "Next")
    assert house.hand_off(talk).state is HandOffState.CLAIMED
    assert house.mailed == []


def unshowable(hand_off_id: str) -> SlackPost:
    return SlackPost(
        key="unshowable",
        channel=SUPPORT,
        hand_off_id=hand_off_id,
        kind="message",
        arguments={"text": "", "blocks": [{"type": "no such block"}]},
        state=PostState.PENDING,
        created_at=clock.now(),
        due_at=clock.now(),
    )


async def test_an_agent_whose_account_is_deactivated_is_released(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    talk, card = await house.claimed()
    other, others_card = await house.claimed("Noor")
    house.slack.faults.deactivate("Sam")
    left = (await talk.until(3))[-1]
    assert (left["author"], "Sam had to leave" in left["text"]) == ("system", True)
    assert house.hand_off(talk).state is HandOffState.WAITING
    assert house.hand_off(other).state is HandOffState.CLAIMED
    assert await usable(talk)
    await house.press("Noor", card, "desk_claim")
    await house.slack.driver.post("Noor", SUPPORT, "Hello", thread_ts=card.ts)
    assert (await talk.until(7))[-1]["author_name"] == "Noor"
    assert others_card.ts != card.ts
    assert rasa.heard() == ["And now?"]


async def test_other_news_of_an_agent_change_nothing(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    for user in ({"id": "U0SAMOKAFOR", "deleted": False}, {"id": "U0NOBODY", "deleted": True}, {}):
        assert (await deliver(house, wrapped({"type": "user_change", "user": user}))).is_success
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert (await talk.until(3))[-1]["text"] == "Hello"


async def test_who_talks_with_a_person_that_nothing_reaches_any_more_is_told(
    opening: Opening,
) -> None:
    """A token that is changed in a minute ends no talk; one that stays away does."""
    async with opening(timing=replace(QUICK, lasting=timedelta(seconds=1))) as house:
        talk, card = await house.claimed()
        house.slack.faults.revoke_token()
        await talk.say("Are you there?")
        messages = await talk.until(5)
        assert "Sam had to leave" in messages[3]["text"]
        assert messages[4]["text"].startswith(UNREACHABLE)
        assert await usable(talk)
        house.slack.faults.revoke_token(revoked=False)
        for words in ("Are you there?", "And now?", "it was mailed"):
            await house.until_in_thread(card, words)
        assert house.mailed == [house.hand_off(talk).id]


async def test_a_card_appears_once_its_channel_is_there_again(house: DeskHouse) -> None:
    """Until then nobody can claim it: there would be no thread to answer in."""
    house.slack.faults.archive(SUPPORT)
    talk = await house.customer()
    house.request(talk)
    hand_off = house.hand_off(talk)
    await talk.until(2)
    await talk.say("Anybody?")
    await house.slack.driver.open_home("Sam")
    home = await house.slack.driver.until(lambda: house.slack.driver.home("Sam"))
    await house.slack.driver.press("Sam", home or "", "desk_home_claim")
    assert house.hand_off(talk).state is HandOffState.WAITING
    await house.slack.driver.until(
        lambda: "is not in Slack yet" in str(getattr(house.slack.driver.home("Sam"), "blocks", ""))
    )
    house.slack.faults.archive(SUPPORT, archived=False)
    card = await house.until_shown(f"Request: {hand_off.number}")
    await house.until_in_thread(card, "Anybody?")
    await house.press("Sam", card, "desk_claim")
    await house.slack.driver.post("Sam", SUPPORT, "Sorry, I am here now", thread_ts=card.ts)
    assert (await talk.until(6))[-1]["text"] == "Sorry, I am here now"
    await house.until_done()
    assert house.mailed == [hand_off.id]
    assert len(house.slack.workspace.in_channel(SUPPORT)) == 1


async def test_cards_of_a_closed_channel_do_not_wait_for_each_other(house: DeskHouse) -> None:
    house.slack.faults.archive(SUPPORT)
    for _ in range(3):
        talk = await house.customer()
        house.request(talk)
        assert (await talk.until(2))[-1]["text"].startswith(UNREACHABLE)
    house.slack.faults.archive(SUPPORT, archived=False)
    await house.slack.driver.until(lambda: len(house.slack.workspace.in_channel(SUPPORT)) == 3)


async def test_what_cannot_be_put_into_a_call_holds_up_nothing(
    house: DeskHouse, database: Database
) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    strange = unshowable(house.hand_off(talk).id)
    strange.kind = "of a later release"
    with database.write() as session:
        session.add(strange)
    await talk.say("Are you there?")
    await house.until_in_thread(card, "Are you there?")
    assert house.hand_off(talk).state is HandOffState.CLAIMED


async def test_an_answer_that_cannot_be_read_is_taken_for_a_failure_on_the_way(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    for content in ("{bad", "[]"):
        house.slack.faults._plan(
            lambda content=content: Response(content, 200, media_type="application/json"),  # type: ignore[misc]
            1,
            "chat.postMessage",
            "",
            after=False,
        )
    await talk.say("Are you there?")
    await house.until_in_thread(card, "Are you there?")
    assert house.hand_off(talk).state is HandOffState.CLAIMED
    assert house.mailed == []


@pytest.mark.parametrize("asked", ["soon", "-3", "nan", "inf", "0", "1e9", ""])
def test_whatever_slack_asks_to_wait_it_is_no_more_than_minutes(asked: str) -> None:
    class Answer(dict[str, str]):
        headers = {"Retry-After": asked}  # noqa: RUF012
        status_code = 429

    error = SlackApiError("no", Answer())  # type: ignore[no-untyped-call]
    assert refusal_of(error) is Refusal.LIMITED
    assert 1 <= seconds_to_wait(error) <= MOST_SECONDS
    assert refusal_of(SlackApiError("no", object())) is Refusal.TRANSIENT  # type: ignore[no-untyped-call]


async def test_being_told_to_wait_for_long_is_told_to_who_waits(opening: Opening) -> None:
    async with opening(timing=replace(QUICK, lasting=timedelta(seconds=1))) as house:
        talk, _ = await house.claimed()
        await house.until_done()
        house.slack.faults.limit(10_000, method="chat.postMessage")
        await talk.say("Are you there?")
        assert "Sam had to leave" in (await talk.until(5))[3]["text"]
        house.slack.faults.clear()


async def test_what_was_sent_is_not_kept_twice(house: DeskHouse, database: Database) -> None:
    talk, card = await house.claimed()
    with database.write() as session:
        session.add(unshowable(house.hand_off(talk).id))
    await talk.say("A secret")
    await house.until_in_thread(card, "A secret")
    await house.until_done()
    with database.read() as session:
        kept = session.scalars(
            sa.select(SlackPost).where(SlackPost.state.in_([PostState.SENT, PostState.FAILED]))
        ).all()
    assert {each.state for each in kept} == {PostState.SENT, PostState.FAILED}
    assert [each.arguments for each in kept if each.arguments] == []
