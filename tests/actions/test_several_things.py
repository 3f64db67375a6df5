"""More than one thing in a message: the leading act is done, the rest is never lost."""

import pytest
import sqlalchemy as sa
from pydantic import HttpUrl

from offboarding.exports.model import Export
from offboarding.handoffs.model import HandOff
from offboarding.survey.model import SurveyAnswer
from tests.actions.conftest import Hearing

LEAVE = "action_start_leaving"


def exports(talk: Hearing) -> int:
    with talk.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Export)) or 0


@pytest.mark.parametrize(
    ("intent", "answer"),
    [
        ("data_export", "utter_export_started_as_asked"),
        ("refund", "utter_refund_none"),
        ("human", "utter_person_will_mail"),
        ("data_delete", "utter_deletion"),
        ("timeline_or_status", "utter_timeline"),
        ("billing_question", "utter_billing_no_last_next"),
        ("bot_challenge", "utter_bot_challenge"),
    ],
)
def test_what_comes_with_the_wish_to_leave_is_answered_before_the_next_question(
    amara: Hearing, intent: str, answer: str
) -> None:
    assert amara.hear(LEAVE, "cancel", intent) == [answer, "utter_ask_reason"]
    assert amara.question == "reason"
    assert not amara.slots.get("owed")


def test_all_of_many_things_are_answered_in_a_sensible_order(amara: Hearing) -> None:
    said = amara.hear(LEAVE, "cancel", "timeline_or_status", "refund", "data_export", "human")
    assert said == [
        "utter_person_will_mail",
        "utter_export_started_as_asked",
        "utter_refund_none",
        "utter_timeline",
        "utter_ask_reason",
    ]


def test_a_stranger_is_answered_what_was_asked_once_it_is_known_who_they_are(
    stranger: Hearing,
) -> None:
    said = stranger.hear(LEAVE, "cancel", "data_export", "refund")
    assert said == ["utter_ask_email"]
    assert exports(stranger) == 0
    assert stranger.identify_by_code() == [
        "utter_identified",
        "utter_export_started_as_asked",
        "utter_refund_none",
        "utter_ask_reason",
    ]
    assert exports(stranger) == 1


def test_a_question_before_the_address_changes_nothing_of_the_wish(stranger: Hearing) -> None:
    stranger.hear(LEAVE, "cancel")
    said = stranger.hear("action_answer_timeline", "timeline_or_status")
    assert said == ["utter_answer_follows", "utter_ask_email_again"]
    said = stranger.identify_by_code()
    assert said == ["utter_identified", "utter_timeline", "utter_ask_reason"]


def test_a_person_asked_for_with_the_wish_to_leave_gets_the_address_given_for_it(
    stranger: Hearing,
) -> None:
    said = stranger.hear(LEAVE, "cancel", "human")
    assert said == ["utter_person_requested", "utter_ask_email"]
    stranger.identify_by_code()
    with stranger.database.read() as session:
        assert session.query(HandOff).one().contact_email == "amara@example.org"


def test_with_several_plans_the_answer_waits_until_one_is_chosen(
    amara_with_two_plans: Hearing,
) -> None:
    talk = amara_with_two_plans
    assert talk.hear(LEAVE, "cancel", "timeline_or_status") == ["utter_ask_subscription"]
    said = talk.hear("action_choose_subscription", "choose_option", entities={"option": "1"})
    assert said == ["utter_timeline", "utter_ask_reason"]


def test_a_reason_that_comes_with_another_wish_is_said_back_once(amara: Hearing) -> None:
    said = amara.hear("action_request_person", "human", "reason_support")
    assert said == ["utter_acknowledge_customer_service", "utter_person_will_mail"]
    assert "utter_acknowledge_customer_service" not in amara.hear(LEAVE, "cancel")


@pytest.mark.parametrize("text", ["to expencive. need a copy", "send my notes, way to expensiv"])
def test_a_price_that_is_too_high_is_heard_however_it_is_spelt(amara: Hearing, text: str) -> None:
    amara.hear("action_start_export", "data_export", text=text)
    said = amara.hear(LEAVE, "cancel", text="and cancel it")
    assert said[0] == "utter_acknowledge_too_expensive"


def test_a_price_that_is_not_too_high_is_no_reason(amara: Hearing) -> None:
    said = amara.hear(LEAVE, "cancel", text="it's not too expensive, just cancel")
    assert said == ["utter_ask_reason"]


