"""Which of a response's variants is said: the first at first, and the next when it is said again.

Rasa draws one by chance, so that a customer may hear twice in a row what they have just read,
though other words for it are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import NaturalLanguageGenerator, ResponseVariationFilter


class VariantsInOrder(TemplatedNaturalLanguageGenerator):
    """Says the variants of domain.yml in the order in which they stand there, then anew.

    `said` is how often each response with several variants was said in this talk, by its name; it
    is read, and counted on in `self.said`.
    """

    def __init__(self, responses: dict[str, list[dict[str, Any]]], said: Mapping[str, int]) -> None:
        super().__init__(responses)
        self.said = dict(said)

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            return None
        fitting = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, filled_slots
        )
        if not fitting:
            return None
        times = self.said.get(utter_action, 0)
        if len(fitting) > 1:
            self.said[utter_action] = times + 1
        variant: dict[str, Any] = fitting[times % len(fitting)]
        return variant


def in_order(
    generator: NaturalLanguageGenerator, said: Mapping[str, int]
) -> NaturalLanguageGenerator:
    """What says the responses of one turn; one that endpoints.yml names stays as it is."""
    if type(generator) is TemplatedNaturalLanguageGenerator:
        return VariantsInOrder(generator.responses, said)
    return generator


def times_said(generator: NaturalLanguageGenerator) -> dict[str, int]:
    """What the next turn of this talk shall begin with as `said`."""
    return generator.said if isinstance(generator, VariantsInOrder) else {}
