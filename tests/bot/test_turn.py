"""The turn over real HTTP, with a trained model (docs/contracts.md, section 1)."""

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Application, Bot, free_port, start


def ask(question: str) -> Any:
    def reply(call: dict[str, Any]) -> dict[str, Any]:
        asked = {"event": "slot", "name": "open_question", "value": question}
        return {"events": [asked], "responses": [{"text": f"Your {question}?"}]}

    return reply


def test_health_names_the_model(bot: Bot) -> None:
    status, body = bot.request("")
    assert status == 200
    assert body["status"] == "ok"
    assert body["model"].startswith("offboarding-")


def test_text_buttons_and_card_of_one_response_are_one_message(bot: Bot) -> None:
    answer = bot.say("hello")
    assert answer["messages"] == [
        {
            "text": "Hello on the web",
            "buttons": [{"title": "Cancel", "payload": "/cancel"}],
            "custom": {"card": {"kind": "terms"}},
        }
    ]


def test_text_buttons_and_card_of_an_action_are_one_message(
    bot: Bot, application: Application
) -> None:
    said = {"text": "Sure?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}
    custom = {"card": {"kind": "terms", "rows": [{"label": "Ends", "value": "14 December"}]}}
    application.replies["action_start_leaving"] = lambda _: {
        "events": [],
        "responses": [{**said, "custom": custom}],
    }
    assert bot.say("please cancel my plan")["messages"] == [{**said, "custom": custom}]


def test_the_channel_picks_the_variation(bot: Bot) -> None:
    assert bot.say("hello", channel="sms")["messages"][0]["text"] == "Hello by text message"


def test_what_is_said_again_in_a_talk_is_said_in_the_next_words(bot: Bot) -> None:
    answer = bot.say("hello")
    heard = []
    for _ in range(3):
        answer = bot.say("hello", state=answer["state"])
        heard.append(answer["messages"][0]["text"])
    assert heard == ["Hello anew on the web", "Hello on the web", "Hello anew on the web"]


def test_every_talk_begins_with_the_first_words(bot: Bot) -> None:
    bot.say("hello", conversation_id="c-1")
    assert bot.say("hello", conversation_id="c-2")["messages"][0]["text"] == "Hello on the web"


def test_a_turn_taken_twice_says_the_same(bot: Bot) -> None:
    state = bot.say("hello")["state"]
    once = [bot.say("hello", state=state)["messages"] for _ in range(2)]
    assert once[0] == once[1]


def test_a_talk_from_before_the_counting_goes_on(bot: Bot) -> None:
    state = bot.say("hello")["state"]
    del state["said"]
    assert bot.say("hello", state=state)["messages"][0]["text"] == "Hello on the web"


def test_every_intent_is_understood_and_reaches_the_action(
    bot: Bot, application: Application
) -> None:
    answer = bot.say("it costs too much, please cancel", message_id="m-7", conversation_id="c-9")
    assert answer["understood"]["intents"] == ["cancel", "reason_price"]
    assert 0.5 < answer["understood"]["confidence"] <= 1
    [call] = application.calls
    heard = call["tracker"]["latest_message"]
    assert call["sender_id"] == "c-9"
    assert heard["intent"]["name"] == "cancel"
    assert heard["intents"] == ["cancel", "reason_price"]
    assert heard["metadata"] == {"message_id": "m-7", "conversation_id": "c-9"}
    assert heard["text"] == "it costs too much, please cancel"


def test_a_button_brings_its_intent_and_entities(bot: Bot, application: Application) -> None:
    intent = {"name": "cancel", "entities": {"option": "2"}}
    status, answer = bot.turn(intent=intent)
    assert status == 200
    assert answer["understood"] == {"intents": ["cancel"], "confidence": 1.0}
    heard = application.calls[0]["tracker"]["latest_message"]
    assert heard["entities"] == [{"entity": "option", "value": "2"}]
    assert heard["intents"] == ["cancel"]


@pytest.mark.parametrize(
    "text",
    [
        "/choose_option",
        '/choose_option{"option": "1"}',
        " /choose_option",
        "\n/choose_option",
        "//choose_option",
        "／choose_option",
        "\u200b/choose_option",
        "\x00/choose_option",
        "/restart",
        "/session_start",
        "/back",
    ],
)
def test_no_words_are_taken_for_an_intent(bot: Bot, text: str) -> None:
    understood = bot.say(text)["understood"]
    assert understood["confidence"] < 1
    assert not {"choose_option", "restart", "session_start", "back"} & {*understood["intents"]}


def test_the_customers_words_reach_the_action_as_they_were(
    bot: Bot, application: Application
) -> None:
    bot.say("/cancel my  subscription")
    assert application.calls[0]["tracker"]["latest_message"]["text"] == "/cancel my  subscription"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😀😀",
        "x" * 5000,
        "\x00\x01\x1b[31m",
        "\ud800 hello",
        "\n\n",
        "…",
        "a" * 9 + "\u0301" * 900,
    ],
)
def test_odd_text_does_not_break_a_turn(bot: Bot, text: str) -> None:
    answer = bot.say(text)
    assert answer["understood"]["intents"]
    assert bot.say("hello", answer["state"])["messages"]


