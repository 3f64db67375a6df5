"""From a text to what was heard in it: the whole of understanding, without Rasa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.nlu.company_name import company_name, without_company_name
from bot.nlu.decision import Heard, decide
from bot.nlu.intent_model import IntentModel
from bot.nlu.sentence_encoder import Vectors, shared_encoder
from bot.nlu.text import clean
from bot.nlu.wording import plain_words


@dataclass(frozen=True)
class Settings:
    """What config.yml may say about the classifier."""

    threshold: float = 0.5
    """From here on an intent counts as said."""
    cancel_threshold: float = 0.6
    """From here on a wish to leave does, for taking one where there is none costs most."""
    least: float = 0.25
    """Below this even the likeliest intent does not."""

    @classmethod
    def read(cls, config: Mapping[str, object]) -> Settings:
        """Take the settings out of a component's configuration."""
        names = ("threshold", "cancel_threshold", "least")
        return cls(**{name: float(str(config[name])) for name in names if name in config})


@dataclass(frozen=True)
class Understanding:
    """A learnt model and the settings it is read with."""

    model: IntentModel
    settings: Settings
    company_name: str = field(default_factory=company_name)

    def hear(self, text: str, vector: Vectors | None = None) -> tuple[Heard, dict[str, float]]:
        """What was heard, and how likely each intent is; `vector` is that of the text as it is."""
        cleaned = clean(text)
        if not cleaned:
            return decide({}, self.settings.threshold, self.settings.least), {}
        neutral = without_company_name(cleaned, self.company_name, self.model.everyday)
        if vector is None or neutral != cleaned:
            vector = vector_of(neutral)
        row = self.model.probabilities(neutral, vector)
        likelihoods = dict(zip(self.model.intents, (float(value) for value in row), strict=True))
        settings = self.settings
        heard = decide(
            likelihoods,
            settings.threshold,
            settings.least,
            cancel_threshold=settings.cancel_threshold,
        )
        return heard, likelihoods


def vector_of(text: str) -> Vectors:
    """The sentence vector of a cleaned text, in the spelling that all texts are brought to."""
    return shared_encoder().encode(plain_words(text))
