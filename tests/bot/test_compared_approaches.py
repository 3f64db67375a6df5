"""The approaches that this project is compared with, on a stand-in for a pretrained encoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.nlu.approaches import (
    Approach,
    Both,
    Meaning,
    Neighbours,
    Regression,
    RegressionByClause,
    WordsAndLetters,
)
from bench.nlu.encoders import REMEMBERED_IN, Encoder, seconds_spared

SUBJECTS = {"cancel": "quit otterclub", "refund": "repay badgerfee", "thanks": "bless you"}
TEXTS = [f"{words} {when}" for words in SUBJECTS.values() for when in ("now", "today", "soon")]
INTENTS = [[name] for name in SUBJECTS for _ in range(3)]


class Letters(Encoder):
    """Counts letters, as if that were meaning."""

    name = "letters"
    asked = 0

    def load(self) -> Any:
        return "abcdefghijklmnopqrstuvwxyz"

    def vector(self, model: Any, text: str) -> Any:
        type(self).asked += 1
        return np.array([text.count(letter) for letter in model], dtype=float)


@pytest.mark.parametrize(
    "approach",
    [
        Regression(WordsAndLetters()),
        Regression(Meaning(Letters())),
        Regression(Both(Letters())),
        RegressionByClause(Both(Letters())),
        Neighbours(Meaning(Letters())),
    ],
    ids=["words", "vectors", "both", "clauses", "neighbours"],
)
def test_what_was_learnt_is_heard_also_after_it_was_written_down(
    approach: Approach, tmp_path: Path
) -> None:
    approach.train(TEXTS, INTENTS)
    approach.save(tmp_path)
    approach.load(tmp_path)
    for name, words in SUBJECTS.items():
        heard = approach.predict(f"{words} now")
        assert heard.intents == (name,)
        assert 0 < heard.confidence <= 1


def test_a_clause_by_itself_can_be_heard() -> None:
    asked = "bless you all the same for so much kindness today. quit otterclub now"
    whole, by_clause = Regression(WordsAndLetters()), RegressionByClause(WordsAndLetters())
    for approach in (whole, by_clause):
        approach.train(TEXTS, INTENTS)
    alone = whole.predict("quit otterclub now").confidence
    assert by_clause.likelihoods(asked)[0] == pytest.approx(alone)
    assert whole.likelihoods(asked)[0] < alone


def test_vectors_are_kept_between_runs_and_their_time_is_counted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REMEMBERED_IN, str(tmp_path))
    first = Letters().encode(TEXTS)
    asked, spared = Letters.asked, seconds_spared()
    second = Letters().encode(TEXTS)
    assert Letters.asked == asked
    assert seconds_spared() > spared
    assert (tmp_path / "vectors-letters.npz").exists()
    np.testing.assert_array_equal(first, second)
