"""The learnt part of understanding: how likely a text carries each of the intents.

One logistic regression an intent, each for itself, for a message may carry several. It sees the
sentence encoder's vector, which knows meanings, beside words, letters and cues, which know this
trade's fine distinctions. No Rasa in here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from bot.nlu.ending_cues import cue_words
from bot.nlu.wording import plain_words

Numbers = npt.NDArray[np.floating[Any]]

SEED = 20261123
# What each kind of feature weighs against the others (tried on held-out messages).
WEIGHT_OF_MEANING = 1.5
WEIGHT_OF_WORDS = 0.7
WEIGHT_OF_LETTERS = 0.7
WEIGHT_OF_CUES = 0.7
REGULARIZATION = 10.0
FOLDS = 4
LONGEST_RUN_OF_WORDS = 3

_ARRAYS = "intent_model.npz"
_VOCABULARY = "intent_model.json"


@dataclass(frozen=True)
class _Surface:
    """What the text looks like: counts of its words, letters and cues."""

    words: TfidfVectorizer
    letters: TfidfVectorizer
    cues: CountVectorizer

    @classmethod
    def empty(cls) -> _Surface:
        return cls(
            words=TfidfVectorizer(analyzer=_runs_of_words, sublinear_tf=True),
            letters=TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
            ),
            cues=CountVectorizer(analyzer=cue_words, binary=True),
        )

    def fit(self, words: Sequence[str]) -> None:
        for vectorizer in (self.words, self.letters, self.cues):
            vectorizer.fit(words)

    def of(self, words: Sequence[str]) -> Any:
        return scipy.sparse.hstack(
            [
                WEIGHT_OF_WORDS * self.words.transform(words),
                WEIGHT_OF_LETTERS * self.letters.transform(words),
                WEIGHT_OF_CUES * self.cues.transform(words),
            ]
        ).tocsr()


@dataclass(frozen=True)
class IntentModel:
    """Intents and what was learnt about each."""

    intents: tuple[str, ...]
    surface: _Surface
    coefficients: Numbers
    intercepts: Numbers
    calibration: Numbers

    @classmethod
    def learn(
        cls, texts: Sequence[str], labels: Sequence[Sequence[str]], vectors: Numbers
    ) -> IntentModel:
        """Learn from texts, the intents each carries, and their sentence vectors."""
        intents = tuple(sorted({intent for carried in labels for intent in carried}))
        wanted = np.array([[intent in carried for intent in intents] for carried in labels])
        surface = _Surface.empty()
        words = [plain_words(text) for text in texts]
        surface.fit(words)
        features = _side_by_side(vectors, surface.of(words))
        calibration = _calibrate(features, wanted)
        coefficients, intercepts = _regress(features, wanted)
        return cls(intents, surface, coefficients, intercepts, calibration)

    def probabilities(self, texts: Sequence[str], vectors: Numbers) -> Numbers:
        """One row a text, one column an intent."""
        if not len(texts):
            return np.zeros((0, len(self.intents)))
        words = [plain_words(text) for text in texts]
        features = _side_by_side(vectors, self.surface.of(words))
        scores = features @ self.coefficients.T + self.intercepts
        return _squash(scores * self.calibration[0] + self.calibration[1])

    def save(self, directory: Path) -> None:
        """Write the model as plain numbers and words: nothing in it can run."""
        np.savez_compressed(
            directory / _ARRAYS,
            coefficients=self.coefficients.astype(np.float32),
            intercepts=self.intercepts,
            calibration=self.calibration,
            word_weights=self.surface.words.idf_,
            letter_weights=self.surface.letters.idf_,
        )
        vocabulary = {
            "intents": self.intents,
            "words": _in_order(self.surface.words),
            "letters": _in_order(self.surface.letters),
            "cues": _in_order(self.surface.cues),
        }
        (directory / _VOCABULARY).write_text(json.dumps(vocabulary), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> IntentModel:
        """Read what `save` wrote."""
        vocabulary = json.loads((directory / _VOCABULARY).read_text(encoding="utf-8"))
        surface = _Surface.empty()
        surface.words.vocabulary = _numbered(vocabulary["words"])
        surface.letters.vocabulary = _numbered(vocabulary["letters"])
        surface.cues.vocabulary = _numbered(vocabulary["cues"])
        surface.cues._validate_vocabulary()
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            surface.words.idf_ = arrays["word_weights"]
            surface.letters.idf_ = arrays["letter_weights"]
            return cls(
                intents=tuple(vocabulary["intents"]),
                surface=surface,
                coefficients=arrays["coefficients"],
                intercepts=arrays["intercepts"],
                calibration=arrays["calibration"],
            )


def _side_by_side(vectors: Numbers, surface: Any) -> Any:
    meaning = scipy.sparse.csr_matrix(np.asarray(vectors) * WEIGHT_OF_MEANING)
    return scipy.sparse.hstack([meaning, surface]).tocsr()


def _regress(features: Any, wanted: Any) -> tuple[Numbers, Numbers]:
    regressions = [
        LogisticRegression(C=REGULARIZATION, solver="liblinear", random_state=SEED).fit(
            features, wanted[:, column]
        )
        for column in range(wanted.shape[1])
    ]
    return (
        np.vstack([regression.coef_[0] for regression in regressions]),
        np.array([regression.intercept_[0] for regression in regressions]),
    )


def _calibrate(features: Any, wanted: Any) -> Numbers:
    """Slope and shift that make held-out scores mean what they say, one pair for all intents."""
    scores = np.zeros(wanted.shape)
    for learnt, held_out in KFold(FOLDS, shuffle=True, random_state=SEED).split(features):
        usable = wanted[learnt].any(axis=0)
        coefficients, intercepts = _regress(features[learnt], wanted[learnt][:, usable])
        scores[np.ix_(held_out, usable)] = features[held_out] @ coefficients.T + intercepts
    line = LogisticRegression(C=1e6).fit(scores.reshape(-1, 1), wanted.reshape(-1))
    return np.array([line.coef_[0, 0], line.intercept_[0]])


def _squash(scores: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30))))


def _runs_of_words(text: str) -> list[str]:
    """All runs of one to three words."""
    words = text.split()
    return [
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_RUN_OF_WORDS + 1)
        for start in range(len(words) - length + 1)
    ]


def _in_order(vectorizer: CountVectorizer) -> list[str]:
    vocabulary: dict[str, int] = vectorizer.vocabulary_
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _numbered(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(words)}
