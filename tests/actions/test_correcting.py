"""Which of two plans is talked about: asking about the other one changes nothing."""

import pytest

from tests.actions.conftest import Hearing


@pytest.fixture
def at_pro(amara_with_two_plans: Hearing) -> Hearing:
    """Amara, who has Pro and Basic, at the question for the yes to the end of Pro."""
    hearing = amara_with_two_plans
    hearing.hear("action_start_leaving", "cancel", text="cancel pro")
    said = hearing.hear("action_skip_reason", "skip", text="skip")
    assert said[-1] == "utter_ask_confirm_paid"
    return hearing


@pytest.mark.parametrize(
    "text",
    [
        "whats the other plan i have",
        "what's the other one?",
        "which plans do i have",
        "hm what is my other plan called",
        "how many plans do i have again",
    ],
)
def test_who_asks_which_plans_they_have_is_told_them(at_pro: Hearing, text: str) -> None:
    said = at_pro.hear("action_ask_for_offer", "change_plan", text=text)
    assert said == ["utter_plans_they_have", "utter_ask_confirm_again"]
    names = at_pro.said_last("utter_plans_they_have")["plans"]
    assert {*names.split(" and ")} == {"Pro", "Basic"}
    at_pro.hear("action_confirm_cancellation", "affirm", text="yes")
    assert not at_pro.subscription("Pro").renews
    assert at_pro.subscription("Basic").renews


@pytest.mark.parametrize(
    "text",
    ["when does the other plan end", "does the other plan cost more", "is the other one free"],
)
def test_a_question_about_the_other_plan_turns_to_nothing(at_pro: Hearing, text: str) -> None:
    said = at_pro.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert "utter_other_plan" not in said
    assert said[-1] == "utter_ask_confirm_again"


@pytest.mark.parametrize("text", ["no, the other plan", "i meant the other one", "not that one"])
def test_who_means_the_other_plan_gets_it(at_pro: Hearing, text: str) -> None:
    said = at_pro.hear("action_decline_confirmation", "deny", text=text)
    assert said == ["utter_other_plan", "utter_ask_confirm_paid"]


@pytest.mark.parametrize("text", ["cancel basic too", "and cancel basic as well please"])
def test_a_second_plan_by_its_name_is_left_too_however_it_was_heard(
    at_pro: Hearing, text: str
) -> None:
    at_pro.hear("action_confirm_cancellation", "affirm", text="yes")
    said = at_pro.hear("action_ask_for_offer", "change_plan", text=text)
    assert said == ["utter_ask_confirm_paid"]
    assert at_pro.said_last("utter_ask_confirm_paid")["plan"] == "Basic"
