"""How an SMS is made of a text: its alphabet, its segments, and where a long text is cut.

3GPP TS 23.038: seven bits a character in the basic alphabet (GSM-7), twice that for those of its
extension. One character outside of both turns the whole text into UCS-2, of which fewer than half
fit. Counting is as in Twilio's own calculator (npm sms-segments-calculator 1.3.0), which the tests
ask: nothing that reads as one character is cut in two, neither an extension character nor an emoji.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from channels.sms.graphemes import graphemes

MOST_SEGMENTS_A_TEXT = 3
"""Longer ones are cut, reordered or dropped on their way, and nobody reads them."""
MOST_SEGMENTS_A_TURN = 5

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """In what a text travels."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"

    @property
    def alone(self) -> int:
        """How many units a text of one segment has at most."""
        return 160 if self is Encoding.GSM7 else 70

    @property
    def joined(self) -> int:
        """How many units a segment has at most that is one of several: the rest says which."""
        return 153 if self is Encoding.GSM7 else 67


@dataclass(frozen=True)
class Segmentation:
    """What a text costs. `units` are septets in GSM-7 and 16-bit code units in UCS-2."""

    encoding: Encoding
    segments: int
    units: int


def segmentation(text: str) -> Segmentation:
    """How a text travels, exactly; an empty one takes a segment too."""
    encoding = Encoding.UCS2 if outside(text) else Encoding.GSM7
    sizes = list(_sizes(text, encoding))
    units = sum(sizes)
    segments = 1 if units <= encoding.alone else _filled(sizes, encoding.joined)
    return Segmentation(encoding, segments, units)


def outside(text: str) -> list[str]:
    """The characters of a text that GSM-7 lacks, each once, in their order."""
    return [each for each in dict.fromkeys(text) if each not in _BASIC and each not in _EXTENSION]


def _sizes(text: str, encoding: Encoding) -> Iterator[int]:
    """The units of each thing that is not cut in two."""
    if encoding is Encoding.GSM7:
        yield from (2 if character in _EXTENSION else 1 for character in text)
        return
    for grapheme in graphemes(text):
        units = [2 if ord(character) > 0xFFFF else 1 for character in grapheme]
        if sum(units) > encoding.joined:
            yield from units  # a letter under a heap of marks that no segment holds
        else:
            yield sum(units)


def _filled(sizes: Sequence[int], room: int) -> int:
    segments, used = 1, 0
    for size in sizes:
        if used + size > room:
            segments, used = segments + 1, 0
        used += size
    return segments


_SAME_IN_GSM7: Mapping[str, str] = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u00b4\u02b9\u02bb\u02bc\u02bd`",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63"  # dashes, minus
    "\u2022\u2023\u25aa\u25ab\u25cf\u25e6",  # bullets
    "...": "\u2026",
    "x": "\N{MULTIPLICATION SIGN}",
    "/": "\u2044\u2215",
    "->": "\u2192\u21d2\u27f6\u2794\u279c",
    "<-": "\u2190\u21d0\u27f5",
    "<->": "\u2194\u21d4",
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000",
    "\n": "\r\v\f\u0085\u2028\u2029",
    "": "\u00ad\u200b\u2060\ufeff",  # soft hyphen, and what takes no room
    "ff": "\ufb00",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "ffi": "\ufb03",
    "ffl": "\ufb04",
    "st": "\ufb05\ufb06",
}
_FULL_WIDTH = {chr(0xFF01 + index): chr(0x21 + index) for index in range(94)}

REPLACEMENTS: Mapping[str, str] = {
    **{each: "'" if same == "`" else same for each, same in _FULL_WIDTH.items()},
    **{each: same for same, several in _SAME_IN_GSM7.items() for each in several},
}
"""What to write for the characters that editors and keyboards like to put in."""

_TABLE = str.maketrans(dict(REPLACEMENTS))
_SEPARATING_DOT = re.compile(r"(?<!\w)\u00b7|\u00b7(?!\w)")
_KEYCAP = "\N{COMBINING ENCLOSING KEYCAP}"
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def plain(text: str) -> str:
    r"""The text with typographic characters written as GSM-7 has them, so that it costs less.

    Only signs are replaced, and letters that merely look different (full-width, ligatures). A
    letter that GSM-7 lacks stays (ç, á, ş; of the two cedillas it has only the capital one), though
    it makes the text UCS-2 and more than twice as dear: it is mostly part of a name, and who leaves
    shall not have theirs misspelt in the last thing we write. Fractions and powers stay too: `2½`
    written as `21/2` is another number. A dot between letters (`col·lecció`) is a letter.

    Lines end with `\n` alone, which is a septet less. What shapes or directs other characters
    (joiners, selectors, marks of direction) goes only where nothing is left for it to act on.
    """
    text = _composed(text.replace("\r\n", "\n")).translate(_TABLE)
    text = _SEPARATING_DOT.sub("-", text)
    text = _composed("".join(each for each in text if each == "\n" or not _is_unsendable(each)))
    bare = _composed("".join(each for each in text if not _only_acts_on_others(each)))
    return text if outside(bare) else bare


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_unsendable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _only_acts_on_others(character: str) -> bool:
    return (
        unicodedata.category(character) == "Cf" or character in _SELECTORS or character == _KEYCAP
    )


_CUTS = (
    re.compile(r"\s*\n\s*"),
    re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"')\]])\s+|(?<=[。！？])"),  # noqa: RUF001
    re.compile(r"\s+"),
)
"""Where a text is cut, best first: after a paragraph, a sentence, a word."""
_ADDRESS = re.compile(r"https?://\S+")


def split(text: str, most_segments: int, *, before: str = "") -> list[str]:
    """The text in pieces of at most that many segments each, in order; none for a blank text.

    Nothing but white space at the cuts is lost. A cut after a paragraph, else after a sentence, is
    taken where it fills at least half of what fits, else one after a word; only what has no space
    in it for longer than a piece is cut anywhere, and an address only if it fits into none.
    `before` is what each piece will be sent with in front of it, which is counted.
    Raises ValueError where not even one character fits.
    """
    pieces = []
    rest = text.strip()
    while rest:
        end, start = _cut(rest, _fitting(rest, most_segments, before))
        pieces.append(rest[:end])
        rest = rest[start:]
    return pieces


def _fitting(text: str, most_segments: int, before: str) -> int:
    """How much of the beginning of a text fits, in characters."""
    # A character is a unit at least, so that more than this never fits.
    window = text[: most_segments * Encoding.GSM7.alone + 1]

    def segments(length: int) -> int:
        return segmentation(before + window[:length]).segments

    ends = list(accumulate(len(grapheme) for grapheme in graphemes(window)))
    count = bisect_right(ends, most_segments, key=segments)
    if count:
        return ends[count - 1]
    within = bisect_right(range(1, len(window) + 1), most_segments, key=segments)
    if within:
        return within
    raise ValueError(f"{most_segments} segments have no room for a text after {before!r}")


def _cut(text: str, fitting: int) -> tuple[int, int]:
    """Where a piece of at most `fitting` characters ends, and where the next one begins."""
    if fitting >= len(text):
        return len(text), len(text)
    for cut, least in zip(_CUTS, (fitting // 2, fitting // 2, 1), strict=True):
        places = [each for each in cut.finditer(text) if least <= each.start() <= fitting]
        if places:
            return places[-1].span()
    for address in _ADDRESS.finditer(text):
        if 0 < address.start() < fitting < address.end():
            return address.start(), address.start()
    return fitting, fitting
