"""Begun on the website, gone on by SMS, and back: one conversation, once it is sure in both."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from channels.conversations.messages import read_after
from channels.conversations.state import ConversationState
from channels.desk.service import Desk
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.agents import remember_agent
from offboarding.identity.model import VerifiedIdentity
from offboarding.policies.store import Policies
from tests.channels.sms.phone_house import AMARA, PhoneHouse
from tests.channels.stand_in import StandInRasa, answered
from tests.channels.talk import Talk
from tests.factories import make_plan, make_subscription


@pytest.fixture
async def talk(house: PhoneHouse) -> Talk:
    """A talk on the website with something said in it."""
    talk = await house.talk_on_website()
    await talk.until(await talk.say("I think of leaving") + 1)
    return talk


@pytest.fixture
def amara(house: PhoneHouse) -> Customer:
    return house.customer()


def said(house: PhoneHouse, conversation_id: str) -> list[str]:
    with house.database.read() as session:
        return [each.text for each in read_after(session, conversation_id, 0, most=99)]


async def joined(house: PhoneHouse, talk: Talk, amara: Customer) -> None:
    """Text, be made sure of in both, and text again."""
    house.identify(talk.id, amara)
    await house.talks("I want to leave")
    house.identify(house.line().conversation_id or "", amara)
    await house.talks("are you there")
    await house.until(lambda: house.line().conversation_id == talk.id)
    await house.until_done()


async def test_both_are_one_with_one_history(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    await joined(house, talk, amara)
    words = said(house, talk.id)
    assert words[1:3] == ["I think of leaving", "heard I think of leaving"]
    assert words[-4:] == [
        "I want to leave",
        "heard I want to leave",
        "are you there",
        "heard are you there",
    ]
    assert (await house.got(3))[1:] == ["heard I want to leave", "heard are you there"]


async def test_what_is_texted_then_is_seen_on_the_website_and_back(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    await joined(house, talk, amara)
    await house.talks("by phone again")
    assert said(house, talk.id)[-1] == "heard by phone again"
    before = len(house.twilio.phone.messages_to(AMARA))
    await talk.until(await talk.say("at the desk again") + 1)
    assert said(house, talk.id)[-1] == "heard at the desk again"
    await house.until_done()
    assert len(house.twilio.phone.messages_to(AMARA)) == before, "they read it where they wrote"


async def test_the_question_that_is_open_can_be_answered_in_both(
    house: PhoneHouse, rasa: StandInRasa, talk: Talk, amara: Customer
) -> None:
    async def asks(request: dict[str, Any]) -> Response:
        return answered(
            f"for {request['text']}", buttons=[{"title": "Cancel it", "payload": "/affirm"}]
        )

    rasa.behaviour = asks
    await joined(house, talk, amara)
    house.some_seconds_pass()
    await house.talks("1")
    assert rasa.requests[-1]["intent"] == {"name": "affirm", "entities": {}}
    assert rasa.requests[-1]["conversation_id"] == talk.id


async def test_where_the_dialogue_stood_goes_along(
    house: PhoneHouse, rasa: StandInRasa, talk: Talk, amara: Customer
) -> None:
    await joined(house, talk, amara)
    await house.talks("once more")
    assert rasa.requests[-1]["state"] == {"turns": 2}, "as the talk by SMS left it"


async def test_the_case_goes_along(house: PhoneHouse, talk: Talk, amara: Customer) -> None:
    house.identify(talk.id, amara)
    await house.talks("I want to leave")
    by_text = house.line().conversation_id or ""
    with house.database.write() as session:
        (plan,) = accounts.subscriptions(session, amara.account_id)
        case = cases.open_case(session, session.merge(amara), plan, by_text)
        session.flush()
        case_id = case.id
    house.identify(by_text, amara)
    await house.talks("are you there")
    await house.until(lambda: house.line().conversation_id == talk.id)
    with house.database.read() as session:
        assert session.get_one(Case, case_id).conversation_id == talk.id


async def test_two_plans_that_are_open_in_two_talks_are_never_mixed(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    house.identify(talk.id, amara)
    await house.talks("I want to leave")
    by_text = house.line().conversation_id or ""
    with house.database.write() as session:
        owner = session.merge(amara)
        other = make_subscription(session, owner, make_plan(session, "other"))
        (plan,) = [
            each
            for each in accounts.subscriptions(session, amara.account_id)
            if each.id != other.id
        ]
        cases.open_case(session, owner, plan, talk.id)
        cases.open_case(session, owner, other, by_text)
    house.identify(by_text, amara)
    await house.talks("are you there")
    await house.until_done()
    assert house.line().conversation_id == by_text


async def test_somebody_else_on_the_website_is_never_joined(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    other = house.customer(email="ben@example.org", phone=None)
    house.identify(talk.id, other)
    await house.talks("I want to leave")
    house.identify(house.line().conversation_id or "", amara)
    await house.talks("are you there")
    await house.until_done()
    assert house.line().conversation_id != talk.id


@pytest.mark.parametrize("sure", [("phone",), ("website",), ()])
async def test_not_before_it_is_sure_in_both(
    house: PhoneHouse, talk: Talk, amara: Customer, sure: tuple[str, ...]
) -> None:
    if "website" in sure:
        house.identify(talk.id, amara)
    await house.talks("I want to leave")
    if "phone" in sure:
        house.identify(house.line().conversation_id or "", amara)
    await house.talks("are you there")
    await house.until_done()
    assert house.line().conversation_id != talk.id


async def test_not_when_the_website_was_left_long_ago(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    house.identify(talk.id, amara)
    with house.database.write() as session:
        session.get_one(VerifiedIdentity, talk.id).lapses_at -= timedelta(hours=2)
    await house.talks("I want to leave")
    house.identify(house.line().conversation_id or "", amara)
    await house.talks("are you there")
    await house.until_done()
    assert house.line().conversation_id != talk.id


async def test_with_a_person_on_the_website_the_phone_talks_with_the_same_person(
    house: PhoneHouse, rasa: StandInRasa, talk: Talk, amara: Customer
) -> None:
    house.identify(talk.id, amara)
    with house.database.write() as session:
        house.gateway.change_state(session, talk.id, ConversationState.HUMAN)
    await house.talks("I want to leave")
    house.identify(house.line().conversation_id or "", amara)
    await house.talks("are you there")
    await house.until(lambda: house.line().conversation_id == talk.id)
    await house.until_done()
    asked = len(rasa.requests)
    await house.text("can you hear me")
    assert len(rasa.requests) == asked, "the assistant is silent"
    with house.database.write() as session:
        house.gateway.say_as_agent(session, talk.id, "I can.", "Sam", "k1")
    texts = await house.got(4)
    assert texts[-1] == "Sam: I can."


CANCEL_OR_NOT = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]


async def asks_whether_to_cancel(_request: dict[str, Any]) -> Response:
    return answered("Shall I cancel it?", buttons=CANCEL_OR_NOT)


def claimed(house: PhoneHouse, talk: Talk, policies: Policies) -> None:
    """A person was asked for on the website, and Sam has come."""
    with house.database.write() as session:
        hand_off = handoffs.request(session, talk.id)
        sam = remember_agent(session, "T1:U1", "Sam Okafor")
        Desk(house.gateway, policies).claim(session, hand_off, sam)


async def test_the_phone_is_told_that_a_person_answers_once_and_after_what_was_still_to_be_said(
    house: PhoneHouse, rasa: StandInRasa, talk: Talk, amara: Customer, phone_policies: Policies
) -> None:
    house.identify(talk.id, amara)
    claimed(house, talk, phone_policies)
    rasa.behaviour = asks_whether_to_cancel
    await house.talks("I want to leave")
    house.identify(house.line().conversation_id or "", amara)
    await house.text("are you there")
    texts = await house.got(4)
    assert texts[2:] == [
        "Shall I cancel it?\n1 = Yes (send 1)\n2 = No",
        "A person has joined: Sam. The assistant is silent now.",
    ]
    asked = len(rasa.requests)
    house.some_seconds_pass()
    await house.text("1")
    await house.until_done()
    assert said(house, talk.id)[-1] == "Yes", "Sam reads what they chose"
    assert len(rasa.requests) == asked, "and the assistant does not answer it too"
    assert len(house.twilio.phone.messages_to(AMARA)) == len(texts), "nor is it told again"


async def test_the_phone_is_told_that_a_person_is_on_the_way(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    with house.database.write() as session:
        hand_off = handoffs.request(session, talk.id)
        hand_off.claim_due_at = clock.now() + timedelta(minutes=3)
    await joined(house, talk, amara)
    told = (await house.got(3))[-1]
    assert told.startswith("heard are you there\nI asked our support team less than a minute ago")


async def test_the_phone_is_told_of_nobody_where_nobody_was_promised(
    house: PhoneHouse, talk: Talk, amara: Customer
) -> None:
    with house.database.write() as session:
        hand_off = handoffs.request(session, talk.id)
        hand_off.claim_due_at = None
    await joined(house, talk, amara)
    assert (await house.got(3))[1:] == ["heard I want to leave", "heard are you there"]
