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
