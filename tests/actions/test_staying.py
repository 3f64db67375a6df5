"""Waving a question off is not taking a cancellation back, and what has ended is said to have."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import HttpUrl

from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.wording import date_text
from tests.actions.conftest import Hearing


@pytest.mark.parametrize("text", ["never mind", "Oh, forget it", "nah, leave it"])
def test_waving_off_the_survey_skips_it(amara: Hearing, text: str) -> None:
    _cancel(amara)
    amara.hear("action_skip_export", "deny")
    said = amara.hear("action_keep", "keep_subscription", text=text)
    assert said == ["utter_understood", "utter_ask_survey_return"]
    assert not amara.subscription("Pro").renews


def test_keeping_it_in_the_survey_asks_about_the_undo(amara: Hearing) -> None:
    _cancel(amara)
    amara.hear("action_skip_export", "deny")
    said = amara.hear("action_keep", "keep_subscription", text="I want to keep my plan after all")
    assert said == ["utter_ask_undo_paid"]


def test_what_has_ended_cannot_be_kept(amara: Hearing) -> None:
    with amara.database.write() as session:
        session.execute(
            sa.update(Subscription).values(
                state=SubscriptionState.ENDED, cancel_at=clock.now() - timedelta(days=3)
            )
        )
    said = amara.hear("action_keep", "keep_subscription", text="I want to keep my plan")
    assert said == ["utter_ended_already"]


def test_who_comes_back_hears_until_when_all_is_kept(amara: Hearing) -> None:
    _cancel(amara)
    _end(amara)
    said = amara.hear("action_keep", "keep_subscription", text="I want to come back")
    assert said == ["utter_ended_kept"]
    assert amara.said_last("utter_ended_kept")["kept_until"] == _promised_until(amara)


def test_who_comes_back_is_shown_where_a_plan_is_started(amara: Hearing) -> None:
    amara.settings = amara.settings.model_copy(
        update={"sign_up_url": HttpUrl("https://www.larkspur.example/plans")}
    )
    _cancel(amara)
    _end(amara)
    said = amara.hear("action_keep", "keep_subscription", text="I want to come back")
    assert said == ["utter_ended_start_again"]
    told = amara.said_last("utter_ended_start_again")
    assert told["sign_up_url"] == "https://www.larkspur.example/plans"


def test_what_was_written_before_the_question_is_no_answer_to_it(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text="yes", overtaken=True)
    assert said == ["utter_ask_confirm_again"]
    assert amara.subscription("Pro").renews
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    said = amara.hear("action_keep", "keep_subscription", text="keep my plan")
    assert said == ["utter_ask_undo_paid"]
    amara.hear("action_confirm_undo", "affirm", text="yes", overtaken=True)
    assert not amara.subscription("Pro").renews


def _cancel(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    amara.hear("action_confirm_cancellation", "affirm", text="yes")


def _end(amara: Hearing) -> None:
    with amara.database.write() as session:
        session.execute(
            sa.update(Subscription).values(state=SubscriptionState.ENDED, cancel_at=clock.now())
        )
        session.execute(sa.update(Case).values(state=CaseState.ENDED))


def _promised_until(amara: Hearing) -> str:
    """The last day on which their content is there, as the receipt has it."""
    with amara.database.read() as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.shown is not None
        return date_text(terms_from_json(case.shown).content_until, case.customer)


def test_undo_where_they_are_asked_who_they_are_leaves_their_wish(stranger: Hearing) -> None:
    stranger.hear("action_start_leaving", "cancel", text="cancel it")
    said = stranger.hear("action_keep", "keep_subscription", text="undo")
    assert said == ["utter_never_mind", "utter_ask_email_again"]
    assert stranger.identify_by_code()[-1] == "utter_ask_reason"


def test_who_cancelled_by_mistake_hears_that_nothing_is(amara: Hearing) -> None:
    said = amara.hear("action_keep", "keep_subscription", text="I cancelled by mistake")
    assert said == ["utter_nothing_is_cancelled", "utter_never_mind"]
    assert amara.hear("action_keep", "keep_subscription", text="never mind") == ["utter_never_mind"]
