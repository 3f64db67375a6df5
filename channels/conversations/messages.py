"""Writing messages under their numbers, and reading them back in order."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.cleaning import cleaned
from channels.conversations.model import Author, Conversation, Message, QuickReply
from channels.conversations.outgoing import Outgoing
from channels.conversations.service import touch
from offboarding import clock
from offboarding.database import new_identifier

COPIED = "joined:"
"""Begins the key of a message that was said by text, in a conversation of its own that was joined
with this one: its id comes next."""


@dataclass(frozen=True)
class ShownQuickReply:
    """A button as the customer's side knows it."""

    id: str
    title: str


@dataclass(frozen=True)
class ShownMessage:
    """A message as the customer's side knows it."""

    sequence: int
    author: Author
    text: str
    created_at: datetime
    client_key: str | None
    quick_replies: tuple[ShownQuickReply, ...]
    card: dict[str, Any] | None
    author_name: str | None = None


def record(
    session: Session,
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    author_name: str | None = None,
    card: dict[str, Any] | None = None,
    client_key: str | None = None,
    dedupe_key: str | None = None,
) -> int:
    """Write a message into a conversation that is held, and return its number."""
    sequence = conversation.next_sequence
    conversation.next_sequence = sequence + 1
    moment = clock.now()
    touch(conversation, moment)
    session.add(
        Message(
            conversation_id=conversation.id,
            sequence=sequence,
            author=author,
            author_name=author_name,
            text=text,
            card=card,
            client_key=client_key,
            dedupe_key=dedupe_key,
            created_at=moment,
        )
    )
    return sequence


def say(
    session: Session,
    conversation: Conversation,
    outgoing: Outgoing,
    *,
    author: Author = Author.BOT,
    author_name: str | None = None,
    dedupe_key: str | None = None,
) -> int:
    """Write what is said to the customer, with its buttons, and return the message's number."""
    sequence = record(
        session,
        conversation,
        author=author,
        author_name=author_name,
        text=cleaned(outgoing.text),
        card=outgoing.card,
        dedupe_key=dedupe_key,
    )
    session.add_all(
        QuickReply(
            id=new_identifier(),
            conversation_id=conversation.id,
            message_sequence=sequence,
            position=position,
            title=cleaned(button.title),
            payload=button.payload,
        )
        for position, button in enumerate(outgoing.buttons)
    )
    return sequence


def already_said(session: Session, dedupe_key: str) -> int | None:
    """The number of the message said under this key, or None."""
    return session.scalar(sa.select(Message.sequence).where(Message.dedupe_key == dedupe_key))


def read_after(
    session: Session, conversation_id: str, after: int, *, most: int
) -> list[ShownMessage]:
    """At most `most` messages with numbers above `after`, in order."""
    rows = session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation_id, Message.sequence > after)
        .order_by(Message.sequence)
        .limit(most)
    ).all()
    replies = _quick_replies(session, conversation_id, rows)
    return [
        ShownMessage(
            sequence=row.sequence,
            author=row.author,
            text=row.text,
            created_at=row.created_at,
            client_key=row.client_key,
            quick_replies=tuple(replies[row.sequence]),
            card=row.card,
            author_name=row.author_name,
        )
        for row in rows
    ]


def _quick_replies(
    session: Session, conversation_id: str, rows: Sequence[Message]
) -> defaultdict[int, list[ShownQuickReply]]:
    found: defaultdict[int, list[ShownQuickReply]] = defaultdict(list)
    spoken = [row.sequence for row in rows if row.author != Author.CUSTOMER]
    if not spoken:
        return found
    replies = session.scalars(
        sa.select(QuickReply)
        .where(
            QuickReply.conversation_id == conversation_id,
            QuickReply.message_sequence.between(spoken[0], spoken[-1]),
        )
        .order_by(QuickReply.message_sequence, QuickReply.position)
    )
    for reply in replies:
        found[reply.message_sequence].append(ShownQuickReply(id=reply.id, title=reply.title))
    return found
