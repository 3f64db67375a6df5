"""Opening a conversation, holding it while it changes, and moving it from state to state."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from channels.conversations.model import Conversation
from channels.conversations.state import ConversationState, check_transition
from channels.errors import UnknownConversationError
from offboarding import clock


@dataclass(frozen=True)
class Preferences:
    """How the customer's browser says it shows times and words; None where it did not say."""

    locale: str | None = None
    time_zone: str | None = None


def open_conversation(session: Session, channel: str, preferences: Preferences) -> Conversation:
    """A new conversation with the assistant, without a message yet."""
    moment = clock.now()
    conversation = Conversation(
        channel=channel,
        locale=preferences.locale,
        time_zone=preferences.time_zone,
        created_at=moment,
        last_activity_at=moment,
        state=ConversationState.BOT,
        next_sequence=1,
        turn_count=0,
    )
    session.add(conversation)
    session.flush()
    return conversation


def hold(session: Session, conversation_id: str, *options: ExecutableOption) -> Conversation:
    """The conversation, held until the transaction ends, so that its numbers have no gap.

    PostgreSQL locks the row; on SQLite the transaction itself was begun as the only writer.
    Raises UnknownConversationError.
    """
    conversation = session.scalar(
        sa.select(Conversation)
        .where(Conversation.id == conversation_id)
        .with_for_update()
        .options(*options)
        .execution_options(populate_existing=True)
    )
    if conversation is None:
        raise UnknownConversationError
    return conversation


def move(session: Session, conversation_id: str, wanted: ConversationState) -> bool:
    """Move the conversation, and say whether it was elsewhere before.

    Raises ConversationStateError where the transition table has no way.
    """
    conversation = hold(session, conversation_id)
    if conversation.state == wanted:
        return False
    check_transition(conversation.state, wanted)
    conversation.state = wanted
    session.flush()
    return True


def known_time_zone(name: str) -> str | None:
    """The name when it is a time zone of the IANA database, else None."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return name


def touch(conversation: Conversation, moment: datetime) -> None:
    """Note that something was said at this moment."""
    conversation.last_activity_at = moment
