"""Keep it; no, do cancel it: a wish is not lost behind a no, nor is a yes to a closed question."""

import pytest
import sqlalchemy as sa
import time_machine

from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in

NO_DO_CANCEL = "sorry. no. do cancel it please"
HALF_HEARD = {"deny": 0.75, "cancel": 0.56}


@pytest.mark.parametrize("action", ["action_resume_question", "action_drop_wish"])
def test_a_wish_to_leave_within_a_no_leads_to_the_yes(amara: Hearing, action: str) -> None:
    _show(amara)
    _keep(amara)
    if action == "action_drop_wish":
        amara.hear("action_ask_wish", "affirm", text="ok")
    said = amara.hear(action, "deny", text=NO_DO_CANCEL, ranking=HALF_HEARD)
    assert said == ["utter_ask_confirm_paid"]
    assert amara.subscription("Pro").renews


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no i meant cancel", "utter_ask_confirm_paid"),
        ("no, I said cancel it", "utter_ask_confirm_paid"),
        ("no, I said do not cancel", "utter_ask_wish"),
    ],
)
def test_what_they_meant_need_not_be_half_heard(amara: Hearing, text: str, said: str) -> None:
    _show(amara)
    _keep(amara)
    assert amara.hear("action_resume_question", "deny", text=text)[-1] == said


def test_a_wish_to_leave_within_a_no_is_no_no_to_leaving(amara: Hearing) -> None:
    _show(amara)
    said = amara.hear("action_decline_confirmation", "deny", text=NO_DO_CANCEL, ranking=HALF_HEARD)
    assert said == ["utter_ask_confirm_again"]
    assert amara.question == "confirm"
    assert amara.subscription("Pro").renews


def test_a_wish_to_leave_within_a_no_to_a_pause_leads_to_the_yes(amara: Hearing) -> None:
    amara.hear("action_ask_for_offer", "pause", text="pause it")
    assert amara.question == "requested_offer"
    said = amara.hear("action_drop_requested_offer", "deny", text=NO_DO_CANCEL, ranking=HALF_HEARD)
    assert said == ["utter_understood", "utter_ask_confirm_paid"]


@pytest.mark.parametrize("wish", ["refund", "human", "data_export", "timeline_or_status"])
def test_any_other_wish_within_a_no_is_asked_about(stranger: Hearing, wish: str) -> None:
    ranking = {"deny": 0.8, wish: 0.4}
    said = stranger.hear("action_resume_question", "deny", text="no, the thing", ranking=ranking)
    assert said == ["utter_did_you_mean_one"]
    assert stranger.said_last("utter_did_you_mean_one")["first"] == f"meaning_{wish}"


def test_a_pause_within_a_no_is_taken_up(amara: Hearing) -> None:
    ranking = {"deny": 0.8, "pause": 0.4}
    said = amara.hear("action_resume_question", "deny", text="no, rest it", ranking=ranking)
    assert said == ["utter_requested_pause"]


def test_a_wish_heard_surely_beside_a_no_is_seen_to(amara: Hearing) -> None:
    said = amara.hear("action_resume_question", "deny", "refund", text="no, my money back")
    assert said == ["utter_refund_none", "utter_ask_wish"]


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_resume_question", "deny", "no"),
        ("action_resume_question", "skip", "skip"),
        ("action_ask_wish", "affirm", "ok"),
    ],
)
def test_after_an_answer_to_nothing_they_see_what_they_can_do(
    amara: Hearing, action: str, intent: str, text: str
) -> None:
    _show(amara)
    _keep(amara)
    assert amara.hear(action, intent, text=text) == ["utter_ask_wish"]


def test_thanks_for_nothing_asked_is_no_answer_and_asks_nothing(amara: Hearing) -> None:
    amara.hear("action_keep", "keep_subscription", text="I'll keep it")
    amara.hear("action_resume_question", "thanks", text="thanks")
    assert amara.question is None


def test_the_yes_of_before_shows_anew_what_holds_now(amara: Hearing) -> None:
    _show(amara)
    _keep(amara)
    said = amara.hear("action_ask_wish", "affirm", pressed=True)
    assert said == ["utter_stale_button", "utter_ask_confirm_paid"]
    assert amara.subscription("Pro").renews
    amara.hear("action_confirm_cancellation", "affirm", pressed=True)
    assert not amara.subscription("Pro").renews


def test_cancel_beside_an_offer_of_before_shows_what_holds_now(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", "reason_price", text="too dear, cancel it")
    assert amara.question == "offer"
    _keep(amara)
    said = amara.hear("action_stale_button", "decline_offer", pressed=True)
    assert said == ["utter_stale_button", "utter_ask_confirm_paid"]
    assert amara.subscription("Pro").renews


def test_a_typed_yes_to_nothing_shows_no_confirmation(amara: Hearing) -> None:
    _show(amara)
    _keep(amara)
    assert amara.hear("action_ask_wish", "affirm", text="yes") == ["utter_ask_wish"]


def test_a_yes_of_before_counts_for_nothing_when_nobody_is_known(amara: Hearing) -> None:
    _show(amara)
    _keep(amara)
    amara.lapse()
    assert amara.hear("action_ask_wish", "affirm", pressed=True) == ["utter_ask_wish"]


def test_a_reason_given_in_the_talk_is_not_asked_again(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_take_reason", "reason_price", text="costs me too much")
    _keep(amara)
    said = amara.hear("action_start_leaving", "cancel", text="I told you, cancel my Pro plan")
    assert said == ["utter_ask_confirm_paid"]
    assert _reasons(amara) == [(ChurnReason.TOO_EXPENSIVE, "costs me too much", False)] * 2


def test_a_new_reason_goes_before_the_one_given_earlier(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", "reason_price", text="too dear, cancel")
    _keep(amara)
    amara.hear("action_start_leaving", "cancel", "reason_bug_or_quality", text="it breaks, cancel")
    assert [reason for reason, _, _ in _reasons(amara)] == [
        ChurnReason.TOO_EXPENSIVE,
        ChurnReason.LOW_QUALITY,
    ]


def test_who_would_rather_not_say_why_is_not_asked_again(amara: Hearing) -> None:
    _show(amara)
    _keep(amara)
    said = amara.hear("action_start_leaving", "cancel", text="cancel it after all")
    assert said == ["utter_ask_confirm_paid"]
    assert _reasons(amara) == [(None, None, True)] * 2


def test_two_days_later_it_may_be_another_reason(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    _show(amara)
    _keep(amara)
    desk.shift(2 * 24 * 3600)
    amara.identify(amara.external_id)
    assert amara.hear("action_start_leaving", "cancel") == ["utter_ask_reason"]


@pytest.mark.parametrize(
    "text", ["so is it cancelled now?", "did you cancel my plan", "it's cancelled now, right?"]
)
def test_whether_it_is_cancelled_is_answered_with_a_plain_no(amara: Hearing, text: str) -> None:
    _show(amara)
    _keep(amara)
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_nothing_is_cancelled", "utter_timeline"]


def test_the_no_is_said_once_for_all_plans(amara_with_two_plans: Hearing) -> None:
    said = amara_with_two_plans.hear(
        "action_answer_timeline", "timeline_or_status", text="is anything cancelled?"
    )
    assert said == ["utter_nothing_is_cancelled", "utter_timeline", "utter_timeline"]


def test_where_it_is_cancelled_nobody_says_no(amara: Hearing) -> None:
    _show(amara)
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="is it cancelled now?")
    assert said == ["utter_timeline_cancelled", "utter_ask_export_again"]


@pytest.mark.parametrize(
    "text", ["what happens if it is cancelled?", "when is it cancelled?", "when does it end?"]
)
def test_what_is_no_question_for_yes_or_no_gets_no_no(amara: Hearing, text: str) -> None:
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_timeline"]


@pytest.mark.parametrize("late", [False, True])
def test_who_goes_on_without_a_person_is_not_asked_to_cancel_again(
    amara_with_two_plans: Hearing, desk: time_machine.Traveller, late: bool
) -> None:
    amara = amara_with_two_plans
    text = "my husband died, cancel Pro please"
    amara.hear("action_start_leaving", "cancel", text=text)
    assert hand_off_in(amara) is not None
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.hear("action_skip_export", "deny", text="no")
    if late:
        desk.shift(240)
    said = amara.hear("action_go_on_without_person", "go_on_without_person", pressed=True)
    assert said == ["utter_no_person", "utter_ask_wish_after"]


def test_a_loss_told_after_the_cancellation_is_not_asked_to_cancel(
    amara_with_two_plans: Hearing,
) -> None:
    amara = amara_with_two_plans
    amara.hear("action_start_leaving", "cancel", text="cancel Pro")
    amara.hear("action_skip_reason", "skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.hear("action_skip_export", "deny", text="no")
    amara.hear("action_skip_survey_question", "skip")
    amara.hear("action_skip_survey_question", "skip")
    said = amara.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    assert said == ["utter_hard_moment_bereavement", "utter_ask_wish_after"]


def _show(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    assert amara.question == "confirm"


def _keep(amara: Hearing) -> None:
    said = amara.hear("action_keep", "keep_subscription", text="I'll keep it for now")
    assert said == ["utter_kept_paid"]


def _reasons(amara: Hearing) -> list[tuple[ChurnReason | None, str | None, bool]]:
    with amara.database.read() as session:
        found = session.scalars(sa.select(Case).order_by(Case.opened_at, Case.id)).all()
        return [(case.reason, case.reason_words, case.reason_skipped) for case in found]


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("tell me when it ends and stop it", True),
        ("When is the next payment? Please cancel my subscription", True),
        ("when can I go and cancel it", False),
        ("what happens if I wait and cancel it", False),
        ("when does it end and how do I cancel it", False),
    ],
)
def test_a_wish_that_ends_a_question_is_taken_up(amara: Hearing, text: str, leaves: bool) -> None:
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_timeline", *(["utter_ask_reason"] if leaves else [])]


@pytest.mark.parametrize("text", ["wait nah i mean do it", "no wait, go ahead", "do it"])
@pytest.mark.parametrize("intent", ["deny", "affirm"])
def test_do_it_after_a_no_shows_the_question_again(amara: Hearing, text: str, intent: str) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    amara.hear("action_decline_confirmation", "deny", text="nah")
    assert amara.hear("action_resume_question", intent, text=text) == ["utter_ask_confirm_paid"]
    assert amara.subscription("Pro").renews


def test_do_it_out_of_the_blue_asks_what(amara: Hearing) -> None:
    assert amara.hear("action_resume_question", "deny", text="do it") == ["utter_ask_wish"]
