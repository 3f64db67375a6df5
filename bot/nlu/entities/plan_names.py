"""Finds the plans and products that a message names, from the list that the company keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import regex
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.entities.span import Span, apart

PLAN = "plan"
"""The lookup table of names that hardly mean anything else; their case does not matter."""
AS_WRITTEN = "plan_as_written"
"""The lookup table of names that are everyday words: these count with their capital alone."""
NOT_MEANT = "plan_not_meant"
"""The lookup table of phrases in which such a word is no plan: "dear Team"."""

_FILE = "plan_names.json"


@dataclass(frozen=True)
class PlanNames:
    """How customers name the plans."""

    called: Mapping[str, str | None] = field(default_factory=dict)
    """What they may say, in lower case, and the company's name; None where no plan is meant."""
    as_written: tuple[str, ...] = ()
    """The names that count as they are written, inside a sentence."""

    @classmethod
    def listed_in(cls, data: TrainingData) -> PlanNames:
        """Take the names out of the lookup tables and synonyms of the training data."""
        called = {
            **dict.fromkeys(_listed(data, NOT_MEANT)),
            **data.entity_synonyms,
            **{name: name for name in _listed(data, PLAN)},
        }
        return cls(
            {said.casefold(): name for said, name in called.items()},
            tuple(_listed(data, AS_WRITTEN)),
        )

    @classmethod
    def load(cls, directory: Path) -> PlanNames:
        """Read what `save` wrote."""
        kept = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        return cls(kept["called"], tuple(kept["as_written"]))

    def save(self, directory: Path) -> None:
        """Write the names into a model's directory."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (directory / _FILE).write_text(text, encoding="utf-8")

    def find(self, text: str) -> list[Span]:
        """The plans named in a text, none on another: of "Pro yearly" and "Pro" the longer."""
        phrases = apart(
            Span(PLAN, found.start(), found.end(), self._name(found.group()) or "")
            for found in self._pattern.finditer(text, overlapped=True)
        )
        return [phrase for phrase in phrases if phrase.value]

    def _name(self, said: str) -> str | None:
        return said if said in self.as_written else self.called.get(said.casefold())

    @cached_property
    def _pattern(self) -> regex.Pattern[str]:
        return regex.compile(
            r"(?<![\w-])(?:(?i:\L<called>)|(?<=[\w,;:]\s)\L<as_written>)(?![\w-])",
            called=list(self.called),
            as_written=list(self.as_written),
        )


def _listed(data: TrainingData, table: str) -> list[str]:
    return [
        element.strip()
        for each in data.lookup_tables
        if each["name"] == table
        for element in each["elements"]
        if element.strip()
    ]
