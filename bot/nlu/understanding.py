"""From a text to what was heard in it: the whole of understanding, without Rasa."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.clauses import clauses
from bot.nlu.decision import OUT_OF_SCOPE, Heard, decide
from bot.nlu.intent_model import IntentModel, Numbers
from bot.nlu.sentence_encoder import Vectors, shared_encoder
from bot.nlu.text import clean
from bot.nlu.wording import plain_words


@dataclass(frozen=True)
class Settings:
    """What config.yml may say about the classifier."""

    threshold: float = 0.6
    """From here on an intent counts as said."""
    least: float = 0.25
    """Below this even the likeliest intent does not."""
    clause_weight: float = 0.75
    """What a clause alone counts against the whole message."""

    @classmethod
    def read(cls, config: Mapping[str, object]) -> Settings:
        """Take the settings out of a component's configuration."""
        names = ("threshold", "least", "clause_weight")
        return cls(**{name: float(str(config[name])) for name in names if name in config})


@dataclass(frozen=True)
class Understanding:
    """A learnt model and the settings it is read with."""

    model: IntentModel
    settings: Settings

    def hear(self, text: str, vector: Vectors | None = None) -> tuple[Heard, dict[str, float]]:
        """What was heard, and how likely each intent is."""
        cleaned = clean(text)
        if vector is None:
            vector = vector_of(cleaned)
        row = self._likelihoods(cleaned, vector)
        likelihoods = dict(zip(self.model.intents, (float(value) for value in row), strict=True))
        settings = self.settings
        return decide(cleaned, likelihoods, settings.threshold, settings.least), likelihoods

    def _likelihoods(self, text: str, vector: Vectors) -> Numbers:
        whole: Numbers = self.model.probabilities([text], vector[None, :])[0]
        parts = clauses(text)
        if not parts:
            return whole
        return np.maximum(whole, self.settings.clause_weight * self._of_clauses(parts))

    def _of_clauses(self, parts: Sequence[str]) -> Numbers:
        vectors = shared_encoder().encode([plain_words(part) for part in parts])
        best: Numbers = self.model.probabilities(parts, vectors).max(axis=0)
        # A clause that has nothing to do with us does not take the message out of our scope.
        if OUT_OF_SCOPE in self.model.intents:
            best[self.model.intents.index(OUT_OF_SCOPE)] = 0.0
        return best


def vector_of(text: str) -> Vectors:
    """The sentence vector of a cleaned text, in the spelling that all texts are brought to."""
    vector: Vectors = shared_encoder().encode([plain_words(text)])[0]
    return vector
