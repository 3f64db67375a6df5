"""A hard moment brings fewest words, no why, no offer, no survey: an end at once, or a person."""

import pytest
import sqlalchemy as sa
import time_machine

from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.casework import notices
from offboarding.handoffs.causes import HandOffCause
from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in

DIED = "my husband died last week"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DIED, "utter_hard_moment_bereavement"),
        ("My dad John Smith passed away, please cancel", "utter_hard_moment_bereavement"),
        ("my little girl died, please cancel", "utter_hard_moment_bereavement"),
        ("My husband Jack (75) passed away, please cancel", "utter_hard_moment_bereavement"),
        ("my brother killed himself, please cancel", "utter_hard_moment_bereavement"),
        ("my son died by suicide, cancel my plan", "utter_hard_moment_bereavement"),
        ("I was diagnosed with cancer", "utter_hard_moment_illness"),
        ("I lost my job, too expensive now", "utter_hard_moment_hardship"),
        ("somebody is using my card", "utter_hard_moment_fraud"),
        ("my lawyer will write to you", "utter_hard_moment_legal"),
    ],
)
def test_with_the_wish_to_leave_it_goes_straight_to_the_yes(
    amara: Hearing, text: str, said: str
) -> None:
    answers = amara.hear("action_start_leaving", "cancel", "reason_price", text=text)
    assert answers == [said, "utter_ask_confirm_paid"]
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    answers = amara.hear("action_skip_export", "deny", text="no")
    assert answers == ["utter_understood", "utter_farewell_hard_moment"]


@pytest.mark.parametrize("intent", ["reason_other", "keep_subscription", "nlu_fallback"])
def test_without_a_wish_an_end_or_a_person_is_offered(amara: Hearing, intent: str) -> None:
    said = amara.hear("action_keep", intent, text="I'll talk to my lawyer")
    assert said == ["utter_hard_moment_legal", "utter_ask_wish_hard_moment"]


def test_told_as_the_reason_it_takes_the_offer_away(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_take_reason", "reason_not_using", text=DIED)
    assert said == ["utter_hard_moment_bereavement", "utter_ask_confirm_paid"]


def test_told_at_the_offer_it_goes_on_without_it(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", "reason_price")
    said = amara.hear("action_not_understood", "nlu_fallback", text=DIED)
    assert said == ["utter_hard_moment_bereavement", "utter_ask_confirm_paid"]


def test_told_at_the_last_question_that_question_stands(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_not_understood", "reason_other", confidence=0.3, text=DIED)
    assert said == ["utter_hard_moment_bereavement", "utter_ask_confirm_again"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("his was the Basic one", None),
        ("the Basic one, he hardly used it", None),
        ("the Basic one, because it costs too much now", ChurnReason.TOO_EXPENSIVE),
    ],
)
def test_after_a_death_only_what_is_given_as_a_reason_is_one(
    amara_with_two_plans: Hearing, text: str, reason: ChurnReason | None
) -> None:
    talk = amara_with_two_plans
    talk.hear("action_start_leaving", "cancel", text=f"{DIED}, cancel it please")
    assert talk.question == "subscription"
    said = talk.hear("action_choose_subscription", "reason_price", text=text)
    assert said == ["utter_ask_confirm_paid"]
    with talk.database.read() as session:
        assert session.scalars(sa.select(Case.reason)).one() is reason


def test_it_is_said_back_once(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text=DIED)
    said = amara.hear("action_start_leaving", "cancel", text=f"cancel it, {DIED}")
    assert said == ["utter_ask_confirm_paid"]


def test_a_pause_they_ask_for_themselves_is_theirs(amara: Hearing) -> None:
    said = amara.hear("action_ask_for_offer", "pause", text="I'm in hospital, pause it please")
    assert said == ["utter_hard_moment_illness", "utter_requested_pause"]


def test_a_yes_to_an_end_or_a_person_shows_what_the_end_would_mean(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text=DIED)
    assert amara.hear("action_ask_wish", "affirm", text="yes") == ["utter_ask_confirm_paid"]


def test_for_somebody_who_died_the_mailbox_may_be_out_of_reach(stranger: Hearing) -> None:
    said = stranger.hear("action_start_leaving", "cancel", text=DIED)
    assert said == ["utter_hard_moment_bereavement", "utter_ask_email_of_another"]


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "cancel it, i dont want to be here anymore",
        "my husband died and I want to kill myself",
    ],
)
def test_a_life_in_danger_is_answered_with_help_and_nothing_else(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == ["utter_crisis"]


@pytest.mark.parametrize(
    "text",
    [
        "my mother died, please close her account",
        "my mother Anna died, please close my mother Anna's account",
        "my husband passed away, cancel my husband's subscription",
        "please cancel the account of my late father, my father died",
    ],
)
def test_signed_in_the_account_of_another_is_not_taken_for_their_own(
    amara: Hearing, text: str
) -> None:
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == ["utter_hard_moment_bereavement", "utter_ask_whose_account"]
    assert amara.hear("action_start_leaving", "cancel", pressed=True) == ["utter_ask_confirm_paid"]


def test_their_own_account_is_asked_about_once(amara: Hearing) -> None:
    said = amara.hear("action_start_leaving", "cancel", text="my mother died, cancel my plan")
    assert said == ["utter_hard_moment_bereavement", "utter_ask_confirm_paid"]


@pytest.mark.parametrize(
    "text",
    [
        "I would like to withdraw from my contract with you",
        "I hereby declare my withdrawal, see the notice of withdrawal",
        "I'm still in the cooling-off period, end it",
    ],
)
def test_a_withdrawal_brings_a_person_and_no_why(amara: Hearing, text: str) -> None:
    said = amara.hear("action_start_leaving", "cancel", "reason_not_using", text=text)
    assert said == [
        "utter_hard_moment_withdrawal",
        "utter_person_will_mail",
        "utter_ask_confirm_paid",
    ]


def test_a_withdrawal_that_is_not_understood_brings_a_person(amara: Hearing) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text="this is my Widerruf")
    assert said == [
        "utter_hard_moment_withdrawal",
        "utter_person_will_mail",
        "utter_ask_wish_hard_moment",
    ]


