"""Rasa component: finds the dates, amounts and plan names in a message."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.entities.amounts import amounts_in
from bot.nlu.entities.currencies import CODES
from bot.nlu.entities.dates import dates_in
from bot.nlu.entities.message_day import possible_days
from bot.nlu.entities.plan_names import PlanNames
from bot.nlu.entities.span import Span, apart

LONGEST_SEARCHED = 2_000

_METADATA = "metadata"
_EMAIL = "email"
_CODE = "code"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class DateAmountPlanExtractor(GraphComponent):
    """Sets the entities `date`, `amount` and `plan`.

    They are for talking: "you asked for the 14th", "the 29 euros of last month". Who somebody is,
    what is owed, and when anything ends come from the account, never from these; a date that a
    customer names is a wish, and no promise follows from having heard it.

    `value` holds the customer's words (of a plan, the company's own name for it). Beside it stands
    what is certain: `day` of a date, `currency` and `minor_units` of an amount.

    A bare number may be an amount here and a `code` elsewhere: the open question says which it is.
    What has a currency beside it is no code.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings in config.yml, each with what it is when left out."""
        # Whose dollars are meant by "$14.99".
        return {"dollar": "USD"}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        plan_names: PlanNames | None = None,
    ) -> None:
        self._dollar = _currency_code(config["dollar"])
        self._storage = model_storage
        self._resource = resource
        self._plan_names = plan_names or PlanNames({})

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DateAmountPlanExtractor:
        """Make a component that knows no plan yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DateAmountPlanExtractor:
        """Read the trained component."""
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, PlanNames.load(directory))

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the names of plans; nothing else is learnt."""
        self._plan_names = PlanNames.listed_in(training_data)
        with self._storage.write_to(self._resource) as directory:
            self._plan_names.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to each message's entities."""
        for message in messages:
            if text := message.get(TEXT):
                days = possible_days(message.get(_METADATA), datetime.now(UTC))
                before = message.get(ENTITIES, [])
                found = [
                    span
                    for span in entities_in(text, days, self._plan_names, self._dollar)
                    if not any(_lies_in(span, entity) for entity in before)
                ]
                kept = [each for each in before if not _is_paid_with(each, found)]
                message.set(
                    ENTITIES,
                    [*kept, *(span.as_rasa_writes_it() for span in found)],
                    add_to_output=True,
                )
        return messages


def entities_in(
    text: str, days: Collection[date], plan_names: PlanNames, dollar: str
) -> list[Span]:
    """The dates, amounts and plans of a text, none on another; of one that is long, its beginning.

    `days` are those on which it may have been written, `dollar` the currency of its dollars.
    """
    searched = text[:LONGEST_SEARCHED]
    # What touches the cut may go on behind it: "$12" of "$1200".
    end = len(text) if len(text) == len(searched) else LONGEST_SEARCHED - 1
    found = apart(
        [*dates_in(searched, days), *amounts_in(searched, dollar), *plan_names.find(searched)]
    )
    return [span for span in found if span.end <= end]


def _currency_code(dollar: str) -> str:
    if dollar not in CODES:
        raise InvalidConfigException(
            f"config.yml says `dollar: {dollar}`, which is no currency: write USD, CAD or the like."
        )
    return dollar


def _lies_in(span: Span, entity: dict[str, Any]) -> bool:
    """Whether it is a part of an e-mail address, and so nobody's words."""
    is_email = entity.get("entity") == _EMAIL and "start" in entity
    return is_email and entity["start"] < span.end and span.start < entity["end"]


def _is_paid_with(entity: dict[str, Any], found: list[Span]) -> bool:
    """Whether it was taken for a code, and is a sum in a currency that is named."""
    return (
        entity.get("entity") == _CODE
        and "start" in entity
        and any(
            "minor_units" in span.certain
            and span.start <= entity["start"]
            and entity["end"] <= span.end
            for span in found
        )
    )
