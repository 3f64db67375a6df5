"""Who was charged and has no account needs a person for the charge, and no address or code."""

import pytest

from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in


@pytest.fixture
def charged(stranger: Hearing) -> Hearing:
    """Somebody whose card was charged, and who is asked for an address."""
    text = "someone charged my card and I never signed up"
    said = stranger.hear("action_answer_billing", "billing_question", text=text)
    assert said == ["utter_hard_moment_fraud", "utter_ask_email"]
    return stranger


@pytest.mark.parametrize("text", ["I don't have an account!!", "i never had an account with you"])
def test_without_an_account_the_charge_goes_to_a_person(charged: Hearing, text: str) -> None:
    said = charged.hear("action_refuse_identity", "deny", text=text, confidence=0.49)
    assert said == [
        "utter_charge_without_account",
        "utter_person_requested",
        "utter_ask_contact_email",
    ]
    assert text in _note(charged)


def test_where_nothing_can_be_cancelled_nobody_is_told_to(charged: Hearing, desk: object) -> None:
    charged.hear("action_refuse_identity", "deny", text="I don't have an account")
    meanwhile = charged.said_last("utter_person_comes")["meanwhile"]
    assert meanwhile == "label_meanwhile_cancelled"


def test_what_helps_to_find_the_charge_is_noted(charged: Hearing) -> None:
    charged.hear("action_refuse_identity", "deny", text="I don't have an account")
    text = "4 digits 1111, 29 euro on 20 nov"
    said = charged.hear("action_take_contact", "billing_question", text=text, confidence=0.27)
    assert said == ["utter_charge_noted", "utter_ask_contact_email"]
    assert text in _note(charged)


def test_without_a_charge_there_is_nobody_to_find_one(stranger: Hearing) -> None:
    stranger.hear("action_start_leaving", "cancel", text="cancel my plan")
    said = stranger.hear("action_refuse_identity", "deny", text="I don't have an account")
    assert said == ["utter_identity_needed"]


def _note(talk: Hearing) -> str:
    hand_off = hand_off_in(talk)
    assert hand_off is not None
    return hand_off.note
