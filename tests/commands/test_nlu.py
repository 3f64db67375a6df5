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


def _predicted(texts: list[str]) -> dict[str, list[str]]:
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
    return {answer["text"]: answer["intents"] for answer in answers}
