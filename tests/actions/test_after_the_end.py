"""What is asked after an end at once, with money back, and what is said to it."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from offboarding import clock
from offboarding.accounts.model import SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.service import step_of
from tests.actions.conftest import Hearing
from tests.factories import make_payment

AT_ONCE = "utter_ask_confirm_refund_or_run_out"
WHEN = (
    ("action_answer_billing", "billing_question", "when is the 29 euro on my account?"),
    ("action_answer_billing", "billing_question", "when does the money arrive?"),
    ("action_answer_timeline", "timeline_or_status", "when do i get my money"),
    ("action_not_ours", "out_of_scope", "where's my money"),
)
CONTENT = (
    ("action_answer_deletion", "data_delete", "please delete my data now"),
    ("action_answer_deletion", "data_delete", "erase everything you have about me"),
    ("action_answer_timeline", "timeline_or_status", "when will my data be erased?"),
    ("action_answer_timeline", "timeline_or_status", "until when are my notes kept?"),
    ("action_start_export", "data_export", "what do you do with my notes after that"),
)


@pytest.fixture
def newcomer(amara: Hearing) -> Hearing:
    """Amara at the question for the yes, three days after her contract began and she paid."""
    with amara.database.write() as session:
        subscription = session.merge(amara.subscription("Pro"))
        subscription.started_at = clock.now() - timedelta(days=3)
        make_payment(session, subscription)
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    assert amara.hear("action_skip_reason", "skip", text="skip")[-1] == AT_ONCE
    return amara


@pytest.fixture
def paid_back(newcomer: Hearing) -> Hearing:
    """Amara after her yes and the goodbye; it has ended, and the money was sent today."""
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    with newcomer.database.write() as session:
        case = session.query(Case).one()
        workflow.end(session, case, billing=LedgerBilling(session))
        step = step_of(session, case.id, StepKind.REFUND)
        assert step is not None
        step.state, step.over_at = StepState.DONE, clock.now()
    newcomer.hear("action_skip_export", "deny", text="no")
    newcomer.hear("action_skip_survey_question", "skip", text="skip")
    said = newcomer.hear("action_skip_survey_question", "skip", text="skip")
    assert said == ["utter_farewell_at_once"]
    return newcomer


def later(hearing: Hearing) -> Hearing:
    """The same customer in another talk."""
    with hearing.database.read() as session:
        external_id = session.query(Case).one().customer.external_id
    other = replace(hearing, id=uuid.uuid4().hex, slots={})
    other.identify(external_id)
    return other


@pytest.mark.parametrize(("action", "intent", "text"), WHEN)
def test_who_asks_when_the_money_comes_hears_that_it_was_sent(
    paid_back: Hearing, action: str, intent: str, text: str
) -> None:
    for talk in (paid_back, later(paid_back)):
        assert talk.hear(action, intent, text=text) == ["utter_refund_sent"]
        assert talk.said_last("utter_refund_sent")["refund"] == "€29.00"


@pytest.mark.parametrize(("action", "intent", "text"), WHEN)
def test_right_after_the_yes_they_hear_that_it_is_on_its_way(
    newcomer: Hearing, action: str, intent: str, text: str
) -> None:
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    said = newcomer.hear(action, intent, text=text)
    assert said == ["utter_refund_under_way", "utter_ask_export_again"]


def test_at_the_question_for_the_yes_they_hear_when_it_would_come(newcomer: Hearing) -> None:
    text = "thanks. when will I have the 29 euro?"
    said = newcomer.hear("action_resume_question", "thanks", text=text)
    assert said == ["utter_refund_when_leaving", "utter_ask_confirm_again_or_run_out"]
    assert newcomer.subscription("Pro").renews


@pytest.mark.parametrize(("action", "intent", "text"), CONTENT)
def test_after_the_end_they_hear_until_when_content_and_invoices_are_kept(
    paid_back: Hearing, action: str, intent: str, text: str
) -> None:
    for talk in (paid_back, later(paid_back)):
        assert talk.hear(action, intent, text=text) == ["utter_deletion_ended"]
        values = talk.said_last("utter_deletion_ended")
        assert values["content"].startswith("can be downloaded until")
        assert values["invoices_until_year"]
        assert not talk.slots.get("export_started")


def test_who_was_promised_no_day_is_told_of_none(amara: Hearing) -> None:
    with amara.database.write() as session:
        session.merge(amara.subscription("Pro")).state = SubscriptionState.ENDED
    said = amara.hear("action_answer_deletion", "data_delete", text="delete my data please")
    assert said == ["utter_deletion_not_known"]
    said = amara.hear("action_answer_refund", "refund", text="I want a refund")
    assert said == ["utter_refund_not_agreed"]
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="when does it end?")
    assert said == ["utter_nothing_to_cancel"]


@pytest.mark.parametrize(("action", "intent", "text"), [*WHEN, *CONTENT])
def test_who_is_not_known_is_asked_who_they_are_and_then_told_once(
    stranger: Hearing, action: str, intent: str, text: str
) -> None:
    assert stranger.hear(action, intent, text=text) == ["utter_ask_email"]
    said = stranger.identify_by_code()
    assert len(said) == 2
    assert said[1] in {"utter_deletion", "utter_timeline", "utter_refund_none"}


def test_who_is_not_known_and_asks_for_their_copy_starts_none(stranger: Hearing) -> None:
    said = stranger.hear("action_start_export", "data_export", text="is my export ready?")
    assert said == ["utter_ask_email"]
    said = stranger.identify_by_code()
    assert said == ["utter_identified", "utter_copy_none", "utter_ask_wish"]


def test_in_danger_who_has_cancelled_is_not_told_to_cancel(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    amara.hear("action_skip_export", "deny", text="no")
    amara.hear("action_skip_survey_question", "skip", text="skip")
    amara.hear("action_skip_survey_question", "skip", text="skip")
    text = "my ex can read my notes"
    amara.hear("action_not_understood", "nlu_fallback", text=text)
    said = amara.hear("action_answer_deletion", "data_delete", text="then delete all of it")
    assert "utter_deletion_in_danger_cancelled" in said


def test_on_the_day_of_deletion_nothing_is_promised_any_more(paid_back: Hearing) -> None:
    with paid_back.database.read() as session:
        case = session.query(Case).one()
        step = step_of(session, case.id, StepKind.ERASE)
        assert step is not None
        due_at = step.due_at
    with time_machine.travel(due_at + timedelta(minutes=1), tick=False):
        talk = later(paid_back)
        said = talk.hear("action_answer_deletion", "data_delete", text="delete my data")
        assert said == ["utter_deletion_due"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("reason_price", "it was too expensive for the money"),
        ("refund", "maybe faster refunds?"),
        ("refund", "I should have had my money back faster that time"),
        ("refund", "how long I waited for my money"),
        ("data_export", "exports should keep my data in order"),
        ("keep_subscription", "let people undo things in the editor"),
        ("data_delete", "deleting my data should be easier"),
    ],
)
def test_feedback_that_speaks_of_money_or_data_stays_feedback(
    newcomer: Hearing, intent: str, text: str
) -> None:
    option = {"option": "run_out"}
    newcomer.hear("action_choose_way", "choose_option", entities=option, pressed=True)
    newcomer.hear("action_confirm_cancellation", "affirm", text="yes")
    newcomer.hear("action_skip_export", "deny", text="no")
    said = newcomer.hear("action_take_survey_answer", intent, text=text)
    assert said == ["utter_survey_thanks", "utter_ask_survey_return"]
