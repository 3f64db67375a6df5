"""Asked who they are: questions and refusals are neither an address nor a code."""

import pytest

from tests.actions.conftest import Hearing
from tests.actions.desk import hand_off_in


@pytest.fixture
def asked(stranger: Hearing) -> Hearing:
    """A stranger who was asked for their address."""
    assert stranger.hear("action_start_leaving", "cancel")[-1] == "utter_ask_email"
    return stranger


@pytest.fixture
def coded(asked: Hearing) -> Hearing:
    """A stranger who was asked for the code."""
    given = {"email": "amara@example.org"}
    assert asked.hear("action_take_email", "nlu_fallback", entities=given) == ["utter_ask_code"]
    return asked


@pytest.mark.parametrize(
    "text",
    [
        "why do you need my address",
        "what do you need that for",
        "Why should I give you my mail?",
        "why?",
        "why would i have to tell you who i am",
    ],
)
@pytest.mark.parametrize("intent", ["billing_question", "nlu_fallback"])
def test_who_asks_what_the_address_is_for_is_told(asked: Hearing, text: str, intent: str) -> None:
    said = asked.hear("action_answer_billing", intent, text=text)
    assert said == ["utter_why_identity", "utter_ask_email_again"]


def test_who_asks_what_the_code_is_for_is_told(coded: Hearing) -> None:
    said = coded.hear("action_take_code", "nlu_fallback", text="why do I have to type a code")
    assert said == ["utter_why_identity", "utter_ask_code_again"]


@pytest.mark.parametrize(
    "text",
    [
        "i dont want to give you my email",
        "I'm not telling you that",
        "no way am I giving out my address",
        "I'd rather not share it",
    ],
)
def test_who_will_not_say_it_is_told_what_helps(asked: Hearing, text: str) -> None:
    assert asked.hear("action_take_email", "nlu_fallback", text=text) == ["utter_identity_needed"]
    assert asked.question == "email"


@pytest.mark.parametrize(
    "text",
    [
        "i can't open her mailbox",
        "I cant get into my email anymore",
        "i cannot log in to that mail",
    ],
)
def test_who_cannot_read_the_mail_gives_no_reason_for_leaving(coded: Hearing, text: str) -> None:
    said = coded.hear("action_take_code", "reason_too_complex", text=text)
    assert said == ["utter_identity_needed"]
    assert coded.slots.get("heard_reason") is None


@pytest.mark.parametrize(
    "text",
    [
        "why was there a second payment in june",
        "cancel it, I can't use it any more",
        "why is it so expensive",
    ],
)
def test_what_is_about_something_else_is_left_to_its_action(asked: Hearing, text: str) -> None:
    said = asked.hear("action_answer_billing", "billing_question", text=text)
    assert "utter_why_identity" not in said
    assert "utter_identity_needed" not in said


def test_an_address_is_taken_whatever_is_said_beside_it(asked: Hearing) -> None:
    text = "why do you need my mail? it's amara@example.org"
    given = {"email": "amara@example.org"}
    said = asked.hear("action_take_email", "nlu_fallback", text=text, entities=given)
    assert said == ["utter_ask_code"]


def test_who_is_known_is_not_told_what_an_address_is_for(amara: Hearing) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text="why do you need my address")
    assert "utter_why_identity" not in said


@pytest.mark.parametrize("question", [None, "wish", "code"])
def test_who_asks_to_do_it_without_a_code_hears_what_helps(
    stranger: Hearing, question: str | None
) -> None:
    stranger.slots["open_question"] = question
    text = "cant i do it without code"
    said = stranger.hear("action_hear_reason", "reason_missing_feature", text=text)
    assert said == ["utter_identity_needed"]
    assert not stranger.slots.get("heard_reason")


@pytest.mark.parametrize(
    "text", ["she cant read the code", "my wife can't open her mails", "he is unable to read it"]
)
def test_for_who_cannot_read_the_code_a_person_is_asked(coded: Hearing, text: str) -> None:
    said = coded.hear("action_take_code", "reason_too_complex", text=text)
    assert said == ["utter_code_of_another", "utter_person_requested", "utter_ask_contact_email"]
    assert coded.slots.get("heard_reason") is None
    hand_off = hand_off_in(coded)
    assert hand_off is not None
    assert text in hand_off.note


def test_what_now_is_answered_with_the_person_who_was_asked(coded: Hearing) -> None:
    coded.hear("action_take_code", "reason_too_complex", text="she can't read the code")
    said = coded.hear("action_take_contact", "greet", text="so what do i do", confidence=0.33)
    assert said == ["utter_person_requested", "utter_ask_contact_email"]


def test_whether_it_goes_without_a_code_is_no_reason_to_leave(coded: Hearing) -> None:
    text = "cant i do it without code"
    said = coded.hear("action_take_code", "reason_missing_feature", text=text)
    assert said == ["utter_identity_needed"]
    assert coded.slots.get("heard_reason") is None


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_start_leaving", "cancel", "i want to cancel my wife's subscription"),
        ("action_not_ours", "out_of_scope", "My neighbour asked me to cancel hers, she's 84"),
    ],
)
def test_the_mailbox_of_another_is_no_matter_of_course(
    stranger: Hearing, action: str, intent: str, text: str
) -> None:
    assert stranger.hear(action, intent, text=text) == ["utter_ask_email_of_another"]
    given = {"email": "amara@example.org"}
    said = stranger.hear("action_take_email", "nlu_fallback", text="", entities=given)
    assert said == ["utter_ask_code"]
    said = stranger.hear("action_request_person", "human", text="a person please")
    assert said == ["utter_person_requested", "utter_ask_contact_email"]
    hand_off = hand_off_in(stranger)
    assert hand_off is not None
    assert hand_off.contact_email is None, "nobody answers to who can't read it"
    assert "amara@example.org" in hand_off.note


def test_signed_in_it_is_asked_whose_account_is_meant(amara: Hearing) -> None:
    text = "My neighbour asked me to cancel hers, she's 84"
    said = amara.hear("action_not_ours", "out_of_scope", text=text)
    assert said == ["utter_ask_whose_account"]


@pytest.mark.parametrize("text", ["cancel his music", "don't cancel hers, my wife needs it"])
def test_what_ends_nobody_s_account_asks_for_no_address(stranger: Hearing, text: str) -> None:
    said = stranger.hear("action_not_ours", "out_of_scope", text=text)
    assert said == ["utter_out_of_scope"]
