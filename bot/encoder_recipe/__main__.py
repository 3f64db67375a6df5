"""`python -m bot.encoder_recipe`: makes the sentence encoder out of the pretrained one.

Writes `encoder.onnx.gz` and `SHA256SUMS` into the output directory; README.md says when to run it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from bot.encoder_recipe import base, examples, export, training
from bot.nlu.sentence_encoder import SHIPPED
from bot.nlu.wording import plain_words
from bot.project import Project

SEED = 20261124


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the examples, train, say how well it hears what was held back, write the file."""
    options = _parser().parse_args(arguments)
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    learnt, held_back = examples.read(options.data / "nlu")
    sys.stderr.write(f"{len(learnt)} examples to learn from, {len(held_back)} held back\n")
    start = base.load(plain_words(example.text) for example in learnt)
    pupil = training.Pupil.of(start, [*learnt, *held_back])
    training.train(pupil, learnt, options.epochs, options.seed)
    share = training.share_right(pupil, held_back)
    sys.stderr.write(f"Of those held back, {100 * share:.1f} % are heard exactly.\n")
    export.write(start, options.out)
    sys.stderr.write(f"Written to {options.out}; train the model anew with `make train`.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.encoder_recipe", description=__doc__)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--data", type=Path, default=Project.data)
    parser.add_argument("--epochs", type=float, default=4.0, help="rounds over all examples")
    parser.add_argument("--seed", type=int, default=SEED)
    return parser


if __name__ == "__main__":
    sys.exit(main())
