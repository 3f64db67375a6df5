"""Patterns with named lists of words, as dates and amounts are described by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import regex

Vocabulary = Mapping[str, Iterable[str]]
"""Lists of words by their names: "month" is written `\\L<month>` in a shape."""


def words(listed: str) -> list[str]:
    """The words that are listed with space between them."""
    return listed.split()


def compiled(shape: str, vocabulary: Vocabulary) -> regex.Pattern[str]:
    """The pattern of a shape, in whatever case a text is written."""
    used = {name: list(said) for name, said in vocabulary.items() if rf"\L<{name}>" in shape}
    return regex.compile(shape, regex.IGNORECASE, **used)