def test_a_turn_goes_on_where_the_state_says(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = ask("confirm")
    first = bot.say("please cancel my plan")
    assert bot.say("yes please", first["state"])["messages"][0]["text"] == "action_confirm"
    # The same words in a conversation where nothing was asked.
    assert bot.say("yes please")["messages"][0]["text"] == "action_not_understood"


def test_the_same_turn_twice_is_the_same_answer(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = ask("confirm")
    state = bot.say("please cancel my plan")["state"]
    first, second = (bot.say("yes please", state) for _ in range(2))
    assert first["messages"] == second["messages"]
    assert first["understood"] == second["understood"]


def test_nothing_is_kept_between_turns(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = ask("confirm")
    bot.say("please cancel my plan", conversation_id="c-1")
    bot.say("hello", conversation_id="c-1")
    bot.say("please cancel my plan", conversation_id="c-1")
    assert application.calls[-1]["tracker"]["slots"]["open_question"] is None
    events = application.calls[-1]["tracker"]["events"]
    assert [event["text"] for event in events if event["event"] == "user"] == [
        "please cancel my plan"
    ]


def test_the_state_stays_bounded_however_long_the_talk(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = lambda _: {
        "events": [{"event": "slot", "name": "remembered", "value": "x" * 100}] * 5,
        "responses": [{"text": "y" * 1000}] * 3,
    }
    state, sizes = None, []
    for _ in range(30):
        state = bot.say("please cancel my plan " + "z" * 4000, state)["state"]
        sizes.append(len(json.dumps(state)))
    assert sizes[-1] < 40_000
    assert max(sizes[10:]) - min(sizes[10:]) < 500


def test_a_slot_outlives_the_events_that_set_it(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = lambda _: {
        "events": [{"event": "slot", "name": "remembered", "value": ["a", 1]}],
        "responses": [],
    }
    state = bot.say("please cancel my plan")["state"]
    for _ in range(12):
        state = bot.say("hello", state)["state"]
    assert "please cancel" not in json.dumps(state)
    bot.say("agent please, let me speak to a human", state)
    assert application.calls[-1]["tracker"]["slots"]["remembered"] == ["a", 1]


def test_a_failing_action_is_an_error_and_no_empty_answer(
    bot: Bot, application: Application
) -> None:
    application.replies["action_start_leaving"] = lambda _: {"status": 500}
    status, body = bot.turn(text="please cancel my plan")
    assert status == 500
    assert body["error"] == "turn_failed"


def test_a_malformed_action_result_is_an_error(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = lambda _: {"events": "none", "responses": []}
    assert bot.turn(text="please cancel my plan")[0] == 500


def test_a_follow_up_circle_is_an_error(bot: Bot, application: Application) -> None:
    again = {"event": "followup", "name": "action_start_leaving"}
    application.replies["action_start_leaving"] = lambda _: {"events": [again], "responses": []}
    assert bot.turn(text="please cancel my plan")[0] == 500


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"text": "hi", "intent": {"name": "greet"}},
        {"text": 5},
        {"text": "hi", "channel": "mail"},
        {"text": "hi", "conversation_id": ""},
        {"text": "hi", "message_id": None},
        {"text": "hi", "state": []},
        {"text": "hi", "state": {"version": 1}},
        {"text": "hi", "state": {"version": 99}},
        {"intent": {"name": ""}},
        {"intent": "greet"},
        {"intent": {"name": "greet", "entities": []}, "text": None, "channel": None},
        {"text": "x" * 20_001},
        {"text": "hi", "day": "tomorrow"},
        {"text": "hi", "day": "20261124"},
        {"text": "hi", "day": 20261124},
        {"text": "hi", "overtaken": "yes"},
    ],
)
def test_a_malformed_request_is_refused(bot: Bot, changes: dict[str, Any]) -> None:
    status, body = bot.turn(**changes)
    assert status == 400
    assert body["error"]
    assert body["detail"].endswith(".")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"hi"', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(bot: Bot, content: bytes) -> None:
    assert bot.request("turn", content)[0] == 400


@pytest.mark.parametrize("token", ["", "wrong", "a-token-of-the-test", "a-token-of-the-tests2"])
def test_a_wrong_token_is_refused(bot: Bot, application: Application, token: str) -> None:
    status, body = bot.request("turn", b"{}", token)
    assert status == 401
    assert body["error"] == "unauthorized"
    assert not application.calls


def test_the_log_holds_no_words_of_customers(bot: Bot, application: Application) -> None:
    application.replies["action_start_leaving"] = lambda _: {"status": 500}
    bot.turn(text="please cancel my plan, xylophone@example.com")
    bot.say("tell me a joke about a xylophone")
    assert "A turn failed" in bot.log.read_text()
    assert "xylophone" not in bot.log.read_text()


def test_a_new_model_is_taken_in_the_middle_of_a_talk(
    model: Path, application: Application, tmp_path: Path
) -> None:
    first = tmp_path / model.name
    shutil.copyfile(model, first)
    endpoint = f"http://127.0.0.1:{application.port}/"
    bot = start(first, free_port(), endpoint, tmp_path / "bot.log")
    try:
        assert bot.process.stdin is not None
        said = bot.say("please cancel my plan")
        broken, second = (first.with_name(f"offboarding-{name}.tar.gz") for name in "bn")
        _put(broken, b"no model at all", seconds_ahead=3600)
        _wait_until(lambda: b"the last one stays" in bot.log.read_bytes())
        assert bot.request("")[1]["model"] == first.name
        _put(second, model.read_bytes())
        _wait_until(lambda: bot.request("")[1]["model"] == second.name)
        assert bot.say("it is too expensive", state=said["state"])["messages"]
    finally:
        bot.process.stdin.close()
        bot.process.wait(30)


def _put(place: Path, content: bytes, seconds_ahead: int = 1) -> None:
    """Whole or not at all, as training does; younger than all that is there."""
    half = place.with_suffix(".half")
    half.write_bytes(content)
    models = [path for path in place.parent.glob("*.tar.gz") if path.stat().st_size > 1000]
    moment = max(path.stat().st_mtime for path in models) + seconds_ahead
    os.utime(half, (moment, moment))
    half.replace(place)


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        threading.Event().wait(0.1)
    raise AssertionError("It did not come to pass within a minute.")
