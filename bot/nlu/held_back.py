"""Which examples the encoder never learns from, so that confidence can be measured on them."""

from __future__ import annotations

import hashlib

OF_256 = 20
"""How many of 256 examples are held back: one in thirteen."""


def is_held_back(text: str) -> bool:
    """Whether an example (as `clean` leaves it) is kept from the encoder's training.

    It hangs on the text alone, so it stays so when the encoder is made anew.
    """
    return hashlib.sha256(text.encode("utf-8")).digest()[0] < OF_256
