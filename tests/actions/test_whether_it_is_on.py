"""A question for yes or no, whether a plan is on, is answered with how it stands."""

import pytest

from actions.special_questions import asks_whether_still_on
from tests.actions.conftest import Hearing


@pytest.mark.parametrize(
    "text", ["so is it on or off now?", "is it gone now?", "now is pro still on?", "is it over"]
)
def test_who_asks_whether_it_is_on_hears_that_it_is(amara: Hearing, text: str) -> None:
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_still_on"]


def test_at_the_question_for_the_yes_it_is_asked_again(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    text = "so is it on or off now?"
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_still_on", "utter_ask_confirm_again"]


def test_of_a_plan_that_is_cancelled_that_is_said(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.slots["open_question"] = None
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="is it gone now?")
    assert said == ["utter_timeline_cancelled"]


def test_a_paid_plan_is_no_trial(amara: Hearing) -> None:
    text = "am i still on trial?"
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said[0] == "utter_not_on_trial"
    assert said[1].startswith("utter_billing")


@pytest.mark.parametrize(
    "text",
    [
        "when is it over?",
        "how long is it still on?",
        "are my notes gone?",
        "is the discount still valid?",
        "it is off",
    ],
)
def test_another_question_is_none_for_yes_or_no(text: str) -> None:
    assert not asks_whether_still_on(text)