def test_a_withdrawal_in_a_talk_in_which_one_was_taken_back_is_passed_on_anew(
    amara: Hearing,
) -> None:
    declared = "I would like to withdraw from my contract with you"
    amara.hear("action_start_leaving", "cancel", text=declared)
    first = hand_off_in(amara)
    assert first is not None
    with amara.database.write() as session:
        notice = notices.find(session, first.number)
        assert notice is not None
        notices.take_back(session, notice, by="staff")
    said = amara.hear("action_start_leaving", "cancel", text=declared)
    assert "utter_person_will_mail" in said
    anew = hand_off_in(amara)
    assert anew is not None
    assert anew.number != first.number
    assert anew.cause is HandOffCause.WITHDRAWAL


@pytest.mark.parametrize(
    "text",
    [
        "withdraw the money from my card",
        "I withdraw my complaint",
        "please stop withdrawing the subscription fee",
    ],
)
def test_what_else_is_withdrawn_is_none(amara: Hearing, text: str) -> None:
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == ["utter_ask_reason"]


IN_DANGER = "my ex beat me and he can read my notes, all of it has to go today"


@pytest.mark.parametrize("intent", ["data_delete", "nlu_fallback", "reason_other", "data_export"])
def test_in_danger_a_person_is_sent_for_at_once_and_an_end_is_offered(
    amara: Hearing, intent: str
) -> None:
    said = amara.hear("action_answer_deletion", intent, text=IN_DANGER)
    assert said == [
        "utter_hard_moment_danger",
        "utter_person_will_mail",
        "utter_ask_wish_hard_moment",
    ]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert hand_off.cause is HandOffCause.DANGER
    assert IN_DANGER in hand_off.note


def test_who_names_the_one_who_beats_them_is_in_danger_too(amara: Hearing) -> None:
    said = amara.hear("action_start_leaving", "cancel", text="cancel it. my husband tom beats me")
    assert said == [
        "utter_hard_moment_danger",
        "utter_person_will_mail",
        "utter_mail_before_the_yes",
        "utter_ask_confirm_paid",
    ]


@pytest.mark.parametrize(
    "text",
    ["my ex knows my password, cancel my account now", "i was raped by my partner, please cancel"],
)
def test_who_is_hurt_or_watched_gets_a_person_and_can_leave_at_once(
    amara: Hearing, text: str
) -> None:
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == [
        "utter_hard_moment_danger",
        "utter_person_will_mail",
        "utter_mail_before_the_yes",
        "utter_ask_confirm_paid",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "they keep harassing me with emails, cancel",
        "my daughter passed! so we dont need it any more",
        "my baby monitor died, cancel",
        "I want to end it tonight, my plan",
    ],
)
def test_what_only_sounds_hard_is_a_wish_to_leave_like_any_other(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == ["utter_ask_reason"]


def test_in_danger_the_wish_to_leave_goes_straight_to_the_yes(amara: Hearing) -> None:
    said = amara.hear("action_start_leaving", "cancel", "data_delete", text=IN_DANGER)
    assert said == [
        "utter_hard_moment_danger",
        "utter_person_will_mail",
        "utter_mail_before_the_yes",
        "utter_ask_confirm_paid",
    ]


def test_asked_again_in_danger_deleting_is_no_matter_of_tax_law(amara: Hearing) -> None:
    amara.hear("action_answer_deletion", "data_delete", text=IN_DANGER)
    said = amara.hear("action_answer_deletion", "data_delete", text="delete everything now")
    assert said == ["utter_deletion_in_danger", "utter_ask_wish_hard_moment"]


def test_a_stranger_in_danger_gets_a_person_before_saying_who_they_are(
    stranger: Hearing,
) -> None:
    said = stranger.hear("action_answer_deletion", "data_delete", text=IN_DANGER)
    assert said == [
        "utter_hard_moment_danger",
        "utter_person_requested",
        "utter_ask_wish_hard_moment",
    ]


def test_in_danger_the_team_that_sells_nothing_comes(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    said = amara.hear("action_answer_deletion", "data_delete", text=IN_DANGER)
    assert said == ["utter_hard_moment_danger", "utter_person_comes", "utter_ask_wish_awaiting"]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert (hand_off.team, hand_off.requested_by) == ("support", "assistant")


def test_the_wish_to_delete_what_the_dead_have_left_is_no_matter_of_rules(amara: Hearing) -> None:
    text = "my sister died last week and this is her login, please remove it"
    said = amara.hear("action_answer_deletion", "data_delete", text=text)
    assert said == [
        "utter_hard_moment_bereavement",
        "utter_deletion_bereaved",
        "utter_ask_wish_own_account",
    ]
    assert amara.hear("action_drop_wish", "affirm", text="yes") == ["utter_ask_confirm_paid"]
