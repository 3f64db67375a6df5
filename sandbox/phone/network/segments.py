"""How many parts a text is sent in, by 3GPP TS 23.038 (the alphabets) and 23.040 (the parts)."""

from dataclasses import dataclass

GSM_7 = "GSM-7"
UCS_2 = "UCS-2"

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Each takes the room of two."""
_ROOM = {GSM_7: (160, 153), UCS_2: (70, 67)}
"""In a text of one part, and in each part of a longer one."""


@dataclass(frozen=True)
class Length:
    """What a text takes."""

    segments: int
    alphabet: str


def measured(body: str) -> Length:
    """The number of parts, and the alphabet that all of it fits in."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in body):
        alphabet, sizes = GSM_7, [2 if letter in _EXTENDED else 1 for letter in body]
    else:
        alphabet, sizes = UCS_2, [2 if ord(letter) > 0xFFFF else 1 for letter in body]
    alone, in_a_part = _ROOM[alphabet]
    if sum(sizes) <= alone:
        return Length(1, alphabet)
    parts, used = 1, 0
    for size in sizes:  # what takes the room of two is never torn apart
        if used + size > in_a_part:
            parts, used = parts + 1, 0
        used += size
    return Length(parts, alphabet)