def test_a_reason_that_comes_with_a_pause_is_said_back_and_kept(amara: Hearing) -> None:
    said = amara.hear("action_ask_for_offer", "pause", "reason_price")
    assert said == ["utter_acknowledge_too_expensive", "utter_requested_pause"]


def test_what_is_asked_along_with_staying_is_done_too(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel")
    said = amara.hear("action_keep", "keep_subscription", "data_export")
    assert said == ["utter_kept_paid", "utter_export_started_as_asked"]
    assert exports(amara) == 1


def test_a_yes_with_a_question_gets_its_answer_and_goes_on(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel")
    amara.hear("action_skip_reason", "skip")
    text = "yes, and when does it end?"
    said = amara.hear("action_confirm_cancellation", "affirm", "timeline_or_status", text=text)
    assert said == ["utter_timeline", "utter_ask_confirm_again"]
    assert amara.subscription("Pro").cancel_at is None
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    said = amara.hear("action_start_export", "affirm", "timeline_or_status", text=text)
    assert said == ["utter_export_started", "utter_timeline_cancelled", "utter_ask_survey_improve"]


def test_somebody_who_has_a_copy_of_their_data_is_not_asked_for_it(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel", "data_export")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_paid", "utter_ask_survey_improve"]


def test_cancel_or_something_cheaper_puts_both_side_by_side(amara: Hearing) -> None:
    assert amara.hear(LEAVE, "cancel", "change_plan") == ["utter_offer_smaller_plan"]


def test_nothing_that_was_heard_in_doubt_is_started(amara: Hearing) -> None:
    amara.hear("action_not_understood", "data_export", confidence=0.4)
    assert exports(amara) == 0


def test_feedback_starts_nothing_whatever_it_speaks_of(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel", "data_export")
    amara.hear("action_skip_reason", "skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    text = "answer refunds, and let a human read the chat"
    said = amara.hear("action_take_survey_answer", "refund", "human", text=text)
    assert said == ["utter_survey_thanks", "utter_ask_survey_return"]


@pytest.mark.parametrize(
    "text",
    ["send me my data", "Can I have a copy of my data?", "ok, and I'd like all of my data please"],
)
def test_a_request_for_data_in_the_survey_is_no_answer_to_it(amara: Hearing, text: str) -> None:
    in_survey(amara)
    said = amara.hear("action_take_survey_answer", "data_export", text=text)
    assert said == ["utter_export_started", "utter_ask_survey_improve"]
    assert exports(amara) == 1
    amara.hear("action_take_survey_answer", "nlu_fallback", text="fewer outages")
    assert answers(amara) == ["fewer outages"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("did you send the money?", "refund"),
        ("So which day is its last one?", "timeline_or_status"),
        ("Will I be charged again?", "billing_question"),
    ],
)
def test_a_question_in_the_survey_is_answered_and_is_no_answer(
    amara: Hearing, text: str, intent: str
) -> None:
    in_survey(amara)
    answer = amara.hear("action_take_survey_answer", intent, text=text)
    assert answer[-1] == "utter_ask_survey_improve"
    assert len(answer) > 1
    assert answers(amara) == []


@pytest.mark.parametrize("text", ["maybe faster refunds?", "refunds without a question"])
def test_feedback_about_refunds_is_feedback(amara: Hearing, text: str) -> None:
    in_survey(amara)
    amara.hear("action_take_survey_answer", "refund", text=text)
    assert answers(amara) == [text]


@pytest.mark.parametrize(
    "text", ["exports should have been easier", "we need better exports", "make exporting simpler"]
)
def test_feedback_about_exports_is_feedback(amara: Hearing, text: str) -> None:
    in_survey(amara)
    amara.hear("action_take_survey_answer", "data_export", text=text)
    assert answers(amara) == [text]
    assert exports(amara) == 0


def test_a_request_for_data_after_a_silence_leads_back_to_the_survey(amara: Hearing) -> None:
    in_survey(amara)
    amara.lapse()
    amara.hear("action_take_survey_answer", "data_export", text="send me my data")
    assert amara.question == "email"
    assert amara.identify_by_code()[-2:] == ["utter_export_started", "utter_ask_survey_improve"]
    amara.hear("action_take_survey_answer", "nlu_fallback", text="fewer outages")
    assert answers(amara) == ["fewer outages"]


def in_survey(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel")
    amara.hear("action_skip_reason", "skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    assert amara.hear("action_skip_export", "deny")[-1] == "utter_ask_survey_improve"


def answers(amara: Hearing) -> list[str | None]:
    with amara.database.read() as session:
        return [each.answer for each in session.query(SurveyAnswer).all()]


@pytest.mark.parametrize("text", ["I already told you why", "no reason", "doesn't matter"])
def test_what_is_no_reason_is_not_noted_as_one(amara: Hearing, text: str) -> None:
    amara.hear(LEAVE, "cancel")
    said = amara.hear("action_take_reason", "nlu_fallback", text=text)
    assert said == ["utter_understood", "utter_ask_confirm_paid"]


def test_a_question_back_is_answered_and_is_no_reason(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel")
    said = amara.hear("action_take_reason", "nlu_fallback", text="why do you ask?")
    assert said == ["utter_why_reason", "utter_ask_reason_again"]


def test_a_complaint_that_asks_for_something_cheaper_is_a_wish(amara: Hearing) -> None:
    said = amara.hear("action_hear_reason", "reason_price", text="can I get it cheaper?")
    assert said == ["utter_requested_smaller_plan"]


def test_a_reason_heard_in_one_conversation_is_forgotten_in_the_next(amara: Hearing) -> None:
    amara.hear(LEAVE, "cancel", "reason_bug_or_quality")
    amara.hear("action_keep", "keep_subscription")
    amara.id, amara.slots = "another conversation", {}
    amara.identify(amara.external_id)
    assert amara.hear(LEAVE, "cancel") == ["utter_ask_reason"]


def test_there_is_one_offer_in_a_talk_whatever_was_kept_between(amara: Hearing) -> None:
    assert "utter_offer_smaller_plan" in amara.hear(LEAVE, "cancel", "reason_price")
    amara.hear("action_keep", "keep_subscription")
    said = amara.hear(LEAVE, "cancel", "reason_price")
    assert said == ["utter_acknowledge_too_expensive", "utter_ask_confirm_paid"]


@pytest.mark.parametrize(
    "text",
    [
        "can you pause my subscription? actually no, cancel it",
        "pause it please. on second thought cancel the whole thing",
    ],
)
def test_the_last_word_counts(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", "pause", text=text) == ["utter_ask_reason"]


def test_not_this_plan_but_that_one(amara_with_two_plans: Hearing) -> None:
    amara_with_two_plans.hear("action_start_leaving", "cancel", text="cancel Pro")
    amara_with_two_plans.hear("action_skip_reason", "skip")
    said = amara_with_two_plans.hear(
        "action_not_understood", "reason_missing_feature", text="not Pro, Basic"
    )
    assert said[0] == "utter_other_plan"
    amara_with_two_plans.hear("action_confirm_cancellation", "affirm", text="yes")
    assert amara_with_two_plans.subscription("Pro").renews
    assert not amara_with_two_plans.subscription("Basic").renews


def test_the_name_of_the_other_plan_turns_to_it(amara_with_two_plans: Hearing) -> None:
    amara_with_two_plans.hear("action_start_leaving", "cancel", text="cancel Pro")
    amara_with_two_plans.hear("action_skip_reason", "skip")
    said = amara_with_two_plans.hear("action_ask_for_offer", "change_plan", text="Basic")
    assert said[0] == "utter_other_plan"


def test_both_are_kept_in_mind_at_the_last_question(amara_with_two_plans: Hearing) -> None:
    amara_with_two_plans.hear("action_start_leaving", "cancel", text="cancel Pro")
    amara_with_two_plans.hear("action_skip_reason", "skip")
    said = amara_with_two_plans.hear(
        "action_confirm_cancellation", "cancel", text="yes cancel both"
    )
    assert said == ["utter_one_after_the_other", "utter_ask_confirm_again"]


@pytest.mark.parametrize("place", [None, "https://www.example.org/my-content"])
def test_a_copy_is_told_by_the_names_of_its_parts_and_what_is_not_in_it(
    amara: Hearing, place: str | None
) -> None:
    amara.settings.sandbox = False
    amara.settings.content_url = HttpUrl(place) if place else None
    amara.hear("action_start_export", "data_export", text="send me my notes and my data")
    told = amara.said_last("utter_export_started")
    assert told["part_names"].startswith("profile, subscriptions, ledger")
    assert told["part_names"].endswith("receipts and conversations")
    assert (place or "a person can help you") in told["beyond"]
