"""Privacy, invoices and a wished day are told by their words."""

import pytest

from actions.special_questions import (
    ARRIVAL,
    CONTENT,
    COPY,
    DETAILS,
    HELP,
    INVOICES,
    PRIVACY,
    WISHED_END,
    asks_what_comes_back,
    asks_whether_cancelled,
    says_it_was_cancelled,
    special_questions,
)
from tests.actions.conftest import Hearing

ASKED = {
    PRIVACY: [
        "what do you do with my personal data?",
        "who can read this chat?",
        "is this GDPR compliant",
        "do you sell my data?",
        "is my data safe with you",
        "are you recording this conversation",
        "where is your privacy policy",
    ],
    INVOICES: [
        "can I get a VAT invoice for my last payment",
        "where do I find my invoices",
        "please send me the invoice for october",
        "I need a receipt for tax",
        "can you put our VAT number on it",
    ],
    HELP: [
        "help",
        "what can you do?",
        "what are my options",
        "ok so how does this work?",
    ],
    DETAILS: [
        "change my address",
        "I have to update my card details",
        "can you change the e-mail on my account",
        "how do I change my password?",
    ],
    WISHED_END: [
        "end it at the end of February, not sooner",
        "I want to keep it until the end of March and then stop",
        "please cancel my plan on 31 March",
        "cancel it at the end of next month",
        "can it end on friday",
        "I'd like to stop in two weeks",
        "cancel but not before January",
        "end my subscription immediately",
        "close my account with immediate effect",
        "terminate my contract as of 2026-12-31",
        "we are closing the studio at year end",
        "so on 31 January?",
        "at the end of January, not before",
    ],
    CONTENT: [
        "what happns to my notes if i lave",
        "what do you do with my notes when it's over",
        "how long do you keep my invoices and why",
        "until when are my notes kept?",
        "do you keep backups of my notes",
        "is there a backup?",
        "what happens to my backups",
        "where are my notes stored",
        "where do my files go then",
        "are my files safe",
        "will my notes be deleted",
        "and what about my notes?",
    ],
    ARRIVAL: [
        "when does the money arrive?",
        "when is the 29 euro on my account?",
        "where's my money",
        "has my refund been sent",
    ],
    COPY: ["is my export ready?", "is the copy of my data done?", "where is my finished export"],
}
NOT_ASKED = [
    "is there a backup option in the pro plan that I can buy",
    "I need a backup of my notes",
    "where are my notes, I can't find them in the app",
    "what about my notes, send them to me please",
    "the backup never worked",
    "what happened to my notes?",
    "why is my data gone",
    "when will you take the money",
    "when does the 9 euro plan start",
    "how long I waited for my money",
    "wheres the refund button",
    "let me save my recipes, where's the download",
    "change my plan",
    "I'll change my mind",
    "can I change to the basic plan",
    "I paid until 5 May, please stop it now",
    "cancel my plan",
    "help me cancel",
    "what can you do about the price",
    "delete all my data under GDPR",
    "send me a copy of my personal data",
    "my invoice is wrong",
    "why was I charged twice on this invoice",
    "I cancelled on 3 March",
    "you charged me on 3 March, cancel my plan",
    "cancel my plan now",
    "cancel it today please",
    "cancel at the end of the billing period",
    "I have been with you since May, please cancel",
    "it may end badly",
    "when does it end",
    "stop charging me in March",
    "cancel my subscription for me",
    "",
]


@pytest.mark.parametrize(
    ("text", "name"), [(text, name) for name, texts in ASKED.items() for text in texts]
)
def test_a_special_question_is_told_by_its_words(text: str, name: str) -> None:
    assert special_questions(text) == [name]


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_is_near_to_one_is_none(text: str) -> None:
    assert special_questions(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I cancelled in May and you charged me",
        "why was I charged, I already cancelled",
        "we've canceled last month",
        "my subscription was cancelled in March, why do you charge me",
    ],
)
def test_who_says_that_they_cancelled_is_told_that_there_is_none(amara: Hearing, text: str) -> None:
    assert says_it_was_cancelled(text)
    said = amara.hear("action_answer_billing", "billing_question", text=text)
    assert said[-2:] == ["utter_no_cancellation_found", "utter_ask_wish_not_cancelled"]


def test_with_a_question_open_it_goes_back_to_that(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_answer_billing", "billing_question", text="I cancelled in May!")
    assert said[-2:] == ["utter_no_cancellation_found", "utter_ask_reason_again"]


@pytest.mark.parametrize(
    "text",
    ["what happens once I cancelled", "I cancelled my card", "if I cancelled, what would it cost"],
)
def test_what_they_may_do_or_cancelled_elsewhere_is_none(text: str) -> None:
    assert not says_it_was_cancelled(text)


def test_another_address_is_a_matter_for_a_person(amara: Hearing) -> None:
    said = amara.hear("action_not_ours", "out_of_scope", text="I need to change my address")
    assert said == ["utter_details_wished"]
    assert amara.hear("action_request_person", "human", pressed=True) == ["utter_person_will_mail"]


def test_a_later_end_is_said_to_be_none_of_ours_to_choose(amara: Hearing) -> None:
    text = "cancel at the end of February, not before"
    said = amara.hear("action_start_leaving", "cancel", text=text)
    assert said == ["utter_wished_end", "utter_ask_reason"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("how much would I get if I stopped right now?", True),
        ("how much do i get back", True),
        ("if I cancel now, how much will I get", True),
        ("how much do I pay", False),
        ("how much will I be charged if I cancel", False),
        ("how much do you get from me each month", False),
    ],
)
def test_what_comes_back_is_not_what_is_paid(text: str, asked: bool) -> None:
    assert asks_what_comes_back(text) is asked


def test_what_comes_back_is_answered_as_such(amara: Hearing) -> None:
    text = "how much would I get if I stopped right now?"
    said = amara.hear("action_answer_billing", "billing_question", text=text)
    assert said[0].startswith("utter_refund")
    assert not any(response.startswith("utter_billing") for response in said)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("is basic cancelled now?", True),
        ("was the Pro plan already cancelled", True),
        ("my mum is being cancelled", False),
    ],
)
def test_a_plan_may_be_named_in_the_question(text: str, asked: bool) -> None:
    assert asks_whether_cancelled(text) is asked


def test_the_plan_that_is_named_is_answered_about(amara_with_two_plans: Hearing) -> None:
    said = amara_with_two_plans.hear("action_not_ours", "out_of_scope", text="is basic cancelled?")
    assert said == ["utter_nothing_is_cancelled", "utter_timeline"]
