"""What agents write: what reaches the customer, when, how, and what never does (F7)."""

import asyncio
from typing import Any

from sandbox.slack.blocks import pings_in, text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.signed import deliver, reply, wrapped
from tests.channels.slack.test_faults import asked
from tests.channels.talk import Talk, next_event

SAM = "U0SAMOKAFOR"


async def texts(talk: Talk, last: int) -> list[str]:
    """What agents said, up to the message of this number, which has to be theirs."""
    messages = await talk.until(last)
    assert messages[-1]["author"] == "agent"
    return [each["text"] for each in messages if each["author"] == "agent"]


def whispered(house: DeskHouse, card: Message, words: str, to: str = SAM) -> bool:
    return any(words in each.text for each in house.slack.workspace.thread(card.ts, seen_by=to))


async def test_an_agents_words_come_at_once_and_are_there_after_a_reload(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    async with talk.events(after=2) as events:
        for number in range(3):
            await house.slack.driver.post("Sam", SUPPORT, f"Live {number}", thread_ts=card.ts)
            message = (await next_event(events, "message")).data
            assert (message["text"], message["author_name"]) == (f"Live {number}", "Sam")
    reloaded = await talk.until(5)
    assert [each["sequence"] for each in reloaded] == [1, 2, 3, 4, 5]
    assert [each["text"] for each in reloaded[2:]] == ["Live 0", "Live 1", "Live 2"]


async def test_of_many_words_at_once_none_is_skipped_and_their_order_is_kept(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    written = [f"Reply {number}" for number in range(20)]
    for words in written:
        await house.slack.driver.post("Sam", SUPPORT, words, thread_ts=card.ts)
    assert await texts(talk, 22) == written


async def test_both_sides_at_once_each_have_all_of_the_other(house: DeskHouse) -> None:
    talk, card = await house.claimed()

    async def customer() -> None:
        for number in range(8):
            await talk.say(f"Question {number}.")

    async def agent() -> None:
        for number in range(8):
            await house.slack.driver.post("Sam", SUPPORT, f"Answer {number}.", thread_ts=card.ts)

    await asyncio.gather(customer(), agent())
    messages = await talk.until(18)
    for author, words in (("agent", "Answer"), ("customer", "Question")):
        said = [each["text"] for each in messages if each["author"] == author]
        assert said == [f"{words} {number}." for number in range(8)]
    await house.until_in_thread(card, "Question 7.")
    assert asked(house.slack, card) == [f"Question {number}." for number in range(8)]


async def test_what_came_late_is_delivered_and_its_author_is_told(house: DeskHouse) -> None:
    """Slack promises no order; a first delivery that failed comes minutes later."""
    talk, card = await house.claimed()
    house.slack.faults.hold_events()
    for words in ("First", "Second"):
        await house.slack.driver.post("Sam", SUPPORT, words, thread_ts=card.ts)
    house.slack.faults.release_events(backwards=True)
    assert await texts(talk, 4) == ["Second", "First"]
    await house.slack.driver.until(
        lambda: whispered(house, card, "reached the customer after what you wrote later")
    )


async def test_a_reply_of_forty_thousand_characters_reaches_the_customer_whole(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    long = "word " * 7_999 + "end.."
    await house.slack.driver.post("Sam", SUPPORT, long, thread_ts=card.ts)
    assert await texts(talk, 3) == [long]
    await house.press("Sam", card, "desk_history")
    await house.slack.driver.modal("Sam")
    await house.slack.driver.until(
        lambda: "end.." in text_of((house.slack.driver.front("Sam") or card).blocks)
    )


async def test_a_reply_without_words_is_not_sent_and_its_author_is_told(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    empty = reply(card.channel, card.ts, SAM, " \u00a0\n")
    await deliver(house, wrapped(empty))
    await house.slack.driver.until(lambda: whispered(house, card, "nothing in it"))
    await house.slack.driver.post("Sam", SUPPORT, "", thread_ts=card.ts, files=["bill.pdf"])
    await house.slack.driver.until(lambda: whispered(house, card, "does not get files"))
    await house.slack.driver.post(
        "Sam", SUPPORT, "See the bill", thread_ts=card.ts, files=["bill.pdf"]
    )
    await talk.until(3)
    await deliver(house, wrapped(emoji_reply(card)))
    assert await texts(talk, 4) == ["See the bill", "👍"]


def emoji_reply(card: Message) -> dict[str, Any]:
    thumb = {"type": "emoji", "name": "+1", "unicode": "1f44d"}
    section = {"type": "rich_text_section", "elements": [thumb]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    return reply(card.channel, card.ts, SAM, ":+1:", blocks=blocks)


async def test_what_is_edited_or_deleted_stays_with_the_customer_and_its_author_is_told(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    first = await house.slack.driver.post("Sam", SUPPORT, "It costs 9 euros", thread_ts=card.ts)
    second = await house.slack.driver.post("Sam", SUPPORT, "Oh no", thread_ts=card.ts)
    await talk.until(4)
    await house.slack.driver.edit("Sam", first.ts, "It costs 8 euros")
    await house.slack.driver.until(lambda: whispered(house, card, "keeps what you sent first"))
    await house.slack.driver.delete("Sam", second.ts)
    await house.slack.driver.until(lambda: whispered(house, card, "has seen what you deleted"))
    assert not whispered(house, card, "keeps what you sent first", to="U0NOORHADDAD")
    await house.slack.driver.post("Sam", SUPPORT, "8 euros", thread_ts=card.ts)
    assert await texts(talk, 5) == ["It costs 9 euros", "Oh no", "8 euros"]


async def test_a_changed_note_is_nobodys_business(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    note = await house.slack.driver.post("Noor", SUPPORT, "She is a friend", thread_ts=card.ts)
    await house.until_marked(note, "memo")
    await house.slack.driver.edit("Noor", note.ts, "She is an old friend")
    await house.slack.driver.delete("Noor", note.ts)
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert await texts(talk, 3) == ["Hello"]
    seen = house.slack.workspace.thread(card.ts, seen_by="U0NOORHADDAD")
    assert [each for each in seen if each.only_for] == []


async def test_before_somebody_claims_every_word_is_a_note(house: DeskHouse) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    for words in ("Who takes this?", "I am at lunch"):
        note = await house.slack.driver.post("Sam", SUPPORT, words, thread_ts=card.ts)
        await house.until_marked(note, "memo")
    seen = house.slack.workspace.thread(card.ts, seen_by=SAM)
    assert len([each for each in seen if "has not seen it" in each.text]) == 1
    await house.press("Sam", card, "desk_claim")
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert await texts(talk, 3) == ["Hello"]


async def test_a_colleagues_words_never_reach_the_customer(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    note = await house.slack.driver.post("Noor", SUPPORT, "Don't be so nice", thread_ts=card.ts)
    await house.until_marked(note, "memo")
    answer = await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert await texts(talk, 3) == ["Hello"]
    await house.until_marked(answer, "white_check_mark")


async def test_after_handing_back_an_agents_words_reach_nobody_and_they_are_told(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    await house.press("Sam", card, "desk_hand_back")
    late = await house.slack.driver.post("Sam", SUPPORT, "One more thing", thread_ts=card.ts)
    await house.until_marked(late, "memo")
    await house.slack.driver.until(lambda: whispered(house, card, "did not get this"))
    await talk.say("Hello?")
    assert "agent" not in [each["author"] for each in await talk.until(6)]


async def test_a_customers_words_are_words_and_call_nobody(house: DeskHouse) -> None:
    hostile = (
        "<!channel> <!here|here> <@U0SAMOKAFOR> @here *bold* _it_ `code` ```block\n"
        "<https://evil.example|our shop> &lt;!everyone&gt; \\u003c!channel\\u003e\n> quoted :tada:"
    )
    talk = await house.customer(full_name="<!channel> *Amara*")
    await talk.say(hostile)
    await talk.until(3)
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    await talk.say(hostile + " again")
    shown = await house.until_in_thread(card, ":tada: again")
    assert hostile + " again" in [block.get("text", {}).get("text") for block in shown.blocks]
    for message in house.slack.workspace.thread(card.ts):
        assert pings_in(message.text, message.blocks) == []
        texts_of_blocks = [block["text"] for block in message.blocks if "text" in block]
        assert "mrkdwn" not in [text["type"] for text in texts_of_blocks]


async def test_a_note_that_comes_after_its_author_has_claimed_stays_a_note(
    house: DeskHouse,
) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    house.slack.faults.hold_events()
    note = await house.slack.driver.post("Sam", SUPPORT, "Known for fraud?", thread_ts=card.ts)
    await house.press("Sam", card, "desk_claim")
    await house.until_pressable(card, "desk_hand_back")
    house.slack.faults.release_events()
    await house.until_marked(note, "memo")
    await house.slack.driver.until(lambda: whispered(house, card, "before you claimed"))
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert await texts(talk, 3) == ["Hello"]


async def test_a_note_between_releasing_and_claiming_again_stays_a_note(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    await house.release("Sam", card)
    await house.until_pressable(card, "desk_claim")
    await house.slack.driver.open_home("Sam")
    home = await house.slack.driver.until(lambda: house.slack.driver.home("Sam"))
    house.slack.faults.hold_events()
    note = await house.slack.driver.post("Sam", SUPPORT, "Difficult one", thread_ts=card.ts)
    await house.slack.driver.press("Sam", home or "", "desk_home_claim")
    await house.until_pressable(card, "desk_hand_back")
    house.slack.faults.release_events()
    await house.until_marked(note, "memo")
    await house.slack.driver.post("Sam", SUPPORT, "Hello again", thread_ts=card.ts)
    assert await texts(talk, 5) == ["Hello again"]
