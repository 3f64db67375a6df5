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
