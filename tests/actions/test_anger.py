"""Swearing is told from plain words."""

import pytest

from actions.anger import is_abuse


@pytest.mark.parametrize("text", ["you stupid bot", "f**k off", "what a joke", "this is useless"])
def test_swearing_is_recognised(text: str) -> None:
    assert is_abuse(text)


@pytest.mark.parametrize("text", ["tell me a joke", "I use it as a student", "assassin", "ok"])
def test_plain_words_are_no_swearing(text: str) -> None:
    assert not is_abuse(text)
