"""The wish to take a cancellation back beside other words leads to the question."""

import pytest

from tests.actions.conftest import Hearing


@pytest.fixture
def cancelled(amara: Hearing) -> Hearing:
    """Amara, whose plan is cancelled; she was asked whether she wants a copy."""
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    return amara


@pytest.mark.parametrize("question", [None, "wish", "export"])
@pytest.mark.parametrize(
    "text",
    ["oh no wait i need the handwriting search, undo that", "I regret it, please take it back"],
)
def test_it_is_asked_whether_to_take_it_back(
    cancelled: Hearing, text: str, question: str | None
) -> None:
    cancelled.slots["open_question"] = question
    assert cancelled.hear("action_not_ours", "out_of_scope", text=text) == ["utter_ask_undo_paid"]
    assert not cancelled.subscription("Pro").renews


@pytest.mark.parametrize(
    "text", ["don't undo that", "there is no way to take that back", "undoing"]
)
def test_other_words_do_not_ask_it(cancelled: Hearing, text: str) -> None:
    cancelled.slots["open_question"] = None
    assert "utter_ask_undo_paid" not in cancelled.hear("action_not_ours", "out_of_scope", text=text)
