"""What reads as one character: a letter with its marks, a flag, an emoji made of several.

The rules of Unicode's annex 29, as far as the standard library knows the characters. Where it lacks
a property the rule is the wider one, so that rather too much is read as one than too little.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_JOINER = "\N{ZERO WIDTH JOINER}"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LIKE_MARKS = frozenset(
    (
        _JOINER,
        "\N{ZERO WIDTH NON-JOINER}",
        "\N{THAI CHARACTER SARA AM}",
        "\N{LAO VOWEL SIGN AM}",
        "\N{VEDIC SIGN ARDHAVISARGA}",
        "\N{VEDIC SIGN ROTATED ARDHAVISARGA}",
        "\N{HALFWIDTH KATAKANA VOICED SOUND MARK}",
        "\N{HALFWIDTH KATAKANA SEMI-VOICED SOUND MARK}",
    )
)
_RANGES_LIKE_MARKS = (
    range(0x1160, 0x1200),  # the vowels and last consonants of Korean syllables in parts
    range(0x1F3FB, 0x1F400),  # skin tones
    range(0xE0020, 0xE0080),  # the tags that make flags of regions
)
_BEFORE_THEIR_LETTER = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u0d4e\U000110bd\U000111c2\U000111c3"
    "\U00011a3a\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46"
)
"""Marks, of Arabic numbers and the like, that are written before what they mark."""
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def graphemes(text: str) -> Iterator[str]:
    """The characters of a text as readers see them; together they are the text."""
    start = 0
    for index in range(1, len(text)):
        if not _joined(text[start:index], text[index]):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _joined(before: str, character: str) -> bool:
    """Whether a character belongs to what is read before it. CR and LF stay two."""
    if _is_control(before[-1]):
        return False
    if _extends(character):
        return True
    if before[-1] in _BEFORE_THEIR_LETTER:
        return not _is_control(character)
    if before[-1] == _JOINER:
        return unicodedata.category(character) == "So" and ord(character) not in _FLAG_LETTERS
    return len(before) == 1 and ord(before) in _FLAG_LETTERS and ord(character) in _FLAG_LETTERS


@lru_cache(maxsize=4096)
def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in _MARKS
        or character in _LIKE_MARKS
        or any(ord(character) in each for each in _RANGES_LIKE_MARKS)
    )


def _is_control(character: str) -> bool:
    return (
        unicodedata.category(character) in _CONTROLS
        and character not in _BEFORE_THEIR_LETTER
        and not _extends(character)
    )
