"""A thing found in a text, and how several that lie on one another become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

EXTRACTOR = "DateAmountPlanExtractor"


@dataclass(frozen=True)
class Span:
    """Where something lies in the text, in whose words, and what is certain about it."""

    entity: str
    start: int
    end: int
    value: str
    certain: Mapping[str, str | int] = field(default_factory=dict)

    def as_rasa_writes_it(self) -> dict[str, object]:
        """An entity of Rasa's; what is certain stands beside the value."""
        return {
            "entity": self.entity,
            "value": self.value,
            "start": self.start,
            "end": self.end,
            "extractor": EXTRACTOR,
            **self.certain,
        }


def apart(spans: Iterable[Span]) -> list[Span]:
    """The spans that do not overlap, in the order of the text; the longer of two stays.

    Of two as long as each other the one that was given first stays.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start - each.end):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda each: each.start)
