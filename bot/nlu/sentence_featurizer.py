"""Rasa component: puts the sentence encoder's vector on each message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.sentence_encoder import Vectors, shared_encoder
from bot.nlu.text import clean
from bot.nlu.understanding import vector_of
from bot.nlu.vector_store import vectors_of

ORIGIN = "SentenceFeaturizer"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(GraphComponent):
    """Dense features of a whole message, by the pretrained encoder; nothing is trained."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """Make the component; the encoder is loaded here, so that the first turn is quick."""
        shared_encoder()
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Featurize all training examples."""
        spoken = [each for each in training_data.training_examples if each.get(TEXT) is not None]
        vectors = vectors_of([clean(example.get(TEXT)) for example in spoken])
        for example, vector in zip(spoken, vectors, strict=True):
            _put(example, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Featurize messages; one without a text is left alone."""
        spoken = [message for message in messages if message.get(TEXT) is not None]
        for message in spoken:
            _put(message, vector_of(clean(message.get(TEXT))))
        return messages


def _put(message: Message, vector: Vectors) -> None:
    message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))


def sentence_vector(message: Message) -> Any:
    """The vector that `SentenceFeaturizer` put on the message."""
    _, features = message.get_dense_features(TEXT, [])
    if features is None:
        raise ValueError("SentenceFeaturizer must stand before the classifier in config.yml.")
    return features.features[0]
