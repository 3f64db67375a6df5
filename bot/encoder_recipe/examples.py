"""The examples the encoder learns from: `data/nlu/`, without those that are held back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from bot.nlu.held_back import is_held_back
from bot.nlu.labels import SEPARATOR, is_button
from bot.nlu.text import clean


@dataclass(frozen=True)
class Example:
    """A cleaned text and the intents it carries."""

    text: str
    intents: frozenset[str]


def read(folder: Path) -> tuple[list[Example], list[Example]]:
    """All examples of the folder's files, once each: those to learn from, those held back."""
    found: dict[str, Example] = {}
    for path in sorted(folder.rglob("*.yml")):
        for example in _of_file(path):
            found.setdefault(example.text.lower(), example)
    learnt = [example for example in found.values() if not is_held_back(example.text)]
    held_back = [example for example in found.values() if is_held_back(example.text)]
    return learnt, held_back


def _of_file(path: Path) -> Iterator[Example]:
    for group in YAML(typ="safe").load(path).get("nlu", []):
        if "intent" not in group:
            continue  # a list of names
        for line in group["examples"].splitlines():
            text = line.strip().removeprefix("- ")
            if text and not is_button(text):
                yield Example(clean(text), frozenset(group["intent"].split(SEPARATOR)))
