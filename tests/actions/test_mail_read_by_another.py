"""In danger, and the mail is not safe: they hear where a receipt would go before they say yes."""

import pytest

from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in

DANGER = "my ex has my password and he is stalking me, close my account"


@pytest.fixture
def in_danger(amara: Hearing) -> Hearing:
    """Amara, who has said that she is in danger."""
    said = amara.hear("action_start_leaving", "cancel", text=DANGER)
    assert "utter_hard_moment_danger" in said
    return amara


@pytest.mark.parametrize(
    "text",
    [
        "no dont send mails to that address he reads them",
        "please don't write to my email",
        "he can see what comes there, he reads my mail",
        "my ex checks my inbox",
        "can you send it to another address",
    ],
)
@pytest.mark.parametrize("intent", ["deny", "nlu_fallback", "keep_subscription"])
def test_they_hear_where_a_receipt_would_go_and_a_person_knows(
    in_danger: Hearing, text: str, intent: str
) -> None:
    said = in_danger.hear("action_decline_confirmation", intent, text=text)
    assert said[0] == "utter_mail_read_by_another"
    assert in_danger.said_last("utter_mail_read_by_another")["email"] == "amara@example.org"
    hand_off = hand_off_in(in_danger)
    assert hand_off is not None
    assert text in hand_off.note
    assert in_danger.subscription("Pro").renews


@pytest.mark.parametrize("text", ["yes", "cancel it now", "when does it end"])
def test_what_is_not_about_the_mail_goes_on(in_danger: Hearing, text: str) -> None:
    said = in_danger.hear("action_not_understood", "nlu_fallback", text=text)
    assert "utter_mail_read_by_another" not in said


def test_without_danger_no_more_mails_is_a_wish_about_mails(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_skip_reason", "skip", text="don't send me any mails")
    assert "utter_mail_read_by_another" not in said
