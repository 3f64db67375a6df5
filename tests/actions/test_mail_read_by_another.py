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


WARNING = "utter_mail_before_the_yes"


def test_every_question_for_the_yes_says_where_the_mail_goes(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text="my ex has my password")
    amara.hear("action_answer_timeline", "timeline_or_status", text="will my ex get a mail")
    said = amara.hear("action_start_leaving", "cancel", "affirm", text="ok cancel")
    assert said == [WARNING, "utter_ask_confirm_paid"]
    assert amara.said_last(WARNING)["email"] == "amara@example.org"
    said = amara.hear("action_resume_question", "thanks", text="thanks")
    assert said == [WARNING, "utter_ask_confirm_again"]


def test_it_is_said_once_in_an_answer(in_danger: Hearing) -> None:
    text = "he reads my mail"
    said = in_danger.hear("action_not_understood", "nlu_fallback", text=text)
    assert "utter_mail_read_by_another" in said
    assert WARNING not in said


def test_what_follows_on_danger_makes_no_mail_safe(in_danger: Hearing) -> None:
    said = in_danger.hear("action_not_understood", "nlu_fallback", text="I will call my lawyer")
    assert said[-2:] == [WARNING, "utter_ask_confirm_again"]


def test_a_pause_is_agreed_to_by_mail_too(in_danger: Hearing) -> None:
    said = in_danger.hear("action_ask_for_offer", "pause", text="rather pause it")
    assert said == [WARNING, "utter_requested_pause"]


def test_no_copy_is_offered_whose_link_would_go_there(in_danger: Hearing) -> None:
    said = in_danger.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_paid", "utter_farewell_hard_moment"]


def test_nobody_else_hears_of_mail_at_the_yes(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel my plan")
    assert amara.hear("action_skip_reason", "skip")[-1] == "utter_ask_confirm_paid"
    assert WARNING not in amara.hear("action_resume_question", "thanks", text="thanks")
    assert "utter_ask_export" in amara.hear("action_confirm_cancellation", "affirm", text="yes")
