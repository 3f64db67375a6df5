"""Words on their way into Slack, and out of it.

Slack's markup: docs.slack.dev/messaging/formatting-message-text. Customers' words never are markup:
in blocks they are plain text, elsewhere the three characters that begin markup are escaped.
"""

import re
from collections.abc import Callable

from slack_sdk.models.blocks import ContextBlock, PlainTextObject, SectionBlock

from channels.conversations.cleaning import cleaned

LONGEST_SECTION = 3_000
LONGEST_CONTEXT = 2_000
LONGEST_NOTIFICATION = 150
MOST_SECTIONS = 40
"""Fewer than the fifty blocks that a message may have."""

_MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_EMPTY = "\u200b"
"""Slack takes no empty text."""


def escaped(text: str) -> str:
    """The text as words within Slack's markup: nobody is called, nothing is a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def notification(who: str, text: str) -> str:
    """What Slack shows outside of the thread."""
    return escaped(shortened(f"{who}: {' '.join(text.split())}", LONGEST_NOTIFICATION))


def plain_sections(text: str) -> list[SectionBlock]:
    """The whole text as it is, in as many sections as it takes."""
    pieces = [
        text[start : start + LONGEST_SECTION] for start in range(0, len(text), LONGEST_SECTION)
    ]
    return [
        SectionBlock(text=PlainTextObject(text=(piece.strip() and piece) or _EMPTY, emoji=False))
        for piece in (pieces or [_EMPTY])[:MOST_SECTIONS]
    ]


def plain_context(text: str) -> ContextBlock:
    """A line in small print."""
    return ContextBlock(
        elements=[PlainTextObject(text=shortened(text, LONGEST_CONTEXT) or _EMPTY, emoji=False)]
    )


def for_customer(text: str, name_of: Callable[[str], str | None]) -> str:
    """What an agent wrote, as plain words: links as addresses, people and channels by name.

    `name_of` gives a user's name by their id, or None.
    """

    def spoken(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        if target.startswith("@"):
            return f"@{label or name_of(target[1:]) or 'a colleague'}"
        if target.startswith(("#", "!")):
            return label or target.lstrip("#!").split("^")[0]
        address = target.removeprefix("mailto:").removeprefix("tel:")
        return address if not label or label == address else f"{label} ({address})"

    plain = _MARKUP.sub(spoken, text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return cleaned(plain).strip()
