"""The learnt part of understanding: how likely a text carries each of the intents.

One logistic regression an intent, each for itself, for a message may carry several, on the sentence
encoder's vector. An example of the training data is known by heart besides: whoever adds a line to
`data/nlu/` is sure that it is heard as labelled. No Rasa in here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from bot.nlu.company_name import everyday_words
from bot.nlu.held_back import is_held_back
from bot.nlu.wording import plain_words

Numbers = npt.NDArray[np.floating[Any]]

SEED = 20261123
# The encoder has learnt these examples already, so the regressions are held tight.
REGULARIZATION = 0.1
MOST_ITERATIONS = 300
LEAST_FOR_CALIBRATION = 200
KNOWN_BY_HEART = 0.99

_ARRAYS = "intent_model.npz"
_DESCRIPTION = "intent_model.json"


@dataclass(frozen=True)
class IntentModel:
    """Intents and what was learnt about each."""

    intents: tuple[str, ...]
    scale: float
    """What the encoder's numbers are divided by, so that they vary by about one."""
    coefficients: Numbers
    intercepts: Numbers
    calibration: Numbers
    """Slope and shift that make scores mean what they say, one pair for all intents."""
    known: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The examples, as digests of their words, and the numbers of their intents."""
    everyday: frozenset[str] = frozenset()
    """The words that customers use; a company's name is known by being none of them."""

    @classmethod
    def learn(
        cls, texts: Sequence[str], labels: Sequence[Sequence[str]], vectors: Numbers
    ) -> IntentModel:
        """Learn from cleaned texts, the intents each carries, and their sentence vectors."""
        intents = tuple(sorted({intent for carried in labels for intent in carried}))
        wanted = np.array([[intent in carried for intent in intents] for carried in labels])
        scale = float(vectors.std(axis=0).mean()) or 1.0
        features = vectors / scale
        regressions = _regressions(len(intents))
        coefficients, intercepts = _fit(regressions, features, wanted)
        held_back = np.array([is_held_back(text) for text in texts])
        return cls(
            intents,
            scale,
            coefficients,
            intercepts,
            _calibrate(regressions, features, wanted, held_back),
            {
                _digest(text): tuple(int(number) for number in np.flatnonzero(row))
                for text, row in zip(texts, wanted, strict=True)
            },
            everyday_words(texts),
        )

    def probabilities(self, text: str, vector: Numbers) -> Numbers:
        """How likely a cleaned text carries each of the intents."""
        scores = self.coefficients @ (vector / self.scale) + self.intercepts
        likelihoods = _squash(scores * self.calibration[0] + self.calibration[1])
        known = self.known.get(_digest(text))
        if known is not None:
            likelihoods = np.minimum(likelihoods, 1 - KNOWN_BY_HEART)
            likelihoods[list(known)] = KNOWN_BY_HEART
        return likelihoods

    def save(self, directory: Path) -> None:
        """Write the model as plain numbers and words: nothing in it can run."""
        np.savez_compressed(
            directory / _ARRAYS,
            coefficients=self.coefficients.astype(np.float32),
            intercepts=self.intercepts,
            calibration=self.calibration,
            scale=np.array(self.scale),
        )
        described = {
            "intents": self.intents,
            "known": self.known,
            "everyday": sorted(self.everyday),
        }
        (directory / _DESCRIPTION).write_text(json.dumps(described), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> IntentModel:
        """Read what `save` wrote."""
        described = json.loads((directory / _DESCRIPTION).read_text(encoding="utf-8"))
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            return cls(
                intents=tuple(described["intents"]),
                scale=float(arrays["scale"]),
                coefficients=arrays["coefficients"],
                intercepts=arrays["intercepts"],
                calibration=arrays["calibration"],
                known={digest: tuple(numbers) for digest, numbers in described["known"].items()},
                everyday=frozenset(described["everyday"]),
            )


def _regressions(number: int) -> list[LogisticRegression]:
    return [
        LogisticRegression(
            C=REGULARIZATION, max_iter=MOST_ITERATIONS, random_state=SEED, warm_start=True
        )
        for _ in range(number)
    ]


def _fit(
    regressions: Sequence[LogisticRegression], features: Numbers, wanted: Any
) -> tuple[Numbers, Numbers]:
    """Fit one regression to each column, on all cores; one fitted before begins where it was."""
    # Threads of the linear algebra would only wait for those of the regressions.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        list(
            pool.map(
                lambda regression, column: regression.fit(features, column), regressions, wanted.T
            )
        )
    return (
        np.vstack([regression.coef_[0] for regression in regressions]),
        np.array([regression.intercept_[0] for regression in regressions]),
    )


def _calibrate(
    regressions: Sequence[LogisticRegression], features: Numbers, wanted: Any, held_back: Any
) -> Numbers:
    """Slope and shift, learnt on the examples that the encoder was not trained on either.

    The regressions, fitted to all examples, are fitted anew without those held back.
    """
    if held_back.sum() < LEAST_FOR_CALIBRATION:
        return np.array([1.0, 0.0])
    usable = np.flatnonzero(wanted[~held_back].any(axis=0))
    again = [regressions[column] for column in usable]
    coefficients, intercepts = _fit(again, features[~held_back], wanted[~held_back][:, usable])
    scores = features[held_back] @ coefficients.T + intercepts
    line = LogisticRegression(C=1e6).fit(
        scores.reshape(-1, 1), wanted[held_back][:, usable].reshape(-1)
    )
    return np.array([line.coef_[0, 0], line.intercept_[0]])


def _squash(scores: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30))))


def _digest(text: str) -> str:
    return hashlib.sha256(plain_words(text).encode("utf-8")).hexdigest()[:16]
