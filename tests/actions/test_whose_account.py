"""Signed in, nobody's own plan is lined up for the end when they speak of another's account."""

import pytest
import sqlalchemy as sa

from offboarding.handoffs.model import HandOff
from tests.actions.conftest import Hearing

ASKED = "utter_ask_whose_account"


@pytest.mark.parametrize(
    "text",
    [
        "cancel my wife's account",
        "my colleague left, cancel his subscription",
        "please cancel the account of my son",
        "can I pause my mother's plan",
    ],
)
def test_whose_account_is_asked(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text)[-1] == ASKED


@pytest.mark.parametrize("text", ["close my late mother's account", "my late dad's plan must end"])
def test_after_a_death_too(amara: Hearing, text: str) -> None:
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == ["utter_hard_moment_bereavement", ASKED]


@pytest.mark.parametrize("text", ["yes", "ok", "cancel it"])
def test_yes_is_no_answer_to_which_one(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel my wife's account")
    assert amara.hear("action_start_leaving", "affirm", text=text) == [ASKED]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("hers", {}),
        ("it is her account", {}),
        ("another one", {}),
        ("the one under rose@example.org", {"email": "rose@example.org"}),
    ],
)
def test_for_another_one_a_person_comes_and_knows_what_was_said(
    amara: Hearing, text: str, entities: dict[str, str]
) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel my wife's account")
    said = amara.hear("action_not_understood", "nlu_fallback", text=text, entities=entities)
    assert said[-1] == "utter_person_will_mail"
    assert text in _note(amara)
    meanwhile = amara.said_last("utter_person_will_mail")["meanwhile"]
    assert meanwhile == "label_meanwhile_another"


@pytest.mark.parametrize(
    "before",
    ["my mother died", "my mother died, please end her plan", "my mother died, cancel my plan"],
)
def test_the_address_of_somebody_who_died_is_noted_for_the_person(
    amara: Hearing, before: str
) -> None:
    amara.hear("action_start_leaving", "cancel", text=before)
    given = {"email": "rose@example.org"}
    said = amara.hear(
        "action_not_understood", "nlu_fallback", text="under rose@example.org", entities=given
    )
    assert said == ["utter_another_address_noted", "utter_person_will_mail"]
    assert amara.said_last("utter_another_address_noted")["email"] == given["email"]
    assert "rose@example.org" in _note(amara)
    assert amara.subscription("Pro").cancel_at is None


def test_after_a_death_it_is_said_whose_plan_would_be_cancelled(amara: Hearing) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text="my mother died")
    assert said == ["utter_hard_moment_bereavement", "utter_ask_wish_own_account"]


def test_a_stranger_s_person_knows_the_address_and_does_not_answer_to_it(
    stranger: Hearing,
) -> None:
    stranger.hear("action_start_leaving", "cancel", text="my mother died, cancel her plan")
    stranger.hear("action_take_email", "nlu_fallback", entities={"email": "rose@example.org"})
    said = stranger.hear("action_request_person", "human", text="I can't open that, a person")
    assert said == ["utter_person_requested", "utter_ask_contact_email"]
    assert "rose@example.org" in _note(stranger)


@pytest.mark.parametrize("text", ["mine", "cancel my plan", "this one", "the one I'm signed in to"])
def test_for_their_own_it_goes_on(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel", text="my mother died, cancel her account")
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == ["utter_ask_confirm_paid"]


@pytest.mark.parametrize("text", ["mine", "the one I'm signed in to"])
def test_what_they_asked_for_is_what_goes_on(amara: Hearing, text: str) -> None:
    amara.hear("action_ask_for_offer", "pause", text="can you pause my wife's plan")
    said = amara.hear("action_not_understood", "nlu_fallback", text=text)
    assert said == ["utter_requested_pause"]


@pytest.mark.parametrize("text", ["cancel my account", "cancel it, my wife wants another app"])
def test_nobody_else_is_heard_where_there_is_none(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_leaving", "cancel", text=text) == ["utter_ask_reason"]


def test_a_withdrawal_reaches_the_person_in_their_words(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="I withdraw from the contract of 3 May")
    assert "Withdrawal from the contract, declared 20" in _note(amara)
    assert "I withdraw from the contract of 3 May" in _note(amara)


def test_from_a_stranger_an_address_to_answer_to_is_asked(stranger: Hearing) -> None:
    said = stranger.hear("action_start_leaving", "cancel", text="I withdraw from the contract")
    assert said == [
        "utter_hard_moment_withdrawal",
        "utter_person_requested",
        "utter_ask_contact_email",
    ]


@pytest.mark.parametrize(
    "text", ["I don't want to withdraw from the contract", "what is the cooling-off period?"]
)
def test_what_declares_no_withdrawal_is_none(amara: Hearing, text: str) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text=text)
    assert "utter_hard_moment_withdrawal" not in said


@pytest.fixture
def bereaved(amara: Hearing) -> Hearing:
    """Amara, whose mother died; a person sees to her mother's account."""
    amara.hear("action_start_leaving", "cancel", text="my mother died, close her account")
    given = {"email": "rose@example.org"}
    text = "her email is rose@example.org"
    amara.hear("action_not_understood", "nlu_fallback", text=text, entities=given)
    return amara


def test_their_own_plan_is_not_asked_about_after_it_was_left_as_it_is(bereaved: Hearing) -> None:
    said = bereaved.hear("action_resume_question", "deny", text="no I can't sign in as her")
    assert said == ["utter_ask_wish_another_account"]


@pytest.mark.parametrize("text", ["so cancel it", "close it please"])
def test_a_wish_that_follows_may_be_about_the_other_account_yet(
    bereaved: Hearing, text: str
) -> None:
    assert bereaved.hear("action_start_leaving", "cancel", text=text)[-1] == ASKED


def test_their_own_can_still_be_cancelled(bereaved: Hearing) -> None:
    said = bereaved.hear("action_start_leaving", "cancel", text="now cancel my own plan too")
    assert said[-1] == "utter_ask_confirm_paid"


def test_once_nobody_is_wanted_their_own_account_is_all_there_is(bereaved: Hearing) -> None:
    said = bereaved.hear("action_not_understood", "nlu_fallback", text="no person please")
    assert said[-1] == "utter_ask_wish_own_account"


def _note(talk: Hearing) -> str:
    with talk.database.read() as session:
        return session.scalars(sa.select(HandOff)).one().note
