"""Whole talks with a person in them: the trained model, the real actions, an agent at the desk."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offboarding.accounts.model import Customer, Subscription
from offboarding.handoffs import service as handoffs
from sandbox import company
from tests.conversations.desk import DeskAgent
from tests.conversations.moving_house import MovingHouse
from tests.conversations.talk import Talk
from tests.house import started
from tests.office_hours import SUNDAY, TUESDAY_MORNING, with_office_hours

pytestmark = pytest.mark.conversation

MAYA = "maya-okafor"


@pytest.fixture(scope="module")
def company_with_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovingHouse]:
    folder = tmp_path_factory.mktemp("house-with-desk")
    variables = {
        "OFFBOARD_SANDBOX_DESK": "true",
        "OFFBOARD_POLICY_DIRECTORY": str(with_office_hours(folder)),
    }
    with started(MovingHouse(folder, **variables)) as house:
        yield house


@pytest.fixture
def house(company_with_desk: MovingHouse) -> Iterator[MovingHouse]:
    with company_with_desk.at(TUESDAY_MORNING):
        company.reset(company_with_desk.database, company_with_desk.settings)
        yield company_with_desk


@pytest.fixture
def agent(house: MovingHouse) -> DeskAgent:
    return DeskAgent(house)


def number_of(house: MovingHouse, talk: Talk) -> str:
    with house.database.read() as session:
        hand_off = handoffs.hand_off_of(session, talk.id)
        assert hand_off is not None, "nobody was asked for"
        return hand_off.number


def is_cancelled(house: MovingHouse, external_id: str = MAYA) -> bool:
    with house.database.read() as session:
        account = session.scalars(
            sa.select(Customer.account_id).where(Customer.external_id == external_id)
        ).one()
        held = session.scalars(sa.select(Subscription).where(Subscription.account_id == account))
        return any(each.cancel_at is not None for each in held)


def test_a_person_answers_and_hands_back_to_the_open_yes(
    house: MovingHouse, agent: DeskAgent
) -> None:
    talk = Talk(house, MAYA)
    talk.say("please cancel my plan")
    talk.say("I'd rather not say why")
    waits = talk.ask_for_person()
    assert "within 3 minutes" in waits.text
    card = agent.card(number_of(house, talk))
    agent.press(card, "desk_claim")
    assert agent.first_name in talk.wait_for_message("person").text
    agent.answer(card, "Hello Maya, what can I do?")
    talk.wait_for_message("what can I do?")
    assert talk.post({"text": "will I keep my notes?"}).status_code == 202
    agent.answer(card, "You can download them.")
    talk.wait_for_message("download them")
    agent.press(card, "desk_hand_back")
    back = talk.wait_for_message("Shall I cancel it?")
    assert "Nothing more is charged" in back.text, "what will happen is shown again"
    assert not is_cancelled(house)
    done = talk.say("yes, cancel it")
    assert "is cancelled and ends on" in done.text
    assert is_cancelled(house)


def test_a_person_settles_it_and_the_talk_ends_without_a_why(
    house: MovingHouse, agent: DeskAgent
) -> None:
    talk = Talk(house, MAYA)
    talk.say("I want to talk to a person")
    card = agent.card(number_of(house, talk))
    agent.press(card, "desk_claim")
    talk.wait_for_message(agent.first_name)
    agent.press(card, "desk_resolve")
    end = talk.wait_for_message("cancel at any time")
    assert "why" not in end.text
    assert "What should we" not in end.text
    assert end.text.count("ll the best") <= 1, "one goodbye is enough"


def test_a_stranger_who_told_the_person_that_they_leave_goes_on_with_the_assistant(
    house: MovingHouse, agent: DeskAgent
) -> None:
    talk = Talk(house)
    talk.say("I want to talk to a person")
    card = agent.card(number_of(house, talk))
    agent.press(card, "desk_claim")
    talk.wait_for_message(agent.first_name)
    text = "my mail is maya.okafor@example.com, please cancel my account"
    assert talk.post({"text": text}).status_code == 202
    agent.press(card, "desk_hand_back")
    talk.wait_for_message("mail address your account is under")
    assert "code" in talk.say("maya.okafor@example.com").text
    assert not is_cancelled(house), "the address alone proves nothing"


def test_a_reason_given_before_a_plan_is_chosen_reaches_the_right_team(
    house: MovingHouse, agent: DeskAgent
) -> None:
    talk = Talk(house, "sofia-lindqvist")
    assert "Which one" in talk.say("I want to cancel, it is too expensive").text
    assert "our subscriptions team" in talk.say("a person please").text
    card = agent.card(number_of(house, talk))
    assert "Reason: too expensive" in agent.text_of(card)


def test_nobody_comes_and_the_way_on_needs_no_person(house: MovingHouse) -> None:
    talk = Talk(house, MAYA)
    talk.say("get me a human")
    house.later(timedelta(minutes=4))
    late = talk.wait_for_message("Nobody has come")
    assert number_of(house, talk) in late.text
    assert "maya.okafor@example.com" in late.text
    assert next(iter(late.buttons)) == "Cancel my plan"
    talk.last = late
    assert "go on with you" in talk.press("Go on without one").text
    talk.press("Cancel my plan")
    talk.press("Skip")
    talk.press("Yes, cancel it")
    assert is_cancelled(house)


def test_on_a_sunday_the_truth_is_told_and_cancelling_goes_on(house: MovingHouse) -> None:
    house.later(SUNDAY - TUESDAY_MORNING)
    talk = Talk(house, MAYA)
    away = talk.say("I want to talk to a person")
    assert "tomorrow at 07:00" in away.text
    assert "maya.okafor@example.com" in away.text
    talk.say("then please cancel my plan")
    talk.press("Skip")
    talk.press("Yes, cancel it")
    assert is_cancelled(house)


def test_a_no_to_the_person_leaves_them_with_the_assistant(house: MovingHouse) -> None:
    talk = Talk(house, MAYA)
    talk.say("I want to talk to a person")
    assert "go on with you" in talk.say("no person").text
