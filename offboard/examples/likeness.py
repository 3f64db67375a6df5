"""Which texts are nearly the same: the same words in another order, or a word in nine changed.

Two texts that share all but a few words must share one of their rarest ones. So each text is listed
under a handful of its rarest words, and only texts that meet there are compared: no pair is missed,
and thousands of texts take a second or two.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bot.nlu.text import clean

WORDS_A_CHANGE = 9
"""One changed word is let pass as the same in each this many."""
SHORTEST = 5
"""Texts of fewer words are near only when all of their words are the same."""

# A question mark and a picture say something that no word says.
_WORD = re.compile(r"[^\W_]+|[?\u2600-\u27bf\U0001f000-\U0001faff]")

Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """The words alone: no case, no marks, one form of every letter."""
    return tuple(_WORD.findall(clean(text).casefold().replace("'", "")))


def changes(one: Words, other: Words) -> int:
    """How many words the longer text has that the other has not, in whatever order."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return (Counter(longer) - Counter(shorter)).total()


def changes_allowed(words: Words) -> int:
    """How many words of a text may differ and it is nearly the same still."""
    return max(1, len(words) // WORDS_A_CHANGE) if len(words) >= SHORTEST else 0


def near(one: Words, other: Words) -> bool:
    """Whether two texts are nearly the same."""
    shorter, longer = sorted((one, other), key=len)
    allowed = changes_allowed(longer) if len(shorter) >= SHORTEST else 0
    return changes(one, other) <= allowed


def near_pairs(texts: Sequence[Words]) -> Iterator[tuple[int, int]]:
    """The numbers of all texts that are nearly the same, the earlier one first."""
    commonness = Counter(word for text in texts for word in set(_numbered(text)))
    listed: defaultdict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        rarest = sorted(_numbered(text), key=lambda word: (commonness[word], word))
        handful = rarest[: changes_allowed(text) + 1]
        met = sorted({earlier for word in handful for earlier in listed[word]})
        yield from ((earlier, number) for earlier in met if near(texts[earlier], text))
        for word in handful:
            listed[word].append(number)


def _numbered(words: Words) -> list[str]:
    """The words, a repeated one told from its first: "no no" is "no", "no 2"."""
    seen: Counter[str] = Counter()
    numbered = []
    for word in words:
        seen[word] += 1
        numbered.append(f"{word} {seen[word]}" if seen[word] > 1 else word)
    return numbered
