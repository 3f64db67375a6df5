"""Twilio's own calculator (tools/segments_oracle.py), asked in one process of Node."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from channels.sms.segments import Encoding, Segmentation
from tools.segments_oracle import PROGRAM

_ENCODINGS = {"GSM-7": Encoding.GSM7, "UCS-2": Encoding.UCS2}


class SegmentsOracle:
    """Twilio's calculator: a line of texts in, a line of counts out."""

    def __init__(self, asked: IO[str], answered: IO[str]) -> None:
        self._asked = asked
        self._answered = answered

    def segmentations(self, texts: Sequence[str]) -> list[Segmentation]:
        """What it counts for each text."""
        self._asked.write(f"{json.dumps(texts)}\n")
        self._asked.flush()
        return [
            Segmentation(_ENCODINGS[each["encoding"]], each["segments"], each["units"])
            for each in json.loads(self._answered.readline())
        ]


@contextmanager
def started() -> Iterator[SegmentsOracle]:
    """The calculator, ready to be asked; it ends with its input."""
    assert PROGRAM.exists(), (
        "Twilio's calculator is missing: `tools/python -m tools.segments_oracle` installs it"
    )
    with subprocess.Popen(
        ["node", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield SegmentsOracle(process.stdin, process.stdout)
