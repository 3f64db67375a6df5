"""A charge taken twice or wrongly: heard, passed on in their words, and nothing waits for it."""

import pytest
import time_machine

from actions.disputed_charges import disputes_charge
from offboarding.handoffs.causes import HandOffCause
from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in

LEAVE = "action_start_leaving"
HEARD = "utter_charge_disputed"
TWICE = "You took 29 euros twice in May, sort it out and cancel"


@pytest.mark.parametrize(
    "text",
    [
        "you took my money twice",
        "I HAVE BEEN CHARGED TWO TIMES FOR MAY",
        "i got double billed",
        "why was I charged twice?",
        "why did you charge me twice?",
        "there's a duplicate charge on my statement",
        "you billed me for the wrong plan",
        "I was overcharged",
        "the payment in May is wrong",
        "can you fix it, you debited my account twice this month",
        "I want to cancel because you charged me twice",
        "you charged me 29 instead of 9",
        "two payments left my account on the same day",
    ],
)
def test_a_disputed_charge_is_recognised(text: str) -> None:
    assert disputes_charge(text)


@pytest.mark.parametrize(
    "text",
    [
        "did you charge me twice?",
        "was I charged twice",
        "will I be charged twice?",
        "I wasn't charged twice",
        "I don't want to be charged twice",
        "you charge too much",
        "I paid twice as much elsewhere",
        "I pay every month and use it twice",
        "I get charged twice a year",
        "I told you twice to cancel",
        "what was I charged?",
        "the billing address is wrong",
        "cancel both, charge me nothing",
        "",
    ],
)
def test_what_only_sounds_like_one_is_none(text: str) -> None:
    assert not disputes_charge(text)


@pytest.mark.parametrize(
    "besides", [(), ("reason_bug_or_quality",), ("reason_support",), ("refund",)]
)
def test_it_is_passed_on_and_the_cancellation_goes_on(
    amara: Hearing, besides: tuple[str, ...]
) -> None:
    said = amara.hear(LEAVE, "cancel", *besides, text=TWICE)
    assert said[:2] == [HEARD, "utter_person_will_mail"]
    assert said[-1] == "utter_ask_confirm_paid"
    assert not [each for each in said if each.startswith(("utter_acknowledge", "utter_offer"))]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert hand_off.cause is HandOffCause.DISPUTED_CHARGE
    assert TWICE in hand_off.note


@pytest.mark.parametrize(
    "text",
    [
        "you charged me twice, get me a human",
        "you charged me twice you idiots, get me a human",
    ],
)
def test_a_person_asked_for_with_it_is_one_of_the_billing_team(
    amara: Hearing, desk: time_machine.Traveller, text: str
) -> None:
    said = amara.hear("action_request_person", "human", "billing_question", text=text)
    assert said[:2] == [HEARD, "utter_person_comes"]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert hand_off.team == "billing"
    assert text in hand_off.note


def test_angry_words_take_it_to_nobody_else(amara: Hearing, desk: time_machine.Traveller) -> None:
    said = amara.hear(LEAVE, "cancel", text="you took it twice you idiots, cancel")
    assert said == [HEARD, "utter_person_comes", "utter_ask_confirm_paid"]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert hand_off.team == "billing"


def test_told_at_the_question_why_it_takes_the_offer_away(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel")
    said = amara.hear(
        "action_take_reason", "reason_bug_or_quality", text="you charged me twice in May"
    )
    assert said == [HEARD, "utter_person_will_mail", "utter_ask_confirm_paid"]


def test_a_stranger_is_heard_and_still_asked_who_they_are(stranger: Hearing) -> None:
    said = stranger.hear(LEAVE, "cancel", text=TWICE)
    assert said == [HEARD, "utter_person_requested", "utter_ask_email"]
    said = stranger.identify_by_code()
    assert said[-1] == "utter_ask_confirm_paid"


@pytest.mark.parametrize("text", ["and my money??", "when do I get my refund"])
def test_who_asks_after_the_money_hears_how_the_request_stands(amara: Hearing, text: str) -> None:
    amara.hear(LEAVE, "cancel", text=TWICE)
    asked = hand_off_in(amara)
    assert asked is not None
    said = amara.hear("action_answer_refund", "refund", "billing_question", text=text)
    assert said[:2] == ["utter_money_with_a_person", "utter_person_already_requested"]
    assert amara.said_last("utter_person_already_requested")["number"] == asked.number


def test_in_the_survey_a_question_after_the_money_is_no_feedback(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel", text=TWICE)
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.hear("action_skip_export", "deny")
    assert amara.question == "survey_improve"
    text = "so is anyone gonna answer about my refund"
    said = amara.hear("action_take_survey_answer", "timeline_or_status", text=text)
    assert said[0] == "utter_money_with_a_person"
    assert amara.question == "survey_improve"
    text = "you could have paid the refund faster"
    said = amara.hear("action_take_survey_answer", "refund", text=text)
    assert said[0] == "utter_survey_thanks"


def test_without_a_request_a_question_about_money_is_answered_by_policy(amara: Hearing) -> None:
    said = amara.hear("action_answer_refund", "refund", text="and my money??")
    assert "utter_money_with_a_person" not in said
