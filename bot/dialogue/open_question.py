"""A dialogue policy for questions that are answered in free words.

When a customer was asked for an e-mail address, whatever they write next is most likely the answer,
however the classifier reads it: "it's leaving.soon@example.com" is no wish to leave. This policy
hands such a message to the action that takes the answer, unless the message plainly is about
something else.

Elsewhere it hands a message to the action for doubt when what was heard would start or stop
something and is not sure enough: a question costs less than a mistake.

It also ends the turn after every action of ours: an action answers the message and asks the next
question itself. By then the open question is another one, so that the rule which chose the action
no longer fits, and nobody else would know that it is the customer's turn.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException

OPEN_QUESTION = "open_question"
# Set by the channel: whether the customer wrote, or pressed a button.
SOURCE = "source"
BUTTON = "button"
# Rules predict with 1.0 and priority 6; of equally sure policies the one with higher priority wins.
PRIORITY = 7


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class OpenQuestionPolicy(Policy):
    """Predicts the action that takes an answer, and after it that Rasa listens again."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings in config.yml, each with what it is when left out."""
        return {
            "priority": PRIORITY,
            # which action takes the answer to which question
            "answers": {},
            # question -> entities that always are an answer, whatever else the message says
            "answered_by_entity": {},
            # intents that turn away from any question
            "interrupted_by": [],
            # question -> intents that turn away from this one as well
            "also_interrupted_by": {},
            # how sure the classifier must be before an intent may interrupt, or is acted on
            "least_confidence": 0.5,
            # intents that are not acted on below that, and the action which asks instead
            "doubted": [],
            "in_doubt": None,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: Any = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self._answers: dict[str, str] = dict(config["answers"])
        self._answered_by_entity = {
            question: {entities} if isinstance(entities, str) else set(entities)
            for question, entities in config["answered_by_entity"].items()
        }
        self._interrupted_by = frozenset(config["interrupted_by"])
        self._also_interrupted_by: dict[str, list[str]] = dict(config["also_interrupted_by"])
        self._least_confidence = float(config["least_confidence"])
        self._doubted = frozenset(config["doubted"])
        self._in_doubt: str | None = config["in_doubt"]
        unknown = {*self._answered_by_entity, *self._also_interrupted_by} - {*self._answers}
        if unknown:
            raise InvalidConfigException(
                f"OpenQuestionPolicy knows no answer to the questions {sorted(unknown)}."
            )

    @staticmethod
    def supported_data() -> SupportedData:
        """Nothing is learnt, so any training data will do."""
        return SupportedData.ML_AND_RULE_DATA

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Check the settings against the domain; there is nothing to learn."""
        named = {*self._answers.values()} | ({self._in_doubt} if self._in_doubt else set())
        unknown = named - {*domain.action_names_or_texts}
        if unknown:
            raise InvalidConfigException(
                f"config.yml names actions that domain.yml does not list: {sorted(unknown)}."
            )
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict the taking action right after an answer, and listening right after that."""
        action = self._next_action(tracker, domain)
        probabilities = self._default_predictions(domain)
        if action is not None:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)

    def _next_action(self, tracker: DialogueStateTracker, domain: Domain) -> str | None:
        if ends_turn(tracker.latest_action_name, domain) and not _has_just_spoken(tracker):
            return str(ACTION_LISTEN_NAME)
        message = tracker.latest_message
        if message is None or not _has_just_spoken(tracker) or _is_button(message):
            return None
        question = tracker.get_slot(OPEN_QUESTION)
        if question in self._answers and self._answers_it(question, message):
            return self._answers[question]
        return self._in_doubt if self._is_doubtful(message) else None

    def _is_doubtful(self, message: UserUttered) -> bool:
        unsure = _confidence(message) < self._least_confidence
        return unsure and message.intent.get("name") in self._doubted

    def _answers_it(self, question: str, message: UserUttered) -> bool:
        parse_data: dict[str, Any] = dict(message.parse_data or {})
        entities = {entity.get("entity") for entity in message.entities}
        if self._answered_by_entity.get(question, set()) & entities:
            return True
        turning_away = self._interrupted_by.union(self._also_interrupted_by.get(question, ()))
        heard = set(parse_data.get("intents") or [message.intent.get("name")])
        return not (heard & turning_away and _confidence(message) >= self._least_confidence)


def ends_turn(action: str | None, domain: Domain) -> bool:
    """Whether it is the customer's turn after this action: the application runs it.

    A response of the domain may be followed by something; an action of ours has said all.
    """
    return action in domain.user_actions and str(action).startswith("action_")


def _has_just_spoken(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return True
        if isinstance(event, ActionExecuted):
            return False
    return False


def _is_button(message: UserUttered) -> bool:
    return dict(message.parse_data or {}).get(SOURCE) == BUTTON


def _confidence(message: UserUttered) -> float:
    return float(message.intent.get("confidence") or 0.0)
