"""Writes the encoder as one file: eight-bit weights, the mean at the end, the tokenizer inside."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from bot.encoder_recipe.base import Base
from bot.nlu.sentence_encoder import MODEL, SUMS

OPERATOR_SET = 17
MOST_BYTES = 25_000_000


def write(base: Base, directory: Path) -> None:
    """Write `encoder.onnx.gz` and `SHA256SUMS`. Raises ValueError when that came out too large."""
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        base.model.config._attn_implementation = "eager"
        torch.onnx.export(
            _OneText(base.model).eval(),
            (torch.tensor([base.tokenizer.encode("close my account").ids]),),
            str(whole),
            input_names=["input_ids"],
            output_names=["sentence"],
            dynamic_axes={"input_ids": {1: "pieces"}},
            opset_version=OPERATOR_SET,
            dynamo=False,
        )
        quantize_dynamic(
            str(whole),
            str(small),
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gather"],
        )
        model = onnx.load(str(small))
        model.metadata_props.add(key="tokenizer", value=base.tokenizer.to_str())
        content = gzip.compress(model.SerializeToString(), mtime=0)
    if len(content) > MOST_BYTES:
        raise ValueError(f"The encoder has {len(content)} bytes; at most {MOST_BYTES} are meant.")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MODEL).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (directory / SUMS).write_text(f"{digest}  {MODEL}\n", encoding="utf-8")


class _OneText(nn.Module):
    """The encoder of one text at a time, so that nothing is padding."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model

    def forward(self, input_ids: Any) -> Any:
        mask = torch.ones_like(input_ids)
        words = self._model(input_ids=input_ids, attention_mask=mask).last_hidden_state
        return words.mean(1)
