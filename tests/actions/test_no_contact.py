"""Who wants no more mails is told which still come, and no grievance is made of it."""

import pytest
import sqlalchemy as sa

from actions.no_contact import is_only_a_wish, wishes_no_contact
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from tests.actions.conftest import Hearing

ANSWER = "utter_no_contact_wished"


@pytest.mark.parametrize(
    "text",
    [
        "never e-mail us again",
        "please don't write to me any more",
        "stop calling me",
        "no more newsletters please",
        "take me off your mailing list",
        "I don't want to get any more mails",
        "end it and leave me alone",
    ],
)
def test_the_wish_to_be_left_alone_is_recognised(text: str) -> None:
    assert wishes_no_contact(text)


@pytest.mark.parametrize(
    "text",
    [
        "you never call me back",
        "I don't get your mails",
        "why don't you write to me?",
        "they don't answer my mails",
        "my address is wrong",
        "",
    ],
)
def test_who_complains_of_silence_does_not_wish_for_it(text: str) -> None:
    assert not wishes_no_contact(text)


@pytest.mark.parametrize("reason", ["reason_support", "reason_bug_or_quality", "reason_not_using"])
def test_no_grievance_is_made_of_a_wish(amara: Hearing, reason: str) -> None:
    text = "end my subscription, erase my data and never write to me again"
    said = amara.hear("action_start_leaving", "cancel", reason, text=text)
    assert said == [ANSWER, "utter_ask_reason"]
    with amara.database.read() as session:
        assert session.scalars(sa.select(Case.reason)).one() is None


def test_at_the_question_why_it_is_no_grievance_either(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_take_reason", "reason_support", text="just stop mailing me")
    assert said == [ANSWER, "utter_ask_reason_again"]


def test_a_grievance_that_is_told_stays_one(amara: Hearing) -> None:
    text = "four weeks without an answer. cancel, and don't write to me any more"
    said = amara.hear("action_start_leaving", "cancel", "reason_support", text=text)
    assert said[:2] == ["utter_acknowledge_customer_service", ANSWER]
    with amara.database.read() as session:
        assert session.scalars(sa.select(Case.reason)).one() is ChurnReason.CUSTOMER_SERVICE


@pytest.mark.parametrize("text", ["don't e-mail me again", "never contact us again"])
@pytest.mark.parametrize("intent", ["out_of_scope", "reason_support", "nlu_fallback"])
def test_alone_it_gets_an_honest_answer(amara: Hearing, text: str, intent: str) -> None:
    assert amara.hear("action_not_ours", intent, text=text) == [ANSWER]


@pytest.mark.parametrize("text", ["ghosted me", "it crashes, cancel", "you are rude, stop it"])
def test_few_words_can_carry_a_reason(text: str) -> None:
    assert not is_only_a_wish(text)
