"""`python -m bot.predict`: what the model hears in texts, one a line on stdin.

Writes one JSON line for each, empty ones too, in order:
`{"text": "...", "intents": ["cancel", "reason_price"], "confidence": 0.97}`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TextIO

from bot.model_archive import load_understanding
from bot.neutral_labels import NEUTRAL_LABELS
from bot.nlu.understanding import Understanding
from bot.project import ROOT, Project

NO_MODEL = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Read texts, write what was heard."""
    options = _parser().parse_args(arguments)
    if options.intents:
        print(json.dumps(NEUTRAL_LABELS, indent=2))
        return 0
    model = options.model or Project().model(ROOT / "models")
    if not model.exists():
        print(f"There is no current model at {model}; run bot.train.", file=sys.stderr)
        return NO_MODEL
    # Texts may hold any bytes and any control character; only a line feed ends one.
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    predict(load_understanding(model), sys.stdin, sys.stdout)
    return 0


def predict(understanding: Understanding, texts: TextIO, answers: TextIO) -> None:
    """Answer each line as it comes, in order; lines that are there already use all cores."""
    cores = os.cpu_count() or 1
    begun: Queue[Future[str] | None] = Queue(maxsize=4 * cores)
    with ThreadPoolExecutor(cores) as pool:

        def read() -> None:
            try:
                for line in texts:
                    begun.put(pool.submit(_answer, understanding, line.rstrip("\r\n")))
            finally:
                begun.put(None)

        # It may wait for a line that never comes; that keeps nobody from ending.
        Thread(target=read, name="lines", daemon=True).start()
        while (answer := begun.get()) is not None:
            answers.write(answer.result() + "\n")
            answers.flush()


def _answer(understanding: Understanding, text: str) -> str:
    heard, _ = understanding.hear(text)
    said = {
        "text": text,
        "intents": list(heard.intents),
        "confidence": round(heard.confidence, 4),
    }
    return json.dumps(said, ensure_ascii=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.predict", description=__doc__)
    parser.add_argument("--model", type=Path, help="model file; default: the current one")
    parser.add_argument(
        "--intents", action="store_true", help="print how intents map to the neutral labels"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
