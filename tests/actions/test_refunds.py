"""Money back in the chat: what is said before the yes, after it, and to who asks for it."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from offboarding import clock
from offboarding.accounts.model import Customer, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.handoffs.causes import HandOffCause
from offboarding.offers.allowed import hard_moment as no_moment_for_an_offer
from offboarding.wording import date_text
from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in
from tests.factories import make_payment
from tests.office_hours import TUESDAY_MORNING

BECAUSE = "you are within the 14 days in which you may withdraw from the contract"


@pytest.fixture
def newcomer(amara: Hearing) -> Hearing:
    """Amara, whose contract began three days ago, and who paid then."""
    subscription = amara.subscription("Pro")
    with amara.database.write() as session:
        subscription = session.merge(subscription)
        subscription.started_at = clock.now() - timedelta(days=3)
        make_payment(session, subscription)
    return amara


AT_ONCE = "utter_ask_confirm_refund_or_run_out"
LATER = "utter_ask_confirm_paid_or_at_once"


def shown(hearing: Hearing) -> dict[str, str]:
    hearing.hear("action_start_leaving", "cancel", text="cancel it")
    assert hearing.hear("action_skip_reason", "skip", text="skip")[-1] == AT_ONCE
    return hearing.said_last(AT_ONCE)


def choose(hearing: Hearing, option: str) -> list[str]:
    return hearing.hear(
        "action_choose_way", "choose_option", entities={"option": option}, pressed=True
    )


def end(hearing: Hearing) -> None:
    """What the step `end` does within seconds."""
    with hearing.database.write() as session:
        case = session.query(Case).one()
        workflow.end(session, case, billing=LedgerBilling(session))
        assert case.state is CaseState.ENDED


def test_before_the_yes_they_read_how_much_comes_back_why_and_that_it_ends_at_once(
    newcomer: Hearing,
) -> None:
    values = shown(newcomer)
    assert values["refund"] == "€29.00"
    assert values["refund_because"] == BECAUSE
    assert values["refund_when"] == "at once, the way you paid"


def test_the_yes_ends_it_and_the_talk_goes_on_to_its_goodbye(newcomer: Hearing) -> None:
    shown(newcomer)
    said = newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_cancelled_refund", "utter_ask_export"]
    assert newcomer.said_last("utter_cancelled_refund")["refund"] == "€29.00"
    assert newcomer.subscription("Pro").state is SubscriptionState.ENDED
    end(newcomer)
    said = newcomer.hear("action_skip_export", "deny", text="no")
    assert said[-1] == "utter_ask_survey_improve"
    newcomer.hear("action_skip_survey_question", "skip", text="skip")
    assert newcomer.hear("action_skip_survey_question", "skip", text="skip") == [
        "utter_farewell_at_once"
    ]
    # What can't be taken back is not offered to be.
    assert newcomer.hear("action_ask_wish", "greet", text="hello") == ["utter_ask_wish_after_end"]


def test_what_no_longer_holds_at_the_yes_is_shown_again(newcomer: Hearing) -> None:
    with time_machine.travel(TUESDAY_MORNING, tick=False) as traveller:
        newcomer.identify(newcomer.external_id)
        subscription = newcomer.subscription("Pro")
        with newcomer.database.write() as session:
            subscription = session.merge(subscription)
            subscription.started_at = clock.now() - timedelta(days=14)
            subscription.period_end = clock.now() + timedelta(days=16)
        shown(newcomer)
        traveller.shift(timedelta(hours=16))
        newcomer.identify(newcomer.external_id)
        said = newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
        assert said == ["utter_terms_changed", "utter_ask_confirm_paid"]
        assert newcomer.subscription("Pro").renews


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("I withdraw from the contract", AT_ONCE),
        ("I am seriously ill and I withdraw from the contract", AT_ONCE),
        ("My mother died. I hereby withdraw from the contract.", AT_ONCE),
        ("I lost my job, I withdraw from my subscription", AT_ONCE),
        ("I am seriously ill, cancel it", "utter_ask_confirm_paid"),
        ("cancel it", "utter_ask_confirm_paid"),
    ],
)
def test_a_withdrawal_that_was_written_in_time_counts_on_the_day_after(
    newcomer: Hearing, words: str, question: str
) -> None:
    with time_machine.travel(TUESDAY_MORNING, tick=False) as traveller:
        newcomer.identify(newcomer.external_id)
        with newcomer.database.write() as session:
            subscription = session.merge(newcomer.subscription("Pro"))
            subscription.started_at = clock.now() - timedelta(days=14)
            subscription.period_end = clock.now() + timedelta(days=16)
        newcomer.hear("action_start_leaving", "cancel", text=words)
        traveller.shift(timedelta(days=1))
        tomorrow = replace(newcomer, id=uuid.uuid4().hex, slots={})
        tomorrow.identify(newcomer.external_id)
        tomorrow.hear("action_start_leaving", "cancel", text="cancel it")
        assert tomorrow.hear("action_skip_reason", "skip", text="skip")[-1] == question


@pytest.mark.parametrize(
    ("later", "question"),
    [(timedelta(hours=16), AT_ONCE), (timedelta(days=12), "utter_ask_confirm_paid")],
    ids=["changes their mind once more", "lets it go"],
)
def test_who_keeps_it_after_all_has_let_the_withdrawal_go_by_the_next_day(
    newcomer: Hearing, later: timedelta, question: str
) -> None:
    with time_machine.travel(TUESDAY_MORNING, tick=False) as traveller:
        newcomer.identify(newcomer.external_id)
        with newcomer.database.write() as session:
            subscription = session.merge(newcomer.subscription("Pro"))
            subscription.started_at = clock.now() - timedelta(days=14)
            subscription.period_end = clock.now() + timedelta(days=16)
        newcomer.hear("action_start_leaving", "cancel", text="I withdraw from the contract")
        traveller.shift(timedelta(minutes=1))
        said = newcomer.hear("action_keep", "keep_subscription", text="no, I keep it after all")
        assert said == ["utter_kept_paid"]
        traveller.shift(later)
        another = replace(newcomer, id=uuid.uuid4().hex, slots={})
        another.identify(newcomer.external_id)
        another.hear("action_start_leaving", "cancel", text="cancel it")
        assert another.hear("action_skip_reason", "skip", text="skip")[-1] == question


def test_who_asks_for_money_back_hears_what_policy_pays(newcomer: Hearing) -> None:
    said = newcomer.hear("action_answer_refund", "refund", text="do I get a refund?")
    assert said[0] == "utter_refund_on_leaving"
    values = newcomer.said_last("utter_refund_on_leaving")
    assert (values["refund"], values["refund_because"]) == ("€29.00", BECAUSE)


def test_after_the_yes_they_hear_of_the_refund_that_was_agreed(newcomer: Hearing) -> None:
    shown(newcomer)
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    end(newcomer)
    said = newcomer.hear("action_answer_refund", "refund", text="and my money?")
    assert said[0] == "utter_refund_agreed"
    assert newcomer.said_last("utter_refund_agreed")["refund"] == "€29.00"


def test_who_asks_when_it_ends_hears_that_it_is_at_once(newcomer: Hearing) -> None:
    said = newcomer.hear("action_answer_timeline", "timeline_or_status", text="when would it end?")
    assert said[:2] == ["utter_timeline_refund", "utter_or_run_out"]


def test_beyond_policy_the_answer_is_the_one_there_was(amara: Hearing) -> None:
    with amara.database.write() as session:
        make_payment(session, session.merge(amara.subscription("Pro")))
    said = amara.hear("action_answer_refund", "refund", text="do I get a refund?")
    assert said[0] == "utter_refund"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("I am seriously ill and I withdraw from the contract", "utter_hard_moment_illness"),
        ("My dad John died. I withdraw from the contract", "utter_hard_moment_bereavement"),
        ("I lost my job, I withdraw from my subscription", "utter_hard_moment_hardship"),
    ],
)
def test_a_withdrawal_beside_a_hard_moment_is_passed_on_and_no_offer_is_made(
    newcomer: Hearing, text: str, heard: str
) -> None:
    said = newcomer.hear("action_start_leaving", "cancel", "reason_other", text=text)
    assert said == [heard, "utter_person_will_mail", "utter_ask_confirm_refund"]
    hand_off = hand_off_in(newcomer)
    assert hand_off is not None
    assert (hand_off.cause, hand_off.requested_by) == (HandOffCause.WITHDRAWAL, "customer")
    assert f"UTC: {text}" in hand_off.note
    with newcomer.database.read() as session:
        assert no_moment_for_an_offer(session, newcomer.id)
    again = newcomer.hear("action_start_leaving", "cancel", text=text)
    assert again == ["utter_ask_confirm_refund"]


def test_a_withdrawal_after_the_hard_moment_was_told_is_passed_on(newcomer: Hearing) -> None:
    newcomer.hear("action_start_leaving", "cancel", text="I am seriously ill, cancel it")
    text = "I am seriously ill and I withdraw from the contract"
    said = newcomer.hear("action_start_leaving", "cancel", text=text)
    assert "utter_person_will_mail" in said
    hand_off = hand_off_in(newcomer)
    assert hand_off is not None
    assert text in hand_off.note


def test_in_danger_help_comes_first_and_has_the_withdrawal_in_its_note(newcomer: Hearing) -> None:
    text = "my husband Tom beats me, I withdraw from the contract"
    said = newcomer.hear("action_start_leaving", "cancel", text=text)
    assert said[:2] == ["utter_hard_moment_danger", "utter_person_will_mail"]
    hand_off = hand_off_in(newcomer)
    assert hand_off is not None
    assert hand_off.cause is HandOffCause.DANGER
    assert "May not be safe" in hand_off.note
    assert "Withdrawal from the contract, declared" in hand_off.note


def test_who_declares_a_withdrawal_is_passed_on_and_can_do_it_here(newcomer: Hearing) -> None:
    said = newcomer.hear("action_start_leaving", "cancel", text="I withdraw from the contract")
    assert said == [
        "utter_hard_moment_withdrawal_here",
        "utter_person_will_mail",
        "utter_ask_confirm_refund",
    ]
    assert newcomer.said_last("utter_hard_moment_withdrawal_here")["refund"] == "€29.00"


# --- or what is paid runs out


def test_who_would_be_paid_back_may_let_it_run_out_instead(newcomer: Hearing) -> None:
    values = shown(newcomer)
    ends_on = date_text(newcomer.subscription("Pro").period_end or clock.now(), Customer())
    assert values["runs_until"] == ends_on
    assert choose(newcomer, "run_out") == [LATER]
    assert newcomer.said_last(LATER)["money_back"] == "€29.00"
    assert newcomer.said_last(LATER)["ends_on"] == ends_on
    said = newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said[0] == "utter_cancelled_paid"
    plan = newcomer.subscription("Pro")
    assert (plan.state, plan.cancel_at) == (SubscriptionState.ACTIVE, plan.period_end)


def test_they_may_choose_to_and_fro_and_the_yes_counts_for_what_was_shown_last(
    newcomer: Hearing,
) -> None:
    shown(newcomer)
    assert choose(newcomer, "run_out") == [LATER]
    assert choose(newcomer, "at_once") == [AT_ONCE]
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    assert newcomer.subscription("Pro").state is SubscriptionState.ENDED


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_confirm_cancellation", "cancel", "cancel it at the end of the month"),
        ("action_keep", "keep_subscription", "I'd like to keep it until the end of the month"),
        ("action_confirm_cancellation", "affirm", "yes but let it run out first"),
        ("action_decline_confirmation", "deny", "no, I want to use what I've paid for"),
        ("action_not_understood", "nlu_fallback", "just don't renew it"),
        ("action_answer_timeline", "timeline_or_status", "can I use it until it expires?"),
        ("action_decline_confirmation", "deny", "not immediately"),
        ("action_decline_confirmation", "deny", "no, at the end of the month please"),
        ("action_decline_confirmation", "deny", "end of the billing period"),
        ("action_not_understood", "nlu_fallback", "until it expires"),
    ],
)
def test_words_choose_it_too_and_do_nothing_by_themselves(
    newcomer: Hearing, action: str, intent: str, text: str
) -> None:
    shown(newcomer)
    assert newcomer.hear(action, intent, text=text)[-1] == LATER
    assert newcomer.subscription("Pro").renews


def test_who_let_it_run_and_asks_for_an_end_at_once_hears_of_no_choice_before_the_yes(
    newcomer: Hearing,
) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    text = "can you cancel it with immediate effect?"
    said = newcomer.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert "utter_refund_let_go" in said
    assert "utter_or_at_once" not in said


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_confirm_cancellation", "cancel", "do not cancel it yet, what if I stay a while"),
        ("action_answer_refund", "refund", "can I get back what I paid?"),
        ("action_answer_deletion", "data_delete", "is my data deleted at the end of the plan?"),
        ("action_answer_timeline", "timeline_or_status", "what happens at the end of the month?"),
        ("action_keep", "keep_subscription", "no, keep it, I paid for the year"),
        ("action_confirm_cancellation", "cancel", "please don't let it run out"),
    ],
)
def test_what_chooses_nothing_leaves_the_money_where_it_was(
    newcomer: Hearing, action: str, intent: str, text: str
) -> None:
    shown(newcomer)
    assert LATER not in newcomer.hear(action, intent, text=text)
    with newcomer.database.read() as session:
        assert not session.query(Case).one().runs_out


@pytest.mark.parametrize(
    "text",
    [
        "let it run, no refund needed",
        "I don't need the money back, let it run until the end",
        "don't end it immediately",
    ],
)
def test_who_wants_no_money_is_heard(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    assert newcomer.hear("action_decline_confirmation", "deny", text=text)[-1] == LATER


def test_who_wants_no_refund_keeps_the_way_they_chose(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    newcomer.hear("action_not_understood", "nlu_fallback", text="I don't want a refund")
    with newcomer.database.read() as session:
        assert session.query(Case).one().runs_out


def test_a_withdrawal_is_heard_as_one_by_who_chose_to_let_it_run(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    said = newcomer.hear("action_start_leaving", "cancel", text="I withdraw from the contract")
    assert said[0] == "utter_hard_moment_withdrawal_here"
    assert said[-1].startswith("utter_ask_confirm")
    with newcomer.database.read() as session:
        assert not session.query(Case).one().runs_out


@pytest.mark.parametrize(
    "text", ["no, I want my money back", "pay me back please", "end it immediately"]
)
def test_words_choose_the_money_back_again(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    assert newcomer.hear("action_decline_confirmation", "deny", text=text)[-1] == AT_ONCE
    assert newcomer.subscription("Pro").renews


def test_a_question_about_the_money_is_answered_and_chooses_nothing(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    said = newcomer.hear("action_answer_refund", "refund", text="can I get a refund?")
    assert said == ["utter_refund_at_once", "utter_ask_which_way"]


def test_to_use_it_to_the_end_is_not_to_stay_where_it_runs_out_in_any_case(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    text = "I want to keep using it until the end of the month"
    assert amara.hear("action_keep", "keep_subscription", text=text) == ["utter_ask_confirm_again"]
    assert amara.hear("action_keep", "keep_subscription", text="keep it") == ["utter_kept_paid"]


def test_a_yes_after_both_ways_were_told_cancels_neither_way(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    newcomer.hear("action_answer_refund", "refund", text="can I get a refund?")
    said = newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said == ["utter_yes_fits_both", "utter_ask_which_way"]
    assert newcomer.subscription("Pro").renews
    assert choose(newcomer, "at_once") == [AT_ONCE]
    said = newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    assert said[0] == "utter_cancelled_refund"


def test_money_asked_about_beside_a_doubtful_yes_leads_to_the_same_question(
    newcomer: Hearing,
) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    text = "ok and is there a refund"
    said = newcomer.hear("action_confirm_cancellation", "affirm", "refund", text=text)
    assert said == ["utter_refund_at_once", "utter_ask_which_way"]


@pytest.mark.parametrize("text", ["how much do i get and when", "wait, how much would I get back"])
def test_how_much_comes_back_is_no_question_about_payments(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    said = newcomer.hear("action_answer_billing", "billing_question", text=text)
    assert said == ["utter_refund_on_leaving", "utter_ask_confirm_again_or_run_out"]


def test_what_has_ended_at_once_can_not_be_taken_back(newcomer: Hearing) -> None:
    shown(newcomer)
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    said = newcomer.hear("action_keep", "keep_subscription", text="can I undo that?")
    assert said == ["utter_undo_ended", "utter_ask_export_again"]


@pytest.mark.parametrize("text", ["yes", "yes, cancel it", "cancel it now please", "ok right now"])
def test_a_plain_yes_is_one_to_what_was_shown(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    said = newcomer.hear("action_confirm_cancellation", "affirm", text=text)
    assert said[0] == "utter_cancelled_paid"


def test_who_says_so_with_the_wish_is_shown_it_first(newcomer: Hearing) -> None:
    text = "cancel it please, but at the end of the month"
    newcomer.hear("action_start_leaving", "cancel", text=text)
    said = newcomer.hear("action_skip_reason", "skip", text="skip")
    assert said[-1] == LATER


@pytest.mark.parametrize(
    "text",
    [
        "cancel it, my card runs out soon",
        "cancel it, I can't pay the rent at the end of the month",
        "cancel my plan and give me back what I paid",
        "cancel it, I paid for the year last week and regret it",
        "cancel, I ran out of money",
        "please don't let it run out, cancel it",
    ],
)
def test_what_runs_out_or_ends_beside_the_plan_chooses_nothing(
    newcomer: Hearing, text: str
) -> None:
    newcomer.hear("action_start_leaving", "cancel", text=text)
    assert newcomer.hear("action_skip_reason", "skip", text="skip")[-1] == AT_ONCE


@pytest.mark.parametrize(
    "text",
    [
        "cancel my subscription at the end of the month",
        "I want to cancel but keep access until the end of the billing period",
        "cancel it please, but only at the end of the month",
        "I would like it not to renew any more",
        "cancel it, I'd like to use the rest of the month",
        "please cancel, let it run out",
        "cancel when it expires",
        "turn off auto-renewal",
    ],
)
def test_said_of_the_plan_it_chooses(newcomer: Hearing, text: str) -> None:
    newcomer.hear("action_start_leaving", "cancel", text=text)
    assert newcomer.hear("action_skip_reason", "skip", text="skip")[-1] == LATER


def test_where_nothing_is_paid_back_there_is_one_way(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it at the end of the month")
    said = amara.hear("action_skip_reason", "skip", text="skip")
    assert said[-1] == "utter_ask_confirm_paid"
    assert choose(amara, "at_once") == ["utter_ask_confirm_paid"]


@pytest.mark.parametrize("option", ["", "3", "both"])
def test_another_option_chooses_nothing(newcomer: Hearing, option: str) -> None:
    shown(newcomer)
    assert choose(newcomer, option) == ["utter_ask_confirm_again_or_run_out"]


def test_after_the_yes_a_choice_changes_nothing(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    choose(newcomer, "at_once")
    assert newcomer.subscription("Pro").state is SubscriptionState.ACTIVE


def test_who_let_it_run_out_can_still_have_the_money_while_the_law_says_so(
    newcomer: Hearing,
) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    said = newcomer.hear("action_answer_refund", "refund", text="and can I get my money back?")
    assert said[0] == "utter_refund_let_go"
    values = newcomer.said_last("utter_refund_let_go")
    assert (values["money_back"], values["money_back_because"]) == ("€29.00", BECAUSE)


def test_words_that_choose_a_way_are_no_reason(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    said = newcomer.hear("action_confirm_cancellation", "reason_price", text="the money please")
    assert said == [AT_ONCE]
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    with newcomer.database.read() as session:
        case = session.query(Case).one()
        assert (case.reason, case.reason_skipped) == (None, True)


@pytest.mark.parametrize(
    ("intents", "text"),
    [
        (("cancel", "refund"), "ok. end it and pay me back please"),
        (("refund", "affirm"), "yes give me my money back"),
        (("cancel", "refund"), "yes, cancel it and refund me"),
        (("cancel", "refund"), "cancel my plan and give me the money back"),
    ],
)
def test_a_yes_to_the_money_that_was_shown_is_a_yes(
    newcomer: Hearing, intents: tuple[str, ...], text: str
) -> None:
    shown(newcomer)
    said = newcomer.hear("action_answer_refund", *intents, text=text)
    assert said == ["utter_cancelled_refund", "utter_ask_export"]


@pytest.mark.parametrize("text", ["ok. end it and pay me back please", "yes give me my money back"])
def test_a_yes_to_money_that_was_not_shown_shows_it(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    assert newcomer.hear("action_answer_refund", "refund", "affirm", text=text) == [AT_ONCE]
    assert newcomer.subscription("Pro").renews


@pytest.mark.parametrize(
    "text",
    ["can I have my money back?", "give me the money", "yes and I keep it, but pay me back"],
)
def test_what_is_no_plain_yes_to_the_money_ends_nothing(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    newcomer.hear("action_answer_refund", "refund", text=text)
    assert newcomer.subscription("Pro").renews


@pytest.mark.parametrize(
    ("text", "leading"),
    [
        ("now", "affirm"),
        ("now", "goodbye"),
        ("right now", "affirm"),
        ("now please", "affirm"),
        ("cancel now", "cancel"),
    ],
)
def test_now_is_the_button_that_says_so(newcomer: Hearing, text: str, leading: str) -> None:
    shown(newcomer)
    said = newcomer.hear("action_confirm_cancellation", leading, text=text)
    assert said[0] == "utter_cancelled_refund"


def test_now_is_the_other_way_where_it_was_to_run_out(newcomer: Hearing) -> None:
    shown(newcomer)
    choose(newcomer, "run_out")
    assert newcomer.hear("action_confirm_cancellation", "affirm", text="now") == [AT_ONCE]
    assert newcomer.subscription("Pro").renews


def test_now_is_no_yes_to_an_end_that_is_later(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text="now")
    assert said == ["utter_ask_confirm_again"]
    assert amara.subscription("Pro").renews


@pytest.mark.parametrize("text", ["yes", "ok", "yes please"])
def test_a_yes_after_a_goodbye_ends_nothing(newcomer: Hearing, text: str) -> None:
    shown(newcomer)
    assert newcomer.hear("action_say_goodbye", "goodbye", text="bye") == [
        "utter_goodbye_unfinished"
    ]
    said = newcomer.hear("action_confirm_cancellation", "affirm", text=text)
    assert said == ["utter_ask_confirm_again_or_run_out"]
    assert newcomer.subscription("Pro").renews
    said = newcomer.hear("action_confirm_cancellation", "affirm", text=text)
    assert said[0] == "utter_cancelled_refund"


def test_a_button_that_is_pressed_after_a_goodbye_counts(newcomer: Hearing) -> None:
    shown(newcomer)
    newcomer.hear("action_say_goodbye", "goodbye", text="bye")
    said = newcomer.hear("action_confirm_cancellation", "affirm", pressed=True)
    assert said[0] == "utter_cancelled_refund"
