"""Words on their way into Slack, and out of it.

Slack's markup: docs.slack.dev/messaging/formatting-message-text. Customers' words never are markup:
in blocks they are plain text, elsewhere the three characters that begin markup are escaped.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from slack_sdk.models.blocks import ContextBlock, PlainTextObject, SectionBlock

from channels.conversations.cleaning import cleaned

LONGEST_SECTION = 3_000
LONGEST_CONTEXT = 2_000
LONGEST_NOTIFICATION = 150
LONGEST_MESSAGE = 12_000
"""What Slack takes in the blocks of one message; it refuses those of a little more."""
MOST_BLOCKS = 50

_MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_EMOJI = re.compile(r":([a-z0-9_'+-]+(?:::skin-tone-[2-6])?):")
_STANDS_FOR_LINK = "\x00"
_SHOWN_TARGETS = ("http://", "https://", "mailto:", "tel:")
"""A customer sees no other address: they could run something, or lead nowhere."""
_CODE = re.compile(r"```\n?(.*?)\n?```|`([^`\n]+)`", re.DOTALL)
_MARKED = [
    re.compile(
        rf"(?<![^\W_])(?<!{sign}){sign}(?!\s)([^{sign}\n]+)(?<!\s){sign}(?![^\W_])(?!{sign})"
    )
    for sign in (r"\*", "_", "~")
]
"""Slack's marks stand around whole words: `2*3*4` and `a_b_c` have none."""
_EMPTY = "\u200b"
"""Slack takes no empty text."""


def escaped(text: str) -> str:
    """The text as words within Slack's markup: nobody is called, nothing is a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def time_by_the_readers_clock(moment: datetime) -> str:
    """The time of an instant as Slack's markup, which each reader sees by their own clock.

    Where Slack cannot, in UTC (docs.slack.dev/messaging/formatting-message-text#date-formatting).
    """
    return f"<!date^{int(moment.timestamp())}^{{time}}|{moment.astimezone(UTC):%H:%M} UTC>"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def notification(who: str, text: str) -> str:
    """What Slack shows outside of the thread."""
    return escaped(shortened(f"{who}: {' '.join(text.split())}", LONGEST_NOTIFICATION))


def plain_sections(text: str, most: int = LONGEST_MESSAGE) -> list[SectionBlock]:
    """The text as it is, in as many sections as it takes; at most so many characters of it."""
    text = shortened(text, most)
    pieces = [
        text[start : start + LONGEST_SECTION] for start in range(0, len(text), LONGEST_SECTION)
    ]
    return [
        SectionBlock(text=PlainTextObject(text=(piece.strip() and piece) or _EMPTY, emoji=False))
        for piece in (pieces or [_EMPTY])
    ]


def plain_context(text: str) -> ContextBlock:
    """A line in small print."""
    return ContextBlock(
        elements=[PlainTextObject(text=shortened(text, LONGEST_CONTEXT) or _EMPTY, emoji=False)]
    )


def emoji_in(blocks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The emoji of a message's rich text, by the names that stand for them in its words."""
    found: dict[str, str] = {}
    for part in _parts(list(blocks)):
        if part.get("type") == "emoji" and part.get("unicode"):
            tone = f"::skin-tone-{part['skin_tone']}" if part.get("skin_tone") else ""
            found[f"{part.get('name')}{tone}"] = _characters(str(part["unicode"]))
    return found


def for_customer(
    text: str, name_of: Callable[[str], str | None], emoji: Mapping[str, str] | None = None
) -> str:
    """What an agent wrote, as plain words: links as addresses, people and channels by name.

    `name_of` gives a user's name by their id, or None; `emoji` are those that `emoji_in` found.
    """
    known = emoji or {}

    def spoken(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        if target.startswith("@"):
            return f"@{label or name_of(target[1:]) or 'a colleague'}"
        if target.startswith(("#", "!")):
            return label or target.lstrip("#!").split("^")[0]
        if not target.lower().startswith(_SHOWN_TARGETS):
            return label or ""
        address = target.removeprefix("mailto:").removeprefix("tel:")
        return address if not label or label == address else f"{label} ({address})"

    text = text.replace(_STANDS_FOR_LINK, "")
    links = iter([spoken(match) for match in _MARKUP.finditer(text)])
    plain = _without_marks(_MARKUP.sub(_STANDS_FOR_LINK, text), known)  # addresses have no marks
    plain = re.sub(_STANDS_FOR_LINK, lambda _: next(links), plain)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return cleaned(plain).strip()


def _without_marks(words: str, emoji: Mapping[str, str]) -> str:
    """Words as they look in Slack: without the marks of bold, italic, struck and code."""
    words = _EMOJI.sub(lambda match: emoji.get(match[1], match[0]), words)
    words = _CODE.sub(lambda match: match[1] or match[2] or "", words)
    for marked in _MARKED:
        words = marked.sub(r"\1", words)
    return words


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _parts(each)


def _characters(codes: str) -> str:
    """`1f44b-1f3fb` as the characters that these numbers name; nothing where they name none."""
    with suppress(ValueError, OverflowError):
        return "".join(chr(int(code, 16)) for code in codes.split("-"))
    return ""


def together(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any] | None:
    """Two messages as one: the arguments of the call; None where Slack would not take it."""
    blocks = [*first["blocks"], *second["blocks"]]
    if len(blocks) > MOST_BLOCKS or len(json.dumps(blocks)) > LONGEST_MESSAGE:
        return None
    return {"text": shortened(f"{first['text']}\n{second['text']}", 2_000), "blocks": blocks}
