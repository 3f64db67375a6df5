"""Anger is met with the next step: it is a wish to leave, has its reason, and nobody asks why."""

import pytest

from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from tests.actions.conftest import Hearing

CONFIRM = "utter_ask_confirm_paid"
ATE_MY_NOTES = "You absolute morons, your piece of s*** app ate my thesis notes and I am DONE"


def test_who_is_done_leaves_for_the_reason_they_shouted(amara: Hearing) -> None:
    intent = "reason_bug_or_quality"
    said = amara.hear("action_not_understood", intent, text=ATE_MY_NOTES, confidence=0.48)
    assert said == ["utter_acknowledge_low_quality", CONFIRM]
    case = _case(amara)
    assert case.reason is ChurnReason.LOW_QUALITY
    assert case.reason_words == ATE_MY_NOTES
    assert amara.subscription("Pro").renews


@pytest.mark.parametrize("text", ["f*** this, I've had enough", "im so done with you clowns"])
def test_without_a_reason_none_is_asked_for(amara: Hearing, text: str) -> None:
    assert amara.hear("action_not_understood", "nlu_fallback", text=text) == [CONFIRM]
    assert _case(amara).reason_skipped


@pytest.mark.parametrize(
    "text",
    [
        "I'm not done with this shit yet",
        "shit, I am done reading",
        "once I'm done with this crap I'll call you",
        "you idiots, are we done?",
        "I'm done, thanks",
    ],
)
def test_what_is_no_wish_to_leave_is_none(amara: Hearing, text: str) -> None:
    assert CONFIRM not in amara.hear("action_not_understood", "nlu_fallback", text=text)


@pytest.mark.parametrize("text", ["f off and cancel", "cancel this s***"])
def test_nobody_who_swears_is_asked_why(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == [CONFIRM]


def test_nor_later_in_the_talk(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text="you fucking idiots")
    assert amara.hear("action_start_leaving", "cancel", text="cancel it") == [CONFIRM]


def test_what_else_they_want_goes_first(amara: Hearing) -> None:
    text = "you idiots, I want a person and I'm done"
    said = amara.hear("action_request_person", "human", text=text)
    assert said == ["utter_person_will_mail"]


def _case(talk: Hearing) -> Case:
    with talk.database.read() as session:
        return session.query(Case).one()
