"""`python -m bench.nlu.worker learn|answer NAME FOLDER`: one approach, in its own environment.

`learn` reads the folder's `examples.jsonl` and writes what was learnt, and `learning.json` with
the seconds of one core that it took. `answer` reads texts, one a line, and answers each with a JSON
line, like `bot.predict`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from bench.nlu.approaches import Approach, approach
from bench.nlu.encoders import seconds_spared

EXAMPLES = "examples.jsonl"
OPTIONS = "options.json"
LEARNING = "learning.json"


def main() -> None:
    """Do what is asked."""
    asked, name, place = sys.argv[1:]
    folder = Path(place)
    chosen = approach(name, json.loads((folder / OPTIONS).read_text("utf-8")))
    if asked == "learn":
        learn(chosen, folder)
    else:
        answer(chosen, folder)


def learn(chosen: Approach, folder: Path) -> None:
    """Learn, and write down what it took."""
    lines = (folder / EXAMPLES).read_text("utf-8").splitlines()
    texts, intents = zip(*(json.loads(line) for line in lines), strict=True)
    began = time.process_time()
    chosen.train(texts, intents)
    seconds = time.process_time() - began + seconds_spared()
    chosen.save(folder)
    (folder / LEARNING).write_text(json.dumps({"seconds": seconds}), encoding="utf-8")


def answer(chosen: Approach, folder: Path) -> None:
    """Answer each line as it comes; whatever a library has to say goes to the error output."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    chosen.load(folder)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    for line in sys.stdin:
        heard = chosen.predict(line.rstrip("\r\n"))
        said = {"intents": heard.intents, "confidence": heard.confidence}
        answers.write(json.dumps(said) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
