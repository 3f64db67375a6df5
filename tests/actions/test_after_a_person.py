"""When a person leaves, the assistant goes on at the exact step, with what changed meanwhile."""

from collections.abc import Callable

import pytest
import time_machine

from offboarding.cases.model import Case
from offboarding.identity.model import VerifiedIdentity
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from tests.actions.conftest import Hearing
from tests.actions.desk import (
    cancel_for_them,
    claim,
    hand_back,
    keep_for_them,
    open_case_for_them,
    resolve,
)

pytestmark = pytest.mark.usefixtures("desk")


def ask_and_claim(hearing: Hearing, desk: time_machine.Traveller) -> None:
    hearing.hear("action_request_person", "human", text="a person please")
    desk.shift(30)
    claim(hearing)
    desk.shift(60)


def to_nothing(_hearing: Hearing) -> None:
    pass


def to_reason(hearing: Hearing) -> None:
    hearing.hear("action_start_leaving", "cancel")


def to_offer(hearing: Hearing) -> None:
    hearing.hear("action_start_leaving", "cancel", "reason_price", text="too expensive, cancel it")


def to_confirm(hearing: Hearing) -> None:
    hearing.hear("action_start_leaving", "cancel")
    hearing.hear("action_skip_reason", "skip")


@pytest.fixture
def at_reason(amara: Hearing) -> Hearing:
    to_reason(amara)
    return amara


@pytest.fixture
def at_offer(amara: Hearing) -> Hearing:
    to_offer(amara)
    return amara


@pytest.fixture
def at_confirm(amara: Hearing) -> Hearing:
    to_confirm(amara)
    return amara


def test_nothing_has_changed_so_the_question_is_asked_again_and_no_more(
    at_reason: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_reason, desk)
    assert hand_back(at_reason) == ["utter_ask_reason_again"]


def test_what_will_happen_is_shown_anew_before_the_yes(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_confirm, desk)
    assert hand_back(at_confirm) == ["utter_ask_confirm_paid"]
    at_confirm.hear("action_confirm_cancellation", "affirm", text="yes")
    assert at_confirm.subscription("Pro").cancel_at is not None


@pytest.mark.parametrize("begin", [to_nothing, to_reason, to_offer, to_confirm])
def test_what_was_cancelled_meanwhile_is_said_and_the_data_offered(
    amara: Hearing, desk: time_machine.Traveller, begin: Callable[[Hearing], None]
) -> None:
    begin(amara)
    ask_and_claim(amara, desk)
    cancel_for_them(amara)
    assert hand_back(amara) == ["utter_back_cancelled", "utter_ask_export"]
    assert amara.said_last("utter_back_cancelled")["ends_on"]
    assert amara.hear("action_skip_export", "deny", text="no") == [
        "utter_understood",
        "utter_ask_survey_improve",
    ]


def test_what_was_kept_meanwhile_is_said_and_nothing_is_offered(
    at_offer: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_offer, desk)
    keep_for_them(at_offer)
    assert hand_back(at_offer) == ["utter_back_not_cancelled", "utter_ask_wish"]


def test_the_one_offer_is_asked_again_and_never_a_second(
    at_offer: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_offer, desk)
    assert hand_back(at_offer)[0].startswith("utter_offer_again_")


def test_an_offer_that_was_declined_to_the_person_is_not_asked_again(
    at_offer: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_offer, desk)
    with at_offer.database.write() as session:
        offer = session.query(Offer).one()
        offers.decline(session, offer)
    assert hand_back(at_offer) == ["utter_ask_confirm_paid"]


