"""Corrections, silence, other languages, several plans: the talk stays where it is meant to be."""

import pytest
import sqlalchemy as sa

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.identity import service as identity
from tests.actions.conftest import Hearing

LEAVE = "action_start_leaving"


def states(talk: Hearing) -> list[CaseState]:
    with talk.database.read() as session:
        return list(session.scalars(sa.select(Case.state).order_by(Case.opened_at)))


def to_the_last_question(talk: Hearing, text: str = "cancel it") -> None:
    talk.hear(LEAVE, "cancel", text=text)
    talk.hear("action_skip_reason", "skip")
    assert talk.question == "confirm"


def test_after_a_long_silence_a_yes_does_not_count(amara: Hearing) -> None:
    to_the_last_question(amara)
    amara.lapse()
    said = amara.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_welcome_back", "utter_ask_email"]
    assert states(amara) == [CaseState.SHOWN]


def test_a_wish_after_a_long_silence_is_taken_up(amara: Hearing) -> None:
    to_the_last_question(amara)
    amara.lapse()
    said = amara.hear("action_answer_billing", "billing_question")
    assert said == ["utter_welcome_back", "utter_ask_email"]
    assert amara.slots["purpose"] == "billing"


def test_who_has_said_again_who_they_are_is_asked_again_what_was_open(amara: Hearing) -> None:
    to_the_last_question(amara)
    amara.lapse()
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    with amara.database.read() as session:
        amara.identify(session.scalars(sa.select(Customer.external_id)).one())
    said = amara.hear("action_take_code", "nlu_fallback", entities={"code": "123456"})
    assert said == ["utter_ask_confirm_again"]


def test_both_plans_are_cancelled_one_after_the_other(amara_with_two_plans: Hearing) -> None:
    talk = amara_with_two_plans
    talk.hear(LEAVE, "cancel")
    said = talk.hear("action_choose_subscription", "choose_option", entities={"option": "both"})
    assert said == ["utter_one_after_the_other", "utter_ask_reason"]
    talk.hear("action_skip_reason", "skip")
    said = talk.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_paid", "utter_next_plan", "utter_ask_confirm_paid"]
    assert states(talk) == [CaseState.SCHEDULED, CaseState.SHOWN]
    said = talk.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_paid", "utter_ask_export"]
    assert states(talk) == [CaseState.SCHEDULED, CaseState.SCHEDULED]


def test_of_both_plans_one_may_stay(amara_with_two_plans: Hearing) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel both my plans")
    talk.hear("action_confirm_cancellation", "affirm", text="yes")
    said = talk.hear("action_decline_confirmation", "deny", text="no")
    assert said == ["utter_this_one_stays", "utter_ask_export"]
    assert states(talk) == [CaseState.SCHEDULED, CaseState.KEPT]
    assert talk.hear("action_skip_export", "deny", text="no")[-1] == "utter_ask_survey_improve"


def test_never_mind_drops_all_plans_that_were_to_go(amara_with_two_plans: Hearing) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel both my plans")
    assert talk.hear("action_keep", "keep_subscription") == ["utter_kept_paid"]
    assert not talk.slots.get("plans_to_go")


def test_the_other_plan_is_turned_to_without_asking_why_again(
    amara_with_two_plans: Hearing,
) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel Pro")
    text = "I meant the other plan"
    said = talk.hear("action_not_understood", "change_plan", confidence=0.4, text=text)
    assert said == ["utter_other_plan", "utter_ask_confirm_paid"]
    talk.hear("action_confirm_cancellation", "affirm", text="yes")
    assert talk.subscription("Basic").cancel_at is not None
    assert talk.subscription("Pro").cancel_at is None


@pytest.mark.parametrize("text", ["how much is Basic?", "what about the other plan?"])
def test_a_question_about_another_plan_is_no_correction(
    amara_with_two_plans: Hearing, text: str
) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel Pro")
    said = talk.hear("action_answer_billing", "billing_question", text=text)
    assert said[-1] == "utter_ask_confirm_again"
    assert states(talk) == [CaseState.SHOWN]


def test_the_other_plan_too_is_the_next_one(amara_with_two_plans: Hearing) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel Pro")
    text = "cancel the other one too"
    said = talk.hear("action_confirm_cancellation", "cancel", text=text)
    assert said == ["utter_one_after_the_other", "utter_ask_confirm_again"]
    said = talk.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_paid", "utter_next_plan", "utter_ask_confirm_paid"]


