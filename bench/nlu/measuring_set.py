"""A measuring set that is not in the repository, counted by the scorer that it brings.

A folder with `score.py`, which knows where its messages are: `score.py --dump-texts FILE` writes
their texts, `score.py ANSWERS MAPPING --json FILE` the figures. Its messages are never shown here.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.nlu.answer import Answer
from bench.nlu.scoring import Figures, Share
from bench.processes import BenchError
from bench.rasas import CHECKOUT
from offboard import bot

_TWO_INTENTS = re.compile(r"multi-intent items\s+[\d.]+%\s+\((\d+)/(\d+)")


@dataclass(frozen=True)
class MeasuringSet:
    """The texts of a measuring set, and its scorer."""

    scorer: Path
    messages: list[dict[str, str]]

    @classmethod
    def of(cls, folder: Path) -> "MeasuringSet":
        """Have the scorer write the texts; raises BenchError when it cannot."""
        scorer = folder / "score.py"
        with tempfile.TemporaryDirectory(prefix="bench-set-") as place:
            texts = Path(place) / "texts.jsonl"
            _score(scorer, "--dump-texts", str(texts))
            lines = texts.read_text("utf-8").splitlines()
        return cls(scorer, [json.loads(line) for line in lines if line.strip()])

    @property
    def texts(self) -> list[str]:
        """What is asked."""
        return [message["text"] for message in self.messages]

    def figures(self, answers: Sequence[Answer]) -> Figures:
        """What the scorer says of answers to all texts, in their order."""
        with tempfile.TemporaryDirectory(prefix="bench-set-") as place:
            given, mapping, report = (
                Path(place) / name for name in ("answers.jsonl", "mapping.json", "report.json")
            )
            lines = (
                {**message, "intents": answer.intents, "confidence": answer.confidence}
                for message, answer in zip(self.messages, answers, strict=True)
            )
            given.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
            mapping.write_text(neutral_labels(), encoding="utf-8")
            said = _score(self.scorer, str(given), str(mapping), "--json", str(report))
            return _figures(json.loads(report.read_text("utf-8")), said)


def neutral_labels() -> str:
    """How our intents map to the labels of measuring sets: `offboard nlu predict --intents`."""
    command = bot.command("bot.predict", "--intents")
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"bot.predict --intents failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def _figures(report: dict[str, Any], said: str) -> Figures:
    items = int(report["items"])
    two = _TWO_INTENTS.search(said)
    return Figures(
        top_1=_share_of(report["accuracy_top1"], items),
        whole=_share_of(report["accuracy"], items),
        macro_f1=report["macro_f1"],
        false_cancels=Share(report["false_cancels"], report["not_cancel_items"]),
        missed_cancels=Share(report["missed_cancels"], report["cancel_items"]),
        two_intents=Share(int(two[1]), int(two[2])) if two else None,
        out_of_scope=_of_unknown_size(report["oos_recall"]),
        sent_away=_of_unknown_size(report["in_scope_to_oos"]),
    )


def _share_of(rate: float | None, items: int) -> Share:
    return Share(round((rate or 0.0) * items), items)


def _of_unknown_size(rate: float | None) -> Share | None:
    """A rate of which the scorer does not say how many it counted: in ten thousandths."""
    return None if rate is None else Share(round(rate * 10_000), 10_000)


def _score(scorer: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(scorer), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{scorer} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout
