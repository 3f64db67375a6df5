"""Rasa component: finds e-mail addresses and one-time codes in a message."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

LONGEST_SEARCHED = 5_000

# Every repetition is bounded, so that no text makes the search slow.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.%+'-]{1,64}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?![\w-])")
# Four to eight digits, perhaps in groups ("123 456", "1234-5678"), and not part of a longer number.
_CODE = re.compile(r"(?<![\w.,/@#€$£+-])\d{2,8}(?:[ -]\d{2,4}){0,3}(?![\w@%€$£]|[.,/-]\d)")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ContactEntityExtractor(GraphComponent):
    """Sets the entities `email` and `code`."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ContactEntityExtractor:
        """Make the component; there is nothing to learn."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to each message's entities."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = contact_entities(text)
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


def contact_entities(text: str) -> list[dict[str, Any]]:
    """The e-mail addresses and codes of a text, as Rasa writes entities."""
    searched = text[:LONGEST_SEARCHED]
    emails = [_entity("email", found, found.group()) for found in _EMAIL.finditer(searched)]
    codes = [
        _entity("code", found, digits)
        for found in _CODE.finditer(searched)
        if 4 <= len(digits := re.sub(r"\D", "", found.group())) <= 8
        and not any(email["start"] <= found.start() < email["end"] for email in emails)
    ]
    return [*emails, *codes]


def _entity(name: str, found: re.Match[str], value: str) -> dict[str, Any]:
    return {
        "entity": name,
        "value": value,
        "start": found.start(),
        "end": found.end(),
        "extractor": "ContactEntityExtractor",
    }
