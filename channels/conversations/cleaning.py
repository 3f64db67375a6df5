"""A text as it came, made safe to keep: valid Unicode without control characters."""

import unicodedata

MOST_CHARACTERS = 5_000
"""The most characters of one customer's message."""

_KEPT_CONTROLS = {"\n", "\t"}
_REMOVED_CATEGORIES = {"Cc", "Cs"}


def cleaned(text: str) -> str:
    """The text in NFC, without lone surrogates, control characters and blank ends.

    Nothing else is changed: what looks like markup or a command stays what the customer wrote.
    """
    one_line_end = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        character
        for character in one_line_end
        if character in _KEPT_CONTROLS or unicodedata.category(character) not in _REMOVED_CATEGORIES
    )
    return unicodedata.normalize("NFC", kept).strip()
