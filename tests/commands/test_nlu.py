"""`offboard nlu predict`: one line in, one line out."""

import json
import subprocess

import pytest

from offboard import bot
from tests.commands.checkout import COMMAND, SOURCE, Checkout


def test_only_answers_are_on_the_output_even_when_it_trains_first(checkout: Checkout) -> None:
    ended = checkout.offboard("nlu", "predict", said="one\n\ntwo\n")
    assert ended.returncode == 0
    assert [json.loads(line)["text"] for line in ended.stdout.splitlines()] == ["one", "", "two"]
    assert "Training the bot" in ended.stderr


@pytest.mark.conversation
def test_texts_are_answered_in_order_and_empty_ones_too() -> None:
    texts = ["please cancel my plan", "", "  ", "it is too expensive", "/affirm", "ünïcode 🙂"]
    ended = subprocess.run(
        [*COMMAND, "nlu", "predict"],
        cwd=SOURCE,
        env=bot.environment(),
        input="\n".join(texts) + "\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    assert all(set(answer) >= {"text", "intents", "confidence"} for answer in answers)
    assert answers[0]["intents"][0] == "cancel"


NO_WISH = (
    "do not cancel",
    "please don't cancel my plan",
    "I never wanted to cancel",
    "I no longer want to cancel it",
    "we are not going to close our account",
    "I cancelled last month and was charged",
    "my subscription was cancelled in June, why a bill?",
    "cancel my order",
    "cancel the three o'clock meeting",
    "cancel all my alarms",
    "I booked a table, please cancel it",
    "cancel my cancellation",
    "bitte nicht kündigen",
)
A_WISH = (
    "cancel",
    "I want to cancel my subscription",
    "why can't I cancel",
    "I want it cancelled today",
    "I could not find how to cancel my plan",
    "don't pause it, cancel it",
    "no, cancel my plan",
    "cancel my meal delivery subscription",
    "I did not like it. Please cancel.",
    "please have my membership cancelled",
    "I cancelled my gym and now I want to cancel this too",
)


@pytest.mark.conversation
def test_a_wish_to_leave_is_told_from_its_neighbours() -> None:
    heard = _predicted([*NO_WISH, *A_WISH])
    assert [text for text in NO_WISH if "cancel" in heard[text]] == []
    assert [text for text in A_WISH if "cancel" not in heard[text]] == []


BY_NAME = (
    "i want to cancel moonfern meals",
    "cancel moonfern",
    "hi i wanna cancel my moonfern thing",
)


@pytest.mark.conversation
def test_who_cancels_the_company_by_its_name_is_heard_whatever_the_name() -> None:
    heard = _predicted([*BY_NAME], OFFBOARD_COMPANY_NAME="Moonfern Meals")
    assert [text for text in BY_NAME if "cancel" not in heard[text]] == []
    heard = _predicted([*BY_NAME], OFFBOARD_COMPANY_NAME="Another Company")
    assert [text for text in BY_NAME if "cancel" in heard[text]] == [], "it is no business of ours"


@pytest.mark.conversation
def test_a_no_before_the_wish_is_told_from_a_no_to_it() -> None:
    heard = _predicted([*NO_THEN_A_WISH, *NO_TO_THE_END])
    assert [text for text in NO_THEN_A_WISH if heard[text][0] != "cancel"] == []
    assert [text for text in NO_TO_THE_END if "cancel" in heard[text]] == []


NO_THEN_A_WISH = (
    "no cancel",
    "no cancel it",
    "nah cancel it",
    "actually no cancel it",
    "wait no cancel it",
    "hm no cancel",
    "no end it please",
    "hmm no cancel it after all",
)
NO_TO_THE_END = (
    "no don't cancel",
    "don't cancel it",
    "no cancellation",
    "no, cancel nothing",
    "no cancel that request i want to keep it",
)


def _predicted(texts: list[str], **settings: str) -> dict[str, list[str]]:
    ended = subprocess.run(
        [*COMMAND, "nlu", "predict"],
        cwd=SOURCE,
        env=bot.environment(**settings),
        input="\n".join(texts) + "\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    return {answer["text"]: answer["intents"] for answer in answers}
