"""A reason that comes with a wish is not asked for again, also where the model misses it."""

import pytest

from tests.actions.conftest import Hearing


@pytest.mark.parametrize(
    ("intent", "text", "reason"),
    [
        ("cancel", "cancel please i found something else", "switched_service"),
        ("cancel", "end it, I switched to another app", "switched_service"),
        ("cancel", "its not for me, cancel it", "other"),
        ("refund", "its not for me, i want my money back", "other"),
    ],
)
def test_a_reason_in_so_many_words_is_heard_beside_a_wish(
    amara: Hearing, intent: str, text: str, reason: str
) -> None:
    action = {"cancel": "action_start_leaving", "refund": "action_answer_refund"}[intent]
    said = amara.hear(action, intent, text=text)
    said += amara.hear("action_start_leaving", "cancel", text="cancel it")
    assert "utter_ask_reason" not in said
    assert amara.slots["heard_reason"] == reason


@pytest.mark.parametrize(
    "text",
    [
        "cancel it, i've got something else to ask",
        "cancel it, it's not for me but for my son",
        "cancel it. should i have found something better?",
    ],
)
def test_what_is_no_reason_is_asked_for(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == ["utter_ask_reason"]
