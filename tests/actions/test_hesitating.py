"""Who needs to think is given time: nothing is done, and the question stands."""

import pytest

from tests.actions.conftest import Hearing


@pytest.mark.parametrize("text", ["maybe", "Hmm, maybe", "I'm not sure yet", "let me think", "idk"])
@pytest.mark.parametrize("intent", ["affirm", "keep_subscription", "nlu_fallback"])
def test_maybe_is_no_yes_and_no_no(amara: Hearing, text: str, intent: str) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", intent, text=text)
    assert said == ["utter_take_your_time", "utter_ask_confirm_again"]
    assert amara.subscription("Pro").renews


@pytest.mark.parametrize("text", ["maybe next year, cancel it", "not sure why, but yes", "yes"])
def test_what_says_more_is_left_to_its_action(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text=text)
    assert "utter_take_your_time" not in said


def test_at_a_question_for_words_it_is_an_answer(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_take_reason", "nlu_fallback", text="I don't know")
    assert "utter_take_your_time" not in said


UNDECIDED = [
    "im not sure if i should stay or go",
    "not sure whether to cancel",
    "I don't know if I want to leave",
    "stay or go, i can't tell",
    "should I cancel it",
]


@pytest.mark.parametrize("text", UNDECIDED)
@pytest.mark.parametrize("intent", ["cancel", "timeline_or_status", "keep_subscription"])
def test_who_does_not_know_whether_to_leave_need_not_decide(
    amara: Hearing, text: str, intent: str
) -> None:
    said = amara.hear("action_start_leaving", intent, text=text)
    assert said == ["utter_undecided", "utter_ask_wish"]
    assert amara.subscription("Pro").renews


def test_what_they_said_of_it_is_said_back(amara: Hearing) -> None:
    text = "it is so expensive, not sure if i should leave"
    said = amara.hear("action_hear_reason", "reason_price", text=text)
    assert said == ["utter_acknowledge_too_expensive", "utter_undecided", "utter_ask_wish"]


@pytest.mark.parametrize("text", UNDECIDED)
def test_at_what_will_happen_the_question_stands(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text=text)
    assert said == ["utter_take_your_time", "utter_ask_confirm_again"]
    assert amara.subscription("Pro").renews


@pytest.mark.parametrize(
    "text",
    [
        "idk just cancel it",
        "I don't know how to cancel",
        "not sure what else to say, cancel it",
        "I'm not sure if I can cancel here",
        "I want to leave, not sure about the refund",
    ],
)
def test_who_knows_that_they_leave_is_not_held_up(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == ["utter_ask_reason"]
