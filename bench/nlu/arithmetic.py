"""`python -m bench.nlu.arithmetic`, by the bot's Python: what exact arithmetic changes and costs.

Encodes messages of our own test set with `session.x64quantprecision` and without, on the processor
at hand. With VNNI both are the same.
"""

import gzip
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ENCODER = CHECKOUT / "bot" / "encoder" / "encoder.onnx.gz"
MESSAGES = Path(__file__).with_name("messages.jsonl")
EVERY = 5


def main() -> int:
    """Measure and print."""
    lines = MESSAGES.read_text("utf-8").splitlines()[::EVERY]
    texts = [json.loads(line)["text"] for line in lines]
    content = gzip.decompress(ENCODER.read_bytes())
    exact, exactly = _encoded(content, texts, "1")
    hasty, hastily = _encoded(content, texts, "0")
    apart = np.linalg.norm(hasty - exact, axis=1) / np.linalg.norm(exact, axis=1)
    sys.stdout.write(
        f"{len(texts)} messages: vectors are {100 * apart.mean():.1f} % apart on average, "
        f"{100 * apart.max():.1f} % at the most; {exactly:.1f} ms of one core a message exactly, "
        f"{hastily:.1f} without.\n"
    )
    return 0


def _encoded(content: bytes, texts: Sequence[str], precisely: str) -> tuple[Any, float]:
    """A row for each text, and the milliseconds of processor time for one."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", precisely)
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_str(session.get_modelmeta().custom_metadata_map["tokenizer"])
    pieces = [np.array([tokenizer.encode(text.lower()).ids], dtype=np.int64) for text in texts]
    began = time.process_time()
    rows = [session.run(None, {"input_ids": each})[0][0] for each in pieces]
    return np.stack(rows), 1_000 * (time.process_time() - began) / len(texts)


if __name__ == "__main__":
    sys.exit(main())
