"""Rasa component: hears every intent in a message and says which one leads."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.decision import Heard
from bot.nlu.intent_model import IntentModel
from bot.nlu.labels import INTENTS, is_button, labels_of
from bot.nlu.sentence_featurizer import sentence_vector
from bot.nlu.text import clean
from bot.nlu.understanding import Settings, Understanding

INTENT_RANKING = "intent_ranking"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets `intent`, `intent_ranking`, and `intents`: all that was heard, the leading one first."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings in config.yml, each with what it is when left out."""
        return asdict(Settings())

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self._settings = Settings.read(config)
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """Read the trained component."""
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, IntentModel.load(directory))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples in `data/nlu/`."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get(TEXT) and not is_button(example.get(TEXT))
        ]
        self._model = IntentModel.learn(
            [clean(example.get(TEXT)) for example in examples],
            [labels_of(example) for example in examples],
            np.stack([sentence_vector(example) for example in examples]),
        )
        with self._storage.write_to(self._resource) as directory:
            self._model.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put what was heard on each message."""
        for message in messages:
            if message.get(TEXT) is not None:
                self._understand(message)
        return messages

    def _understand(self, message: Message) -> None:
        if self._model is None:
            raise ValueError("The intent classifier was asked before it was trained.")
        understanding = Understanding(self._model, self._settings)
        heard, likelihoods = understanding.hear(message.get(TEXT), sentence_vector(message))
        for name, value in _as_rasa_says_it(heard, likelihoods).items():
            message.set(name, value, add_to_output=True)


def _as_rasa_says_it(heard: Heard, likelihoods: dict[str, float]) -> dict[str, Any]:
    leading = {"name": heard.leading, "confidence": heard.confidence}
    others = [
        {"name": name, "confidence": confidence}
        for name, confidence in sorted(likelihoods.items(), key=lambda item: -item[1])
        if name != heard.leading
    ]
    return {INTENT: leading, INTENT_RANKING: [leading, *others], INTENTS: list(heard.intents)}
