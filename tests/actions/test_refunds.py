"""Money back in the chat: what is said before the yes, after it, and to who asks for it."""

from datetime import timedelta

import pytest
import time_machine

from offboarding import clock
from offboarding.accounts.model import SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from tests.actions.conftest import Hearing
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


def shown(hearing: Hearing) -> dict[str, str]:
    hearing.hear("action_start_leaving", "cancel", text="cancel it")
    assert hearing.hear("action_skip_reason", "skip", text="skip")[-1] == "utter_ask_confirm_refund"
    return hearing.said_last("utter_ask_confirm_refund")


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
    assert said[0] == "utter_timeline_refund"


def test_beyond_policy_the_answer_is_the_one_there_was(amara: Hearing) -> None:
    with amara.database.write() as session:
        make_payment(session, session.merge(amara.subscription("Pro")))
    said = amara.hear("action_answer_refund", "refund", text="do I get a refund?")
    assert said[0] == "utter_refund"


def test_who_declares_a_withdrawal_is_passed_on_and_can_do_it_here(newcomer: Hearing) -> None:
    said = newcomer.hear("action_start_leaving", "cancel", text="I withdraw from the contract")
    assert said == [
        "utter_hard_moment_withdrawal_here",
        "utter_person_will_mail",
        "utter_ask_confirm_refund",
    ]
    assert newcomer.said_last("utter_hard_moment_withdrawal_here")["refund"] == "€29.00"
