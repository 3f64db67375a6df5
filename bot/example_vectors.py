"""`python -m bot.example_vectors`: writes the vectors that come with the encoder anew.

With them a fresh checkout learns the intents without encoding every example first. Examples that
were added since are encoded at the next training, so the file need not follow every change.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.encoder_recipe import examples
from bot.nlu.sentence_encoder import encoder_directory
from bot.nlu.vector_store import COME_WITH_THE_ENCODER, write_shipped
from bot.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Encode all examples, in a few minutes; say where the vectors are and how many."""
    options = _parser().parse_args(arguments)
    learnt, held_back = examples.read(options.data / "nlu")
    sys.stderr.write(f"Encoding {len(learnt) + len(held_back):,} examples, which takes minutes …\n")
    number = write_shipped([each.text for each in (*learnt, *held_back)], encoder_directory())
    print(f"{encoder_directory() / COME_WITH_THE_ENCODER}: {number:,} vectors")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.example_vectors", description=__doc__)
    parser.add_argument("--data", type=Path, default=Project.data)
    return parser


if __name__ == "__main__":
    sys.exit(main())
