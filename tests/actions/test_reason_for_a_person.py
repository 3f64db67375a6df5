"""Who comes into the chat knows why the customer leaves, whenever they said it."""

import pytest

from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in

pytestmark = pytest.mark.usefixtures("desk")

TOO_EXPENSIVE = "I want to cancel, it is too expensive"


def ask(hearing: Hearing, *besides: str, text: str = "a person please") -> list[str]:
    return hearing.hear("action_request_person", "human", *besides, text=text)


def known_to_person(hearing: Hearing) -> tuple[str | None, str]:
    """The team that was asked, and the note on its card."""
    hand_off = hand_off_in(hearing)
    assert hand_off is not None, "nobody was asked for"
    return hand_off.team, hand_off.note


def test_a_reason_given_before_a_plan_is_chosen_goes_with_the_request(
    amara_with_two_plans: Hearing,
) -> None:
    amara = amara_with_two_plans
    amara.hear("action_start_leaving", "cancel", "reason_price", text=TOO_EXPENSIVE)
    assert amara.question == "subscription"
    ask(amara)
    assert known_to_person(amara) == ("retention", f"Reason: too expensive: “{TOO_EXPENSIVE}”")


def test_a_reason_given_in_the_very_message_goes_with_the_request(amara: Hearing) -> None:
    text = "there is no offline mode, I want to talk to a person"
    ask(amara, "reason_missing_feature", text=text)
    assert known_to_person(amara) == ("product", f"Reason: missing features: “{text}”")


def test_a_stranger_s_reason_goes_with_the_request(stranger: Hearing) -> None:
    stranger.hear("action_start_leaving", "cancel", "reason_price", text=TOO_EXPENSIVE)
    assert stranger.question == "email"
    ask(stranger)
    assert known_to_person(stranger) == ("retention", f"Reason: too expensive: “{TOO_EXPENSIVE}”")


def test_a_reason_given_at_an_open_case_is_on_the_case(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="please cancel")
    text = "too expensive, let me talk to somebody"
    ask(amara, "reason_price", text=text)
    assert known_to_person(amara) == ("retention", "")
    with amara.database.read() as session:
        case = session.query(Case).one()
        assert (case.reason, case.reason_words) == (ChurnReason.TOO_EXPENSIVE, text)


def test_a_reason_given_while_a_person_is_awaited_is_on_the_card_once(stranger: Hearing) -> None:
    ask(stranger)
    for _ in range(2):
        ask(stranger, "reason_support", text="nobody ever answers, where is that person")
    assert known_to_person(stranger)[1] == (
        "Reason: customer service: “nobody ever answers, where is that person”"
    )


def test_a_person_whom_the_assistant_fetches_knows_the_reason_too(
    amara_with_two_plans: Hearing,
) -> None:
    amara = amara_with_two_plans
    amara.hear("action_start_leaving", "cancel", "reason_price", text=TOO_EXPENSIVE)
    amara.hear("action_not_understood", "nlu_fallback", text="you useless piece of crap")
    assert known_to_person(amara) == ("support", f"Reason: too expensive: “{TOO_EXPENSIVE}”")


def test_who_gave_no_reason_has_none_noted(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="please cancel")
    amara.hear("action_skip_reason", "skip")
    ask(amara)
    assert known_to_person(amara) == ("support", "")
