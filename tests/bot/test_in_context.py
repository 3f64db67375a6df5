"""Short answers mean what they mean only beside the question and the choices just shown."""

from typing import Any

import pytest
from bot.dialogue.in_context import in_context, shown_choices

CANCEL_OR_MOVE = [
    {"title": "Cancel it", "payload": "/decline_offer"},
    {"title": "Move to Basic", "payload": "/accept_offer"},
]
YES_OR_NO = [
    {"title": "Yes, cancel it", "payload": "/affirm"},
    {"title": "No, keep it", "payload": "/deny"},
]
COMING_BACK = [
    {"title": "Yes", "payload": '/choose_option{"option": "yes"}'},
    {"title": "Perhaps", "payload": '/choose_option{"option": "perhaps"}'},
    {"title": "Skip", "payload": "/skip"},
]
MEANINGS = [
    {"title": "Pause it for a while", "payload": "/pause"},
    {"title": "Cancel your plan", "payload": "/cancel"},
    {"title": "Something else", "payload": "/deny"},
]
ONE_BUTTON = [{"title": "Talk to a person", "payload": "/human"}]


def heard(text: str, *intents: str, confidence: float = 0.9, **ranking: float) -> dict[str, Any]:
    leading = {"name": intents[0], "confidence": confidence}
    others = [{"name": name, "confidence": likely} for name, likely in ranking.items()]
    return {
        "text": text,
        "intent": leading,
        "intents": list(intents),
        "intent_ranking": [leading, *others],
        "entities": [],
        "source": "words",
    }


@pytest.mark.parametrize(
    ("text", "question", "choices", "intent"),
    [
        ("whatever", "export", [], "skip"),
        ("i don't care", "export", [], "skip"),
        ("the second one", "offer", CANCEL_OR_MOVE, "accept_offer"),
        ("2", "offer", CANCEL_OR_MOVE, "accept_offer"),
        ("first", "offer", CANCEL_OR_MOVE, "decline_offer"),
        ("the last one please", "offer", CANCEL_OR_MOVE, "accept_offer"),
        ("basic", "offer", CANCEL_OR_MOVE, "accept_offer"),
        ("Move to Basic", "offer", CANCEL_OR_MOVE, "accept_offer"),
        ("the cheaper one", "offer", CANCEL_OR_MOVE, "affirm"),
        ("keep it", "confirm", YES_OR_NO, "deny"),
        ("perhaps", "survey_return", COMING_BACK, "choose_option"),
        ("the first one", "meaning", MEANINGS, "pause"),
        ("nah leave it", "confirm", YES_OR_NO, "deny"),
        ("nah, leave it", "undo", YES_OR_NO, "deny"),
        ("not really", "export", YES_OR_NO, "deny"),
        ("ok whatever", "reason", [], "affirm"),
        ("sure, why not", "export", YES_OR_NO, "affirm"),
        ("hmm", "confirm", YES_OR_NO, "nlu_fallback"),
    ],
)
def test_a_short_answer_is_read_beside_what_was_asked(
    text: str, question: str, choices: list[dict[str, str]], intent: str
) -> None:
    meant = in_context(heard(text, "out_of_scope"), question, choices)
    assert meant["intents"] == [intent]
    assert meant["intent"] == {"name": intent, "confidence": 1.0}
    assert meant["source"] == "words", "what was typed is still no pressed button"


def test_a_choice_brings_its_entities() -> None:
    meant = in_context(heard("perhaps", "deny"), "survey_return", COMING_BACK)
    assert meant["entities"] == [{"entity": "option", "value": "perhaps"}]


@pytest.mark.parametrize(
    ("text", "question", "choices"),
    [
        ("the second one?", "offer", CANCEL_OR_MOVE),
        ("the second one", "code", ONE_BUTTON),
        ("1", "code", ONE_BUTTON),
        ("the ninth one", "offer", CANCEL_OR_MOVE),
        ("it", "confirm", YES_OR_NO),
        ("my plan", "meaning", MEANINGS),
        ("leave it", None, []),
        ("the second time this month that it crashed on me", "offer", CANCEL_OR_MOVE),
    ],
)
def test_what_may_be_something_else_is_left_to_the_model(
    text: str, question: str | None, choices: list[dict[str, str]]
) -> None:
    assert in_context(heard(text, "refund"), question, choices)["intents"] == ["refund"]


def test_a_yes_to_one_thing_that_was_named_is_that_thing() -> None:
    choices = [*ONE_BUTTON, {"title": "No, thank you", "payload": "/deny"}]
    assert in_context(heard("ok", "affirm"), "wish", choices)["intents"] == ["human"]
    assert in_context(heard("ok", "affirm"), "wish", MEANINGS)["intents"] == ["affirm"]


def test_which_plan_is_left_to_the_application() -> None:
    meant = in_context(heard("the cheaper one", "change_plan"), "subscription", [])
    assert meant["intents"] == ["choose_option"]
    assert meant["entities"] == [{"entity": "option", "value": "the cheaper one"}]


def test_a_reason_given_with_the_plan_is_not_lost() -> None:
    told = heard("pro, it's too expensive", "reason_price")
    assert in_context(told, "subscription", [])["intents"] == ["reason_price"]


def test_both_of_two_meanings_are_both_meant() -> None:
    assert in_context(heard("both", "affirm"), "meaning", MEANINGS)["intents"] == [
        "cancel",
        "pause",
    ]