def test_what_the_customer_did_with_the_assistant_is_not_told_as_news(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    at_confirm.hear("action_request_person", "human", text="a person please")
    at_confirm.hear("action_confirm_cancellation", "affirm", text="yes")
    desk.shift(30)
    claim(at_confirm)
    assert hand_back(at_confirm) == ["utter_ask_export_again"]


def test_without_any_question_they_are_asked_what_they_need(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(amara, desk)
    assert hand_back(amara) == ["utter_ask_wish"]


def test_after_a_long_talk_it_is_made_sure_again_who_speaks(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_confirm, desk)
    at_confirm.lapse()
    assert hand_back(at_confirm) == ["utter_back_who", "utter_ask_email"]


def test_that_a_person_leaves_is_no_sign_of_life_of_the_customer(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_confirm, desk)
    with at_confirm.database.read() as session:
        before = session.get_one(VerifiedIdentity, at_confirm.id).lapses_at
    hand_back(at_confirm)
    with at_confirm.database.read() as session:
        assert session.get_one(VerifiedIdentity, at_confirm.id).lapses_at == before


def test_settled_without_a_cancellation_it_ends_without_a_why(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(amara, desk)
    assert resolve(amara) == ["utter_resolved"]
    assert amara.question is None


def test_settled_for_a_stranger_it_ends_with_the_door_open(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(stranger, desk)
    assert resolve(stranger) == ["utter_resolved"]


def test_settled_after_they_told_the_person_that_they_stay_it_says_so_and_ends(
    at_offer: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_offer, desk)
    keep_for_them(at_offer)
    assert resolve(at_offer) == ["utter_back_not_cancelled", "utter_resolved"]


def test_settled_with_a_cancellation_the_survey_is_asked(
    at_reason: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_reason, desk)
    cancel_for_them(at_reason)
    assert resolve(at_reason) == ["utter_back_cancelled", "utter_ask_survey_improve"]
    said = at_reason.hear("action_skip_survey_question", "skip")
    assert said == ["utter_understood", "utter_ask_survey_return"]


def test_the_survey_is_not_asked_a_second_time(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    at_confirm.hear("action_confirm_cancellation", "affirm", text="yes")
    at_confirm.hear("action_skip_export", "deny", text="no")
    assert at_confirm.question == "survey_improve"
    ask_and_claim(at_confirm, desk)
    assert resolve(at_confirm) == ["utter_goodbye"]


def test_a_hard_moment_has_no_survey(amara: Hearing, desk: time_machine.Traveller) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    claim(amara)
    cancel_for_them(amara)
    assert resolve(amara) == ["utter_back_cancelled", "utter_farewell_hard_moment"]


def test_settled_while_a_yes_was_open_they_hear_that_nothing_is_cancelled(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_confirm, desk)
    assert resolve(at_confirm) == ["utter_goodbye_unfinished"]
    assert at_confirm.subscription("Pro").cancel_at is None


def test_a_stranger_whom_a_person_helped_is_asked_no_address_any_more(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    stranger.hear("action_request_person", "human", text="a person please")
    desk.shift(240)
    stranger.hear("action_request_person", "human", text="where is that person")
    assert stranger.question == "contact_email"
    claim(stranger)
    assert hand_back(stranger) == ["utter_back_ask_email"]


def test_a_stranger_who_told_only_the_person_that_they_leave_goes_on_with_a_code(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(stranger, desk)
    assert hand_back(stranger) == ["utter_back_ask_email"]
    assert stranger.identify_by_code() == ["utter_identified", "utter_ask_reason"]


def test_a_stranger_who_wished_to_leave_before_is_asked_the_address_at_once(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    stranger.hear("action_start_leaving", "cancel", text="please cancel")
    stranger.slots["open_question"] = None  # the code was locked, so nothing was asked any more
    ask_and_claim(stranger, desk)
    assert hand_back(stranger) == ["utter_ask_email"]
    assert stranger.slots["purpose"] == "leave"


def test_a_stranger_who_wanted_their_data_is_asked_who_they_are_for_that(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    stranger.hear("action_start_export", "data_export", text="send me my data")
    assert stranger.question == "email"
    ask_and_claim(stranger, desk)
    assert hand_back(stranger) == ["utter_ask_email_again"]
    assert stranger.slots["purpose"] == "export"


def test_in_a_hard_moment_a_stranger_hears_what_can_be_done(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    stranger.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    desk.shift(30)
    claim(stranger)
    assert hand_back(stranger) == ["utter_ask_wish_hard_moment"]


def test_an_offer_that_the_person_took_back_is_followed_by_no_other(
    at_reason: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(at_reason, desk)
    with at_reason.database.write() as session:
        case = session.query(Case).one()
        offer = offers.offer_on_request(session, case, OfferKind.SMALLER_PLAN, at_reason.policies)
        assert offer is not None
        offer.answer = OfferAnswer.WITHDRAWN
    assert hand_back(at_reason) == ["utter_ask_reason_again"]
    said = at_reason.hear("action_take_reason", "reason_price", text="it costs too much")
    assert said == ["utter_acknowledge_too_expensive", "utter_ask_confirm_paid"]


def test_who_cancelled_and_is_known_no_more_is_not_told_that_they_can_cancel(
    at_confirm: Hearing, desk: time_machine.Traveller
) -> None:
    at_confirm.hear("action_confirm_cancellation", "affirm", text="yes")
    at_confirm.hear("action_skip_export", "deny", text="no")
    ask_and_claim(at_confirm, desk)
    at_confirm.lapse()
    assert hand_back(at_confirm) == ["utter_goodbye"]


def test_settled_for_somebody_who_never_wished_to_leave_it_just_ends(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    ask_and_claim(amara, desk)
    open_case_for_them(amara)
    assert resolve(amara) == ["utter_resolved"]
