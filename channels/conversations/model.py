"""The tables of the gateway: conversations, messages, quick replies and the inbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from channels.conversations.state import ConversationState
from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedDocument, EncryptedText


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class InboxState(StrEnum):
    """Whether what came in was answered."""

    RECEIVED = "received"
    ANSWERED = "answered"


def _conversation_key() -> sa.ForeignKey:
    return sa.ForeignKey("conversation.id", ondelete="CASCADE")


class Conversation(Base):
    """One talk with one customer.

    Its row is the lock under which messages get their numbers.
    """

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    channel: Mapped[str] = mapped_column(sa.String(16))
    """Where the customer wrote last: there they are answered."""
    state: Mapped[ConversationState] = mapped_column(
        enumeration(ConversationState), default=ConversationState.BOT
    )
    locale: Mapped[str | None] = mapped_column(sa.String(35))
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    next_sequence: Mapped[int] = mapped_column(default=1)
    dialogue_state: Mapped[dict[str, Any] | None] = mapped_column(
        EncryptedDocument("conversation.dialogue_state", owner="id"), deferred=True
    )
    """What Rasa answered in the last committed turn, opaque; deferred because it is large."""
    turn_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]


class Message(Base):
    """One message; the numbers of a conversation's messages have no gap and no double."""

    __tablename__ = "message"

    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, _conversation_key(), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    author: Mapped[Author] = mapped_column(enumeration(Author))
    author_name: Mapped[str | None] = mapped_column(sa.String(200))
    """An agent's name, as the company lets customers see it."""
    text: Mapped[str] = mapped_column(EncryptedText("message.text", owner="conversation_id"))
    card: Mapped[dict[str, Any] | None] = mapped_column(
        EncryptedDocument("message.card", owner="conversation_id")
    )
    client_key: Mapped[str | None] = mapped_column(sa.String(64))
    dedupe_key: Mapped[str | None] = mapped_column(sa.String(160), unique=True)
    """Says the same thing once, however often it is asked for."""
    created_at: Mapped[datetime]


class QuickReply(Base):
    """A button under a bot message. The customer's side knows its id and title only.

    Titles and payloads are the assistant's texts, with plans, prices and dates: nobody's data.
    """

    __tablename__ = "quick_reply"
    __table_args__ = (sa.Index("ix_quick_reply_message", "conversation_id", "message_sequence"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, _conversation_key())
    message_sequence: Mapped[int]
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.Text)
    payload: Mapped[str] = mapped_column(sa.Text)


class Inbox(Base):
    """What came in from outside, once for each outer id. Its id is the turn's message id."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("channel", "outer_id"),
        sa.Index("ix_inbox_unanswered", "state", "conversation_id", "message_sequence"),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    channel: Mapped[str] = mapped_column(sa.String(16))
    outer_id: Mapped[str] = mapped_column(sa.String(128))
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, _conversation_key(), index=True)
    message_sequence: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(
        EncryptedDocument("inbox.payload", owner="conversation_id")
    )
    """What was chosen instead of written: `{"quick_reply": id}`, `{"intent": name}` or `{}`; and
    `"overtaken": true` where something was said that they cannot have read."""
    state: Mapped[InboxState] = mapped_column(enumeration(InboxState), default=InboxState.RECEIVED)
    received_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