@pytest.mark.parametrize(
    ("question", "intents", "ordered"),
    [
        ("export", ["timeline_or_status", "affirm"], ["affirm", "timeline_or_status"]),
        ("offer", ["human", "deny"], ["deny", "human"]),
        ("reason", ["refund", "reason_price"], ["reason_price", "refund"]),
        ("confirm", ["timeline_or_status", "deny"], ["timeline_or_status", "deny"]),
        ("confirm", ["data_export", "affirm"], ["affirm", "data_export"]),
        (None, ["human", "cancel"], ["cancel", "human"]),
        (None, ["keep_subscription", "change_plan"], ["change_plan", "keep_subscription"]),
        (None, ["data_delete", "data_export"], ["data_export", "data_delete"]),
        (None, ["affirm", "goodbye", "thanks"], ["goodbye", "affirm", "thanks"]),
        ("offer", ["cancel", "deny"], ["cancel", "deny"]),
    ],
)
def test_the_leading_intent_is_the_one_that_counts_here(
    question: str | None, intents: list[str], ordered: list[str]
) -> None:
    assert in_context(heard("as it was said", *intents), question, [])["intents"] == ordered


def test_a_yes_before_a_question_is_heard_although_the_model_does_not() -> None:
    meant = in_context(heard("yes, and when does it end?", "timeline_or_status"), "export", [])
    assert meant["intents"] == ["affirm", "timeline_or_status"]
    assert meant["intent"]["confidence"] == 1.0


def test_a_long_greeting_is_the_beginning_of_a_wish() -> None:
    text = "hello there, I have been with you for years and now it is time to go"
    meant = in_context(heard(text, "greet", cancel=0.45, refund=0.1), None, [])
    assert meant["intents"] == ["cancel", "greet"]
    assert meant["intent"]["confidence"] == 0.45, "so that it is asked about, not done"


def test_money_that_comes_back_is_no_copy_of_data() -> None:
    asked = heard("do I get all of it back if I stop?", "refund", "data_export")
    assert in_context(asked, None, [])["intents"] == ["refund"]
    both = heard("give me my money back and my data", "refund", "data_export")
    assert {*in_context(both, None, [])["intents"]} == {"refund", "data_export"}


@pytest.mark.parametrize("character", ["e", "\u00e9", "\U0001f642"])
def test_one_character_over_and_over_is_no_wish(character: str) -> None:
    said = heard(character * 2500 + " 2", "cancel")
    assert in_context(said, None, [])["intents"] == ["nlu_fallback"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("maya.okafor@exmaple", "email"),
        ("maya@@gmail.com", "code"),
        ("its maya@gmail,com", "email"),
        ("maya.okafor", "email"),
        ("maya_okafor", "contact_email"),
    ],
)
def test_an_address_with_a_slip_is_no_farewell(text: str, question: str) -> None:
    said = heard(text, "goodbye", confidence=0.59)
    assert in_context(said, question, [])["intents"] == ["nlu_fallback"]


@pytest.mark.parametrize("text", ["bye-bye", "thanks, bye @ all of you there"])
def test_a_farewell_with_signs_in_it_is_one(text: str) -> None:
    assert in_context(heard(text, "goodbye"), "email", [])["intents"] == ["goodbye"]


def test_a_short_greeting_is_one() -> None:
    assert in_context(heard("good morning", "greet", cancel=0.45), None, [])["intents"] == ["greet"]


def test_the_choices_are_those_of_the_last_message_that_has_any() -> None:
    said = [{"buttons": ONE_BUTTON}, {"buttons": YES_OR_NO}, {"buttons": []}]
    assert shown_choices(said) == YES_OR_NO
    assert shown_choices([]) == []


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("reason", "cancel"),
        ("offer", "cancel"),
        ("confirm", "affirm"),
        ("undo", "affirm"),
        ("wish", "nlu_fallback"),
        (None, "nlu_fallback"),
    ],
)
@pytest.mark.parametrize("text", ["now", "Right now", "now please"])
def test_now_is_no_farewell(text: str, question: str | None, intent: str) -> None:
    choices = CANCEL_OR_MOVE if question == "offer" else []
    assert in_context(heard(text, "goodbye"), question, choices)["intents"] == [intent]


@pytest.mark.parametrize("text", ["no cancel pro", "nah cancel the pro plan please", "no end PRO"])
def test_a_no_and_the_wish_to_leave_a_plan_by_its_name_is_one(text: str) -> None:
    start = text.lower().index("pro")
    plan = {"entity": "plan", "value": "Pro", "start": start, "end": start + 3}
    meant = {**heard(text, "keep_subscription"), "entities": [plan]}
    assert in_context(meant, "offer", CANCEL_OR_MOVE)["intents"] == ["cancel", "deny"]
    unnamed = heard(text, "keep_subscription")
    assert in_context(unnamed, "offer", CANCEL_OR_MOVE)["intents"] == ["keep_subscription"]


@pytest.mark.parametrize(
    "text",
    [
        "her email is ruth.h@example.org",
        "it's under my mum's address, ruth.h@example.org",
        "ruth.h@example.org",
    ],
)
def test_an_address_alone_is_no_question_whether_we_are_a_bot(text: str) -> None:
    said = in_context(heard(text, "bot_challenge", confidence=0.53), "wish", [])
    assert said["intents"] == ["nlu_fallback"]


def test_an_address_beside_a_wish_leaves_it_one() -> None:
    text = "delete the account of ruth.h@example.org"
    assert in_context(heard(text, "data_delete"), "wish", [])["intents"] == ["data_delete"]


@pytest.mark.parametrize("text", ["so what do i do", "ok, what now?", "what should I do then"])
def test_what_to_do_is_no_greeting(text: str) -> None:
    assert in_context(heard(text, "greet", confidence=0.33), None, [])["intents"] == [
        "nlu_fallback"
    ]