def test_the_other_plan_too_is_heard_after_the_first_is_cancelled(
    amara_with_two_plans: Hearing,
) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel Pro")
    talk.hear("action_confirm_cancellation", "affirm", text="yes")
    text = "actually the other one as well"
    said = talk.hear("action_not_understood", "nlu_fallback", text=text)
    assert said == ["utter_next_plan", "utter_ask_confirm_paid"]


def test_a_plan_named_along_with_a_question_is_the_one_that_is_meant(
    amara_with_two_plans: Hearing,
) -> None:
    talk = amara_with_two_plans
    talk.hear(LEAVE, "cancel")
    text = "the Pro one, when does it end?"
    said = talk.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_timeline", "utter_ask_reason"]


def test_a_second_cancel_asks_about_the_plan_that_is_left(amara_with_two_plans: Hearing) -> None:
    talk = amara_with_two_plans
    to_the_last_question(talk, "cancel Pro")
    talk.hear("action_confirm_cancellation", "affirm", text="yes")
    said = talk.hear(LEAVE, "cancel", text="cancel")
    assert said == ["utter_already_cancelled", "utter_ask_other_subscription"]
    assert states(talk) == [CaseState.SCHEDULED]


def test_no_code_and_a_wrong_address_are_mended(stranger: Hearing) -> None:
    stranger.hear(LEAVE, "cancel")
    entities = {"email": "amara@example.org"}
    stranger.hear("action_take_email", "nlu_fallback", entities=entities)
    said = stranger.hear("action_refuse_identity", "skip", text="no code arrived")
    assert said == ["utter_code_not_arrived"]
    said = stranger.hear("action_take_code", "deny", text="that was the wrong address")
    assert said == ["utter_ask_other_email"]
    said = stranger.hear("action_take_email", "nlu_fallback", entities=entities)
    assert said == ["utter_ask_code"]


@pytest.mark.parametrize(
    "text", ["hm, i didnt get your code", "I didn't get the code", "dont see any mail"]
)
def test_who_got_no_code_can_check_where_it_went(stranger: Hearing, text: str) -> None:
    stranger.hear(LEAVE, "cancel")
    stranger.hear("action_take_email", "nlu_fallback", entities={"email": "amaar@example.org"})
    assert stranger.hear("action_refuse_identity", "deny", text=text) == ["utter_code_not_arrived"]
    assert stranger.said_last("utter_code_not_arrived")["email"] == "amaar@example.org"


def test_a_code_that_was_texted_is_never_looked_for_in_a_mail(stranger: Hearing) -> None:
    number = "+447700900123"
    with stranger.database.write() as session:
        amara = session.query(Customer).one()
        amara.phone, amara.phone_confirmed_at = number, clock.now()
        identity.note_number(session, stranger.id, number)
    assert stranger.hear(LEAVE, "cancel") == ["utter_ask_code_by_text"]
    said = stranger.hear("action_take_code", "reason_price", text="too expensive")
    assert said == ["utter_code_not_understood", "utter_ask_texted_code_again"]
    said = stranger.hear("action_refuse_identity", "deny", text="no code came")
    assert said == ["utter_texted_code_not_arrived"]
    stranger.hear("action_take_email", "nlu_fallback", entities={"email": "amara@example.org"})
    said = stranger.hear("action_take_code", "nlu_fallback", text="hm")
    assert said == ["utter_code_not_understood", "utter_ask_code_again"]


def test_another_language_is_answered_in_it_and_the_wish_goes_on(amara: Hearing) -> None:
    text = "je veux résilier mon abonnement"
    said = amara.hear("action_keep", "keep_subscription", text=text)
    assert said == ["utter_language_fr", "utter_ask_reason"]


def test_what_another_language_is_not_understood_to_say_starts_nothing(amara: Hearing) -> None:
    text = "ik wil graag weten hoe het met mijn gegevens is"
    said = amara.hear("action_keep", "keep_subscription", text=text)
    assert said == ["utter_language_nl"]
    said = amara.hear("action_keep", "keep_subscription", text=text)
    assert said == ["utter_not_understood_twice"]
