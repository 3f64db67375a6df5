"""Phrases as a team lead writes them, and where they occur in what somebody wrote.

`can't/cannot ... refund*` means: one of the two words, then up to five others, then a word that
begins with "refund". Case, apostrophes and the marks between words do not matter.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from offboarding.policies.reading import PolicyModel

READ_AT_MOST = 5_000
"""Characters of a message that are looked at; nobody at a desk writes more."""
QUOTE_AT_MOST = 160

_BETWEEN = r"[^\w%€$£]+"
_GAP = r"(?:\S+\s+){0,5}?"
_SENTENCE_END = re.compile(r"(?<!\b\d\.)(?<!\b\d\d\.)(?<=[.!?…])\s+|\s*\n\s*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})


def _checked(phrase: str) -> str:
    words = phrase.split()
    if not any(re.search(r"\w|[%€$£]", word) for word in words):
        raise ValueError("a phrase needs at least one word")
    if words[0] == "..." or words[-1] == "...":
        raise ValueError("`...` stands between two words; leave it out at the begin and the end")
    for word in words:
        if "/" in word and any(not part.strip("*") for part in word.split("/")):
            raise ValueError(f"`{word}` has nothing on one side of a `/`; write `ask/tell`")
    return phrase


Phrase = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_checked)]
"""Words; `*` for any letters, `/` between words of which one is meant, `...` for some words."""


class Phrases(PolicyModel):
    """Phrases of one meaning, and those that take it back when in the same sentence."""

    phrases: tuple[Phrase, ...]
    but_not: tuple[Phrase, ...] = ()

    def found_in(self, sentences: Iterable[str]) -> str | None:
        """The first sentence that has one of the phrases."""
        for sentence in sentences:
            if says(sentence, self.phrases) and not says(sentence, self.but_not):
                return sentence
        return None


def says(sentence: str, phrases: Iterable[str]) -> bool:
    """Whether a sentence has one of the phrases."""
    plain = plainly(sentence)
    return any(_pattern(phrase).search(plain) for phrase in phrases)


def plainly(text: str) -> str:
    """A text without what does not matter: case, kinds of apostrophes and of spaces."""
    common = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    return " ".join(common.casefold().split())


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a text, as written; of a huge one, those at its begin."""
    parts = (part.strip() for part in _SENTENCE_END.split(text[:READ_AT_MOST]))
    return tuple(part for part in parts if part)


def quoted(sentence: str) -> str:
    """A sentence short enough to be quoted."""
    whole = " ".join(sentence.split())
    return whole if len(whole) <= QUOTE_AT_MOST else whole[: QUOTE_AT_MOST - 1].rstrip() + "…"


@lru_cache(maxsize=4_000)
def _pattern(phrase: str) -> re.Pattern[str]:
    made, between = "", ""
    for word in plainly(phrase).split():
        if word == "...":
            between = _BETWEEN + _GAP
            continue
        options = "|".join(_option(option) for option in word.split("/"))
        made += f"{between}(?:{options})"
        between = _BETWEEN
    return re.compile(rf"(?<!\w){made}(?!\w)")


def _option(word: str) -> str:
    # A lone star is a whole word: were it allowed to be none, "????" would be read over and over.
    return r"\w+" if word == "*" else re.escape(word).replace(r"\*", r"\w*")
