"""Who wants the receipt once more gets the one of their case, and no answer about payments."""

import pytest

from tests.actions.conftest import Hearing


@pytest.fixture
def cancelled(amara: Hearing) -> Hearing:
    """Amara, whose plan is cancelled."""
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.hear("action_skip_export", "deny", text="no")
    amara.slots["open_question"] = None
    return amara


@pytest.mark.parametrize(
    "text", ["can I get the receipt again", "I lost my receipt", "where is the receipt?"]
)
def test_the_receipt_is_given_again(cancelled: Hearing, text: str) -> None:
    said = cancelled.hear("action_answer_billing", "billing_question", text=text)
    assert said == ["utter_receipt_again"]
    values = cancelled.said_last("utter_receipt_again")
    assert "/receipts/" in values["receipt_url"]
    assert values["email"] == "amara@example.org"


@pytest.mark.parametrize(
    "text", ["can I get a receipt for my last payment", "I need receipts for my taxes"]
)
def test_a_receipt_for_a_payment_is_another(cancelled: Hearing, text: str) -> None:
    said = cancelled.hear("action_answer_billing", "billing_question", text=text)
    assert "utter_receipt_again" not in said


def test_where_nothing_was_cancelled_there_is_none(amara: Hearing) -> None:
    text = "can I get the receipt again"
    said = amara.hear("action_answer_billing", "billing_question", text=text)
    assert said[0].startswith("utter_billing")
