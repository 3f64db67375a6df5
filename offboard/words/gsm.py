"""How an SMS is made of a text: its alphabet, and into how many segments it is cut.

3GPP TS 23.038: seven bits a character in the basic alphabet, twice that for those of its extension.
One character outside of both turns the whole text into UCS-2, of which fewer than half fit.
"""

from collections.abc import Mapping

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

REPLACEMENTS: Mapping[str, str] = {
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{BULLET}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{RIGHTWARDS ARROW}": "->",
    "\t": " ",
    "`": "'",
}
"""What to write for the characters that editors like to put in."""


def outside(text: str) -> list[str]:
    """The characters of a text that the alphabet lacks, each once, in their order."""
    return [each for each in dict.fromkeys(text) if each not in _BASIC and each not in _EXTENSION]


def segments(text: str) -> int:
    """Into how many parts a text is cut on its way."""
    if outside(text):
        return _parts(len(text.encode("utf-16-le")) // 2, alone=70, joined=67)
    return _parts(sum(2 if each in _EXTENSION else 1 for each in text), alone=160, joined=153)


def _parts(length: int, *, alone: int, joined: int) -> int:
    return 1 if length <= alone else -(-length // joined)
