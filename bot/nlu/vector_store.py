"""Sentence vectors of the examples: those that come with the encoder, and those kept since.

Encoding all examples is most of a training. What a designer changes are a few lines, so the vectors
of the others are read: in a fresh checkout from the encoder's folder, later from `var/` as well.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from bot.nlu.sentence_encoder import (
    DIMENSION,
    Vectors,
    encoder_digest,
    encoder_directory,
    shared_encoder,
)
from bot.nlu.wording import plain_words
from bot.project import ROOT

FOLDER = ROOT / "var" / "sentence-vectors"
COME_WITH_THE_ENCODER = "example_vectors.npz"
MOST_KEPT = 60_000
"""Three to four times the shipped examples; each takes 1.6 kilobytes."""
UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What reading a file of vectors raises that is missing, another kind of file, or half of one."""
_FINEST = 127
"""Numbers from minus this to this fit eight bits."""


def vectors_of(texts: Sequence[str], folder: Path = FOLDER) -> Vectors:
    """One row for each cleaned text, in order; new texts are encoded on all cores."""
    if not texts:
        return np.zeros((0, DIMENSION), dtype=np.float32)
    words = [plain_words(text) for text in texts]
    keys = [_key(each) for each in words]
    file = folder / f"{encoder_digest()[:16]}-exact.npz"
    kept = _read(file)
    known = read_shipped(encoder_directory()) | kept
    missing = {key: each for key, each in zip(keys, words, strict=True) if key not in known}
    if missing:
        found = dict(zip(missing, _encode(missing.values()), strict=True))
        known |= found
        # A small project trained beside this one must not cost it the vectors it had.
        newest = found | kept
        _write(file, dict(islice(newest.items(), max(MOST_KEPT, len(found)))))
    return np.stack([known[key] for key in keys])


def write_shipped(texts: Sequence[str], directory: Path) -> int:
    """Write the vectors of cleaned texts beside the encoder in use; how many there are.

    Eight bits a number are enough to learn from: rounding moves a vector by less than one percent.
    """
    words = {_key(each): each for each in map(plain_words, texts)}
    vectors = np.stack(_encode(words.values()))
    scales = np.abs(vectors).max(axis=1, keepdims=True) / _FINEST
    np.savez_compressed(
        directory / COME_WITH_THE_ENCODER,
        encoder=np.array(encoder_digest()),
        keys=np.array(list(words)),
        numbers=np.round(vectors / scales).astype(np.int8),
        scales=scales.astype(np.float32),
    )
    return len(words)


def read_shipped(directory: Path) -> dict[str, Vectors]:
    """The vectors that came with an encoder; none where there are none, or another encoder's."""
    try:
        with np.load(directory / COME_WITH_THE_ENCODER, allow_pickle=False) as arrays:
            if arrays["encoder"].item() != encoder_digest():
                return {}
            vectors = arrays["numbers"] * arrays["scales"]
            return dict(zip(arrays["keys"].tolist(), vectors, strict=True))
    except UNREADABLE:
        return {}


def _key(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8")).hexdigest()[:24]


def _encode(words: Iterable[str]) -> list[Vectors]:
    # The encoder computes outside of Python's lock, each text on one core.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(shared_encoder().encode, words))


def _read(file: Path) -> dict[str, Vectors]:
    """What was kept; nothing when the file is missing or was left half written by another hand."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return dict(zip(arrays["keys"].tolist(), arrays["vectors"], strict=True))
    except UNREADABLE:
        return {}


def _write(file: Path, vectors: dict[str, Vectors]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".half", delete=False) as half:
        np.savez(half, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
    Path(half.name).replace(file)
    for other in file.parent.glob("*.npz"):
        if other != file:
            other.unlink(missing_ok=True)
