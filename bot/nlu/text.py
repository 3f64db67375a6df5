"""A customer's words made fit for the models: bounded, and free of what is not writing."""

from __future__ import annotations

import re
import unicodedata

# The encoder reads 128 word pieces at most. A long letter says what it wants at its beginning or at
# its end, so these are what is kept.
LONGEST_BEGINNING = 700
LONGEST_END = 300

_SLASHES = "/\\∕⁄⧸╱"
_TYPOGRAPHIC = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
_SPACE = re.compile(r"\s+")


def clean(text: str | None) -> str:
    """The text without control characters, lone surrogates and surplus space; never too long.

    Nothing that begins like one of Rasa's own commands ("/restart") survives: the slash goes, in
    every script that has one, and the words stay words.
    """
    if not text:
        return ""
    normal = unicodedata.normalize("NFKC", _bounded(text)).translate(_TYPOGRAPHIC)
    visible = "".join(character if _is_writing(character) else " " for character in normal)
    return _SPACE.sub(" ", visible).strip(_SLASHES + " ")


def without_surrogates(text: str) -> str:
    """The text as it can be stored and sent on: lone surrogates replaced, NULs gone."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _bounded(text: str) -> str:
    if len(text) <= LONGEST_BEGINNING + LONGEST_END:
        return text
    return f"{text[:LONGEST_BEGINNING]} … {text[-LONGEST_END:]}"


def _is_writing(character: str) -> bool:
    # Joiners hold emoji together; the other control, format and private characters mean nothing.
    return character == "\u200d" or not unicodedata.category(character).startswith("C")
