"""A shrug and a question back are told from a reason."""

import pytest

from actions.no_reason import asks_back, gives_no_reason
from tests.actions.conftest import Hearing


@pytest.mark.parametrize(
    "text", ["no reason", "None.", "I already told you why", "it doesn\u2019t matter", "whatever"]
)
def test_a_shrug_is_no_reason(text: str) -> None:
    assert gives_no_reason(text)


@pytest.mark.parametrize("text", ["why?", "what do you mean", "why do you ask", "huh??"])
def test_a_question_back_is_recognised(text: str) -> None:
    assert asks_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing works",
        "no offline mode",
        "I don't know how to use it",
        "what you charge is ridiculous.",
        "how I was treated was awful",
        "because it crashes",
    ],
)
def test_a_reason_is_one(text: str) -> None:
    assert not gives_no_reason(text)
    assert not asks_back(text)


NONE_AT_ALL = [
    ("reason_support", "No call please, it's decided."),
    ("reason_bug_or_quality", "rubbish. so nothing?"),
    ("reason_missing_feature", "nothing special"),
    ("reason_other", "just the other one as well please"),
]


@pytest.mark.parametrize(("intent", "text"), NONE_AT_ALL)
def test_words_without_a_reason_are_none_to_the_question_why(
    amara: Hearing, intent: str, text: str
) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    said = amara.hear("action_take_reason", intent, text=text)
    assert said == ["utter_understood", "utter_ask_confirm_paid"]
    assert not amara.slots.get("heard_reason")


@pytest.mark.parametrize(
    ("intent", "text"),
    [*NONE_AT_ALL, ("reason_not_using", "not needed"), ("reason_support", "no one came")],
)
def test_words_without_a_reason_are_none_out_of_the_blue(
    amara: Hearing, intent: str, text: str
) -> None:
    assert amara.hear("action_hear_reason", intent, text=text) == [
        "utter_understood",
        "utter_ask_wish",
    ]
    assert not amara.slots.get("heard_reason")


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("reason_competitor", "hm actually cancel the other one as well"),
        ("reason_not_using", "no person needed any more, just tell me how to cancel"),
        (
            "reason_competitor",
            "Please cancel Pro at the end of January, not before, we have a project running",
        ),
    ],
)
def test_a_reason_that_was_not_given_is_asked_for(amara: Hearing, intent: str, text: str) -> None:
    said = amara.hear("action_start_leaving", "cancel", intent, text=text)
    assert said[-1] == "utter_ask_reason"
    assert not amara.slots.get("heard_reason")


@pytest.mark.parametrize(
    ("intent", "text", "reason"),
    [
        ("reason_not_using", "not needed", "unused"),
        ("reason_bug_or_quality", "rubbish", "low_quality"),
        ("reason_bug_or_quality", "all my files are gone", "low_quality"),
        ("reason_support", "nobody came back to me", "customer_service"),
        ("reason_support", "no call back in three weeks", "customer_service"),
        ("reason_competitor", "we use Notion from january", "switched_service"),
    ],
)
def test_a_reason_in_few_words_is_kept(amara: Hearing, intent: str, text: str, reason: str) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_take_reason", intent, text=text)
    assert amara.slots["heard_reason"] == reason


def test_another_product_from_a_day_on_is_a_reason(amara: Hearing) -> None:
    text = "cancel it at the end of January, we are moving to Notion"
    amara.hear("action_start_leaving", "cancel", "reason_competitor", text=text)
    assert amara.slots["heard_reason"] == "switched_service"
