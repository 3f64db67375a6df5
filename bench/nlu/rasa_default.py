"""Rasa's default way of understanding (DIET), learnt from the same examples.

Runs in `bench/rasa-default`'s environment.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.default_project import CONFIGURATION, MODEL, NAME
from bench.nlu.answer import Answer
from bench.nlu.approaches import Approach
from bot.nlu.text import clean

EPOCHS = 100
_ANNOTATION = re.compile(r"[\[\]]")


class RasaDefault(Approach):
    """Rasa's default pipeline, without the policies, which understand nothing."""

    def __init__(self, epochs: int = EPOCHS) -> None:
        self._configuration = CONFIGURATION.partition("policies:")[0].replace(
            f"epochs: {EPOCHS}", f"epochs: {epochs}"
        )
        self._folder = tempfile.TemporaryDirectory(prefix="bench-rasa-nlu-")
        self._agent: Any = None

    def train(self, texts: Sequence[str], intents: Sequence[Sequence[str]]) -> None:
        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        from rasa.model_training import train_nlu

        place = Path(self._folder.name)
        (place / "config.yml").write_text(self._configuration, encoding="utf-8")
        (place / "nlu.yml").write_text(_examples(texts, intents), encoding="utf-8")
        train_nlu(
            config=str(place / "config.yml"),
            nlu_data=str(place / "nlu.yml"),
            output=str(place),
            fixed_model_name=NAME,
        )

    def predict(self, text: str) -> Answer:
        # A text that begins with a slash would be taken for a command.
        read = asyncio.run(self._agent.parse_message(clean(text)))
        intent = read["intent"]
        return Answer(tuple(intent["name"].split("+")), float(intent["confidence"]))

    def save(self, folder: Path) -> None:
        shutil.copyfile(Path(self._folder.name) / MODEL, folder / MODEL)

    def load(self, folder: Path) -> None:
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(folder / MODEL))


def _examples(texts: Sequence[str], intents: Sequence[Sequence[str]]) -> str:
    """The examples as Rasa reads them; a bracket would begin an entity."""
    by_label: dict[str, list[str]] = {}
    for text, carried in zip(texts, intents, strict=True):
        by_label.setdefault("+".join(carried), []).append(_ANNOTATION.sub(" ", clean(text)))
    blocks = [
        f"- intent: {label}\n  examples: |\n" + "".join(f"    - {line}\n" for line in lines)
        for label, lines in by_label.items()
    ]
    return 'version: "3.1"\nnlu:\n' + "".join(blocks)
