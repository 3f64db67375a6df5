"""CANCEL and its like: the opt-out is respected, and the plan is not forgotten."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from channels.conversations.messages import read_after
from channels.conversations.model import Author
from channels.sms.model import SmsPost, SmsPostState
from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.cases import intents
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from sandbox.phone.server import TwilioStandIn
from tests.channels.sms.phone_house import AMARA, Opening, PhoneHouse
from tests.channels.stand_in import StandInRasa

CARRIERS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
MAY_MEAN_THE_PLAN = ["CANCEL", "END", "QUIT", "UNSUBSCRIBE", "REVOKE"]


def open_intents(house: PhoneHouse) -> list[str]:
    with house.database.read() as session:
        return [each.word for each in intents.open_intents(session)]


@pytest.mark.parametrize("word", CARRIERS)
async def test_a_word_of_the_carriers_alone_stops_every_text(
    house: PhoneHouse, rasa: StandInRasa, word: str
) -> None:
    house.customer()
    await house.talks("hello")
    before = len(house.twilio.phone.messages_to(AMARA))
    await house.text(word.capitalize())
    await house.until_done()
    line = house.line()
    assert line.opted_out_at is not None
    with house.database.write() as session:
        house.gateway.say_as_agent(session, line.conversation_id or "", "Hello?", "Sam", "k1")
    await house.until(lambda: house.posts(SmsPostState.WITHHELD))
    assert len(house.twilio.phone.messages_to(AMARA)) == before
    assert len(rasa.requests) == 1, "a machine must not answer it"
    assert house.twilio.phone.blocked(AMARA)


@pytest.mark.parametrize("word", MAY_MEAN_THE_PLAN)
async def test_where_the_plan_may_be_meant_a_mail_asks_with_one_link(
    house: PhoneHouse, word: str
) -> None:
    amara = house.customer()
    await house.text(word)
    await house.until(lambda: house.letters)
    (letter,) = house.letters
    assert letter.to == amara.email
    assert word in letter.subject
    assert len(re.findall(r"https://\S+", letter.text)) == 1
    assert open_intents(house) == [word]
    with house.database.read() as session:
        said = read_after(session, house.line().conversation_id or "", 0, most=9)
    assert [(each.author, each.text) for each in said] == [(Author.CUSTOMER, word)]


async def test_stop_is_about_texts_and_asks_nothing(house: PhoneHouse) -> None:
    house.customer()
    await house.text("STOP")
    await house.until_done()
    assert open_intents(house) == []
    assert house.letters == []


async def test_stop_in_the_middle_of_a_talk_leaves_a_way_on(house: PhoneHouse) -> None:
    house.customer()
    await house.talks("I want to leave")
    await house.text("STOP")
    await house.until(lambda: house.letters)
    assert "takes no more texts" in house.letters[0].text


async def leave_by_link(house: PhoneHouse, letter: Any) -> str:
    """Open the link of a letter, and press what is there; the page after it."""
    path = urlsplit(re.findall(r"https://\S+", letter.text)[0]).path
    shown = await house.http.get(path, follow_redirects=True)
    assert shown.status_code == 200
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', shown.text))
    action = re.findall(r'<form[^>]* action="([^"]+)"', shown.text)[0]
    cookie = shown.headers["set-cookie"].split(";")[0]
    done = await house.http.post(
        action, data=fields, headers={"cookie": cookie}, follow_redirects=False
    )
    assert done.status_code in {200, 303}, done.text
    return done.text


async def test_the_link_cancels_in_the_same_talk_and_settles_the_wish(house: PhoneHouse) -> None:
    amara = house.customer()
    await house.text("CANCEL")
    await house.until(lambda: house.letters)
    await leave_by_link(house, house.letters[0])
    with house.database.read() as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.state is CaseState.SCHEDULED
        assert case.customer_id == amara.id
        assert case.conversation_id == house.line().conversation_id
        assert session.scalars(sa.select(Subscription)).one().cancel_at is not None
    assert open_intents(house) == []


async def test_looking_at_the_link_changes_nothing(house: PhoneHouse) -> None:
    house.customer()
    await house.text("CANCEL")
    await house.until(lambda: house.letters)
    path = urlsplit(re.findall(r"https://\S+", house.letters[0].text)[0]).path
    for _ in range(3):
        assert (await house.http.get(path)).status_code == 200
    with house.database.read() as session:
        assert session.scalars(sa.select(Case)).all() == []
    assert open_intents(house) == ["CANCEL"]


async def test_two_who_share_the_phone_are_both_asked(house: PhoneHouse) -> None:
    house.customer()
    house.customer(email="ben@example.org", full_name="Ben Okafor")
    await house.text("CANCEL")
    await house.until(lambda: len(house.letters) == 2)
    assert {letter.to for letter in house.letters} == {"amara@example.org", "ben@example.org"}
    links = {re.findall(r"https://\S+", letter.text)[0] for letter in house.letters}
    assert len(links) == 2


async def test_where_nobody_can_be_mailed_a_person_sees_it(house: PhoneHouse) -> None:
    await house.text("CANCEL")
    await house.until(lambda: house.tasks)
    with house.database.read() as session:
        found = handoffs.hand_off_of(session, house.line().conversation_id or "")
    assert found is not None
    assert found.cause is HandOffCause.TEXTS_BLOCKED


async def test_words_of_our_own_get_the_one_confirmation(house: PhoneHouse) -> None:
    house.customer()
    await house.talks("hello")
    before = len(house.twilio.phone.messages_to(AMARA))
    await house.text("opt out")
    await house.until_done()
    await house.text("opt-out")
    await house.until_done()
    after = house.twilio.phone.messages_to(AMARA)[before:]
    assert len(after) == 1
    assert "no more texts" in after[0].body


async def test_what_waited_when_they_opted_out_is_withheld(house: PhoneHouse) -> None:
    house.customer()
    house.twilio.faults.fail(1000)
    await house.text("hello")
    await house.until(lambda: house.posts(SmsPostState.PENDING, SmsPostState.SENDING))
    await house.text("QUIT")
    house.twilio.faults.clear()
    await house.until_done()
    assert {post.state for post in house.posts()} == {SmsPostState.WITHHELD}
    assert house.twilio.phone.messages_to(AMARA) == []


async def test_cancel_after_an_older_opt_out_asks_about_the_plan_too(house: PhoneHouse) -> None:
    house.customer()
    await house.text("STOP")
    await house.until_done()
    await house.text("CANCEL")
    await house.until(lambda: house.letters)
    assert "CANCEL" in house.letters[0].subject
    assert open_intents(house) == ["CANCEL"]


async def test_a_word_again_and_again_fills_nobody_s_mailbox(house: PhoneHouse) -> None:
    house.customer()
    for word in ("CANCEL", "START", "CANCEL", "START", "CANCEL"):
        await house.text(word)
        await house.until_done()
    assert len(house.letters) == 1


async def test_a_word_from_where_no_text_can_go_is_respected(house: PhoneHouse) -> None:
    await house.text("STOP", "whatsapp:+447700900123")
    await house.until(lambda: house.line("whatsapp:+447700900123").opted_out_at is not None)


async def test_an_agent_who_writes_to_them_is_followed_by_a_mail(house: PhoneHouse) -> None:
    house.customer()
    await house.text("STOP")
    await house.until_done()
    with house.database.write() as session:
        house.gateway.say_as_agent(
            session, house.line().conversation_id or "", "Hello?", "Sam", "k1"
        )
    await house.until(lambda: house.letters)
    assert "takes no more texts" in house.letters[0].text


async def test_what_was_being_tried_when_they_opted_out_is_not_tried_again(
    house: PhoneHouse,
) -> None:
    house.customer()
    house.twilio.faults.limit(1000)
    await house.text("hello")
    await house.until(lambda: any(post.attempts > 1 for post in house.posts()))
    await house.text("opt out")
    house.twilio.faults.clear()
    await house.until_done()
    assert [text.body for text in house.twilio.phone.messages_to(AMARA)] == [
        body for body in await house.got(1) if "no more texts" in body
    ]


async def test_what_may_or_may_not_be_with_twilio_is_only_looked_for_after_an_opt_out(
    house: PhoneHouse,
) -> None:
    house.customer()
    house.twilio.faults.fail(1000)
    await house.text("hello")
    await house.until(lambda: any(post.attempts > 1 for post in house.posts()))
    await house.text("opt out")
    with house.database.write() as session:  # as another process left it: begun, outcome unknown
        post = session.scalars(sa.select(SmsPost).order_by(SmsPost.position)).first()
        assert post is not None
        post.state, post.begun_at = SmsPostState.PENDING, clock.now()
        post.settled_at, post.body = None, "hello from before"
    house.twilio.faults.clear()
    await house.until_done()
    said = [text.body for text in house.twilio.phone.messages_to(AMARA)]
    assert "hello from before" not in said


async def test_an_opt_out_that_only_twilio_knows_of_is_learned_and_followed_by_mail(
    house: PhoneHouse,
) -> None:
    house.customer()
    house.twilio.faults.refuse(21610, 99)
    await house.text("I want to leave")
    await house.until(lambda: house.letters)
    await house.until_done()
    assert house.line().opted_out_at is not None
    assert {post.state for post in house.posts()} == {SmsPostState.WITHHELD}
    assert len(house.letters) == 1


async def test_who_writes_on_after_opting_out_hears_by_mail_and_nothing_is_done(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    house.customer()
    await house.text("STOP")
    await house.text("yes cancel it")
    await house.until(lambda: house.letters)
    assert rasa.requests == []
    with house.database.read() as session:
        said = read_after(session, house.line().conversation_id or "", 0, most=9)
    assert [each.text for each in said] == ["STOP", "yes cancel it"]


async def test_start_brings_texts_back_and_takes_the_wish_up(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    house.customer()
    await house.talks("hello")
    await house.text("CANCEL")
    await house.until_done()
    await house.text("Start")
    await house.until_done()
    assert house.line().opted_out_at is None
    assert rasa.requests[-1]["intent"] == {"name": "cancel", "entities": {}}
    again, answer = [each.body for each in house.twilio.phone.messages_to(AMARA)][-2:]
    assert "again" in again
    assert answer == "heard /cancel"
    assert open_intents(house) == []


async def test_yes_is_an_answer_unless_they_had_opted_out(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    await house.talks("YES")
    assert rasa.heard() == ["YES"]
    await house.text("STOP")
    await house.until_done()
    await house.text("yes")
    await house.until(lambda: house.line().opted_out_at is None)
    assert rasa.heard() == ["YES"]


@pytest.mark.parametrize("words", ["please cancel", "cancel my plan", "stop it", "the end"])
async def test_a_sentence_with_such_a_word_is_language(
    house: PhoneHouse, rasa: StandInRasa, words: str
) -> None:
    await house.talks(words)
    assert rasa.heard() == [words]
    assert house.line().opted_out_at is None


async def test_with_advanced_opt_out_what_twilio_took_it_for_counts(opening: Opening) -> None:
    async with opening(advanced_opt_out=True) as house:
        await house.text("STOP")
        await house.until(lambda: house.line().opted_out_at is not None)
        await house.text("HELP")
        await house.until_done()
        assert house.posts() == []


async def test_the_stand_in_blocks_as_twilio_does(house: PhoneHouse) -> None:
    assert isinstance(house.twilio, TwilioStandIn)
    await house.text("STOP")
    assert house.twilio.phone.blocked(AMARA)
