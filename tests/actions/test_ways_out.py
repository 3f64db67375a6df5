"""Leaving at the end of what is paid, in words that the model may take for staying."""

import pytest

from tests.actions.conftest import Hearing


@pytest.mark.parametrize("heard", ["keep_subscription", "pause", "nlu_fallback", "out_of_scope"])
@pytest.mark.parametrize(
    "text",
    [
        "stop my subscription but let me go on using it till the month is over",
        "Please end the plan, but I want to keep it until the end",
        "cancel it and let it run until it's over",
        "stop my subscription and let me keep it to the end",
    ],
)
def test_who_says_stop_leaves_however_it_was_heard(amara: Hearing, heard: str, text: str) -> None:
    actions = {"keep_subscription": "action_keep", "pause": "action_ask_for_offer"}
    said = amara.hear(actions.get(heard, "action_not_understood"), heard, text=text)
    assert said == ["utter_ask_reason"]
    assert amara.slots["wished_way"] == "run_out"


@pytest.mark.parametrize(
    "text",
    [
        "don't cancel my plan, let it run until the end of the year",
        "I was going to cancel my plan but I'll keep it until the end of the year",
        "I'd like to use it until the end of the month",
    ],
)
def test_who_does_not_say_stop_stays(amara: Hearing, text: str) -> None:
    assert amara.hear("action_keep", "keep_subscription", text=text) == ["utter_never_mind"]


def test_a_pause_until_the_end_of_the_month_is_a_pause(amara: Hearing) -> None:
    text = "stop my plan and pause it until the end of the month"
    said = amara.hear("action_ask_for_offer", "pause", text=text)
    assert said == ["utter_requested_pause"]


def test_to_let_it_run_is_not_to_take_back_what_was_shown(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    text = "no, let it run until the end"
    said = amara.hear("action_decline_confirmation", "deny", text=text)
    assert said == ["utter_ask_confirm_again"]


def test_no_pause_is_made_of_letting_it_run(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    text = "no i'd rather use it until it's over"
    said = amara.hear("action_ask_for_offer", "pause", "deny", text=text)
    assert said == ["utter_understood", "utter_ask_confirm_paid"]
