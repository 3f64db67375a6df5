"""A shrug and a question back are told from a reason."""

import pytest

from actions.no_reason import asks_back, gives_no_reason


@pytest.mark.parametrize(
    "text", ["no reason", "None.", "I already told you why", "it doesn\u2019t matter", "whatever"]
)
def test_a_shrug_is_no_reason(text: str) -> None:
    assert gives_no_reason(text)


@pytest.mark.parametrize("text", ["why?", "what do you mean", "why do you ask", "huh??"])
def test_a_question_back_is_recognised(text: str) -> None:
    assert asks_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing works",
        "no offline mode",
        "I don't know how to use it",
        "what you charge is ridiculous.",
        "how I was treated was awful",
        "because it crashes",
    ],
)
def test_a_reason_is_one(text: str) -> None:
    assert not gives_no_reason(text)
    assert not asks_back(text)
