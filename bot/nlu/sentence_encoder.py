"""The sentence encoder: texts in, vectors out. One file, made by `bot/encoder_recipe`."""

from __future__ import annotations

import gzip
import hashlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

DIRECTORY_SETTING = "OFFBOARD_ENCODER_DIRECTORY"
SHIPPED = Path(__file__).resolve().parent.parent / "encoder"
MODEL = "encoder.onnx.gz"
SUMS = "SHA256SUMS"
DIMENSION = 384
# A message says what it wants at its beginning or at its end; what lies between is left out.
LONGEST_BEGINNING = 96
LONGEST_END = 64

Vectors = npt.NDArray[np.float32]


class EncoderFilesError(Exception):
    """The encoder's file is missing, or is not the one that was chosen."""


class SentenceEncoder:
    """Encodes sentences; holds the model, is safe to share."""

    def __init__(self, model: bytes) -> None:
        options = onnxruntime.SessionOptions()
        # One short text at a time is quickest on one thread, and leaves the cores to others.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Else a processor that lacks VNNI adds in 16 bits, which overflow: vectors were a tenth
        # off. Every processor is to hear the same, and it costs no time
        # (docs/decisions/0018-vectors-come-with-the-encoder.md).
        options.add_session_config_entry("session.x64quantprecision", "1")
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        described = self._session.get_modelmeta().custom_metadata_map
        if "tokenizer" not in described:
            raise EncoderFilesError(f"{MODEL} holds no tokenizer; bot/encoder_recipe puts it in.")
        self._tokenizer = Tokenizer.from_str(described["tokenizer"])
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def encode(self, text: str) -> Vectors:
        """The vector of a text, of `DIMENSION` numbers.

        The eight-bit weights are scaled to each run, so texts never share one: a text's vector
        depends on nothing else.
        """
        pieces = self._tokenizer.encode(text).ids
        if len(pieces) > LONGEST_BEGINNING + LONGEST_END:
            pieces = pieces[:LONGEST_BEGINNING] + pieces[-LONGEST_END:]
        identifiers = np.array([pieces], dtype=np.int64)
        vector: Vectors = self._session.run(None, {"input_ids": identifiers})[0][0]
        return vector


def encoder_directory() -> Path:
    """Where the encoder in use is: shipped, or the operator's."""
    return Path(os.environ.get(DIRECTORY_SETTING) or SHIPPED)


def encoder_digest() -> str:
    """The SHA-256 of the encoder in use, as `SHA256SUMS` has it."""
    return (_read(encoder_directory() / SUMS).decode("utf-8").split() or [""])[0]


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The encoder of this process, loaded once: the one that is shipped, or the operator's.

    Raises EncoderFilesError when a file is missing or is not the one that `SHA256SUMS` names.
    """
    return load_encoder(encoder_directory())


def load_encoder(directory: Path) -> SentenceEncoder:
    """The encoder of a directory with `encoder.onnx.gz` and `SHA256SUMS`."""
    content = _read(directory / MODEL)
    expected = _read(directory / SUMS).decode("utf-8").split()[:1]
    found = hashlib.sha256(content).hexdigest()
    if [found] != expected:
        raise EncoderFilesError(
            f"{directory / MODEL} has SHA-256 {found}, but {SUMS} beside it names {expected}."
        )
    return SentenceEncoder(gzip.decompress(content))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EncoderFilesError(f"{path} cannot be read: {error}") from error
