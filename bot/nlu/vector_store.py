"""Sentence vectors of the examples, kept from one training to the next.

Encoding all examples is most of a training. What a designer changes are a few lines, so the vectors
of the others are kept, in one file for each encoder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np

from bot.nlu.sentence_encoder import DIMENSION, Vectors, encoder_digest, shared_encoder
from bot.nlu.wording import plain_words
from bot.project import ROOT

FOLDER = ROOT / "var" / "sentence-vectors"
MOST_KEPT = 60_000
"""Three to four times the shipped examples; each takes 1.6 kilobytes."""


def vectors_of(texts: Sequence[str], folder: Path = FOLDER) -> Vectors:
    """One row for each cleaned text, in order; new texts are encoded on all cores."""
    if not texts:
        return np.zeros((0, DIMENSION), dtype=np.float32)
    words = [plain_words(text) for text in texts]
    keys = [hashlib.sha256(each.encode("utf-8")).hexdigest()[:24] for each in words]
    file = folder / f"{encoder_digest()[:16]}.npz"
    known = _read(file)
    missing = {key: each for key, each in zip(keys, words, strict=True) if key not in known}
    if missing:
        # The encoder computes outside of Python's lock, each text on one core.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(shared_encoder().encode, missing.values())
            known |= dict(zip(missing, found, strict=True))
        used = {key: known[key] for key in keys}
        # A small project trained beside this one must not cost it the vectors it had.
        unused = {key: vector for key, vector in known.items() if key not in used}
        _write(file, dict(islice((used | unused).items(), max(MOST_KEPT, len(used)))))
    return np.stack([known[key] for key in keys])


def _read(file: Path) -> dict[str, Vectors]:
    """What was kept; nothing when the file is missing or was left half written by another hand."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return dict(zip(arrays["keys"].tolist(), arrays["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}


def _write(file: Path, vectors: dict[str, Vectors]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".half", delete=False) as half:
        np.savez(half, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
    Path(half.name).replace(file)
    for other in file.parent.glob("*.npz"):
        if other != file:
            other.unlink(missing_ok=True)
