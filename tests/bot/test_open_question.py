"""Questions answered in free words go to the action that takes the answer."""

from typing import Any

import pytest

from conftest import Application, Bot


@pytest.fixture
def asked_for_email(bot: Bot, application: Application) -> Any:
    application.replies["action_start_leaving"] = lambda _: {
        "events": [{"event": "slot", "name": "open_question", "value": "email"}],
        "responses": [{"text": "Your e-mail address?"}],
    }
    return bot.say("please cancel my plan")["state"]


@pytest.mark.parametrize(
    "text",
    ["me@example.com", "I want to talk about it: cancel.me@example.com", "hello", "😀"],
)
def test_an_answer_goes_to_its_action(bot: Bot, asked_for_email: Any, text: str) -> None:
    answer = bot.say(text, asked_for_email)
    assert [message["text"] for message in answer["messages"]] == ["action_take_email"]


def test_the_found_address_reaches_the_action(
    bot: Bot, application: Application, asked_for_email: Any
) -> None:
    bot.say("it is Me.Too+x@mail.example.co.uk, ok?", asked_for_email)
    [entity] = application.calls[-1]["tracker"]["latest_message"]["entities"]
    assert entity["entity"] == "email"
    assert entity["value"] == "Me.Too+x@mail.example.co.uk"


def test_an_interruption_goes_to_the_rules(bot: Bot, asked_for_email: Any) -> None:
    answer = bot.say("I want to talk to a person", asked_for_email)
    assert answer["messages"][0]["text"] == "action_hand_off"


def test_an_address_is_an_answer_even_beside_an_interruption(
    bot: Bot, asked_for_email: Any
) -> None:
    answer = bot.say("I want to talk to a person. me@example.com", asked_for_email)
    assert answer["messages"][0]["text"] == "action_take_email"


def test_a_button_is_never_taken_for_a_free_answer(bot: Bot, asked_for_email: Any) -> None:
    status, answer = bot.turn(intent={"name": "greet"}, state=asked_for_email)
    assert status == 200
    assert answer["messages"][0]["text"] == "Hello on the web"


def test_the_question_stays_open_until_an_action_closes_it(
    bot: Bot, application: Application, asked_for_email: Any
) -> None:
    state = bot.say("wait a moment", asked_for_email)["state"]
    application.replies["action_take_email"] = lambda _: {
        "events": [{"event": "slot", "name": "open_question", "value": None}],
        "responses": [{"text": "Thanks"}],
    }
    state = bot.say("me@example.com", state)["state"]
    answer = bot.say("hello", state)
    assert answer["messages"][0]["text"] == "Hello on the web"


def test_the_next_question_is_answered_by_its_own_action(
    bot: Bot, application: Application, asked_for_email: Any
) -> None:
    application.replies["action_take_email"] = lambda _: {
        "events": [{"event": "slot", "name": "open_question", "value": "code"}],
        "responses": [{"text": "Your code?"}],
    }
    state = bot.say("me@example.com", asked_for_email)["state"]
    assert bot.say("123 456", state)["messages"][0]["text"] == "action_take_code"
