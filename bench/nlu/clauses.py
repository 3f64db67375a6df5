"""Cuts a message into the parts that may each carry a wish or a reason of their own."""

import re

MOST_CLAUSES = 8

_CUT = re.compile(
    r"(?<=[.!?;…])\s+"
    r"|\s+-\s+"
    r"|,?\s+(?:but|because|and|so|since)\s+(?=\w+\s+\w+\s+\w+)"
    r"|,\s+(?=\w+\s+\w+)"
)


def clauses(text: str) -> list[str]:
    """The message's clauses of two words and more; none when the message is all one."""
    parts = [part for part in _CUT.split(text) if len(part.split()) >= 2]
    return parts[:MOST_CLAUSES] if len(parts) > 1 else []
