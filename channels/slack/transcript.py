"""A conversation's messages as agents see them in Slack."""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block

from channels.conversations.messages import ShownMessage
from channels.conversations.model import Author
from channels.slack.words import (
    LONGEST_MESSAGE,
    escaped,
    notification,
    plain_context,
    plain_sections,
    shortened,
)

MOST_EARLIER = 30
"""How many of the messages before the hand-off its thread begins with."""
_LONGEST_EARLIER = 600
_MOST_IN_ONE = 24
"""With two blocks each and a title, as many as one message of Slack's may have: 50."""
_MOST_CHARACTERS = LONGEST_MESSAGE - 500
"""The title counts too."""

_WHO = {
    Author.CUSTOMER: "Customer",
    Author.BOT: "Assistant",
    Author.AGENT: "Agent",
    Author.SYSTEM: "Told to the customer",
}


def shown(message: ShownMessage) -> dict[str, Any]:
    """One message, for a thread: the arguments of the call."""
    who = said_by(message)
    text = words(message)
    blocks: list[Block] = [plain_context(who), *plain_sections(text)]
    return {
        "text": notification(who, text),
        "blocks": [block.to_dict() for block in blocks],
    }


def earlier(messages: Sequence[ShownMessage]) -> dict[str, Any]:
    """What was said before a person was asked for, as one message: its end where it is long.

    Each has blocks of its own, so that nobody can write what looks like another's words.
    """
    said = [(said_by(each), shortened(words(each), _LONGEST_EARLIER)) for each in messages]
    said = said[-_MOST_IN_ONE:]
    while len(said) > 1 and sum(len(who) + len(text) for who, text in said) > _MOST_CHARACTERS:
        del said[0]
    title = "What was said so far"
    if len(said) < len(messages):
        title += "; what came before is under Full history"
    blocks: list[Block] = [plain_context(title)]
    for who, text in said:
        blocks += [plain_context(who), *plain_sections(text)]
    return {"text": title, "blocks": [block.to_dict() for block in blocks]}


def by_text_too(name: str | None) -> dict[str, Any]:
    """Says before what was texted why it comes in here: the arguments of the call."""
    who = " ".join(name.split()) if name else "The customer"
    text = (
        f"{who} now writes by text too. What was said there comes next; "
        "your answers reach them where they wrote last."
    )
    return {"text": escaped(text), "blocks": [plain_context(text).to_dict()]}


def said_by(message: ShownMessage) -> str:
    """Who said it, in a word or a name."""
    return message.author_name or _WHO[message.author]


def words(message: ShownMessage) -> str:
    """What was said, with what was shown beside it."""
    parts = [message.text]
    if message.card is not None:
        rows = [f"{row['label']}: {row['value']}" for row in message.card["rows"]]
        parts += [f"[{message.card['title']}]", *rows]
    if message.quick_replies:
        parts.append("(" + " | ".join(reply.title for reply in message.quick_replies) + ")")
    return "\n".join(part for part in parts if part)
