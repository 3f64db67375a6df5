"""A conversation as its customer's side sees it at one moment."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.inbox import waiting_count
from channels.conversations.messages import ShownMessage, read_after
from channels.conversations.model import Conversation
from channels.conversations.state import ConversationState
from channels.errors import UnknownConversationError

MOST_MESSAGES = 200
"""The most messages of one look; a longer history takes several."""


@dataclass(frozen=True)
class View:
    """What there is to show. `typing` is whether a message waits for the assistant's answer.

    `complete` is False when more messages follow than one look takes.
    """

    conversation_id: str
    state: ConversationState
    identified: bool
    last_sequence: int
    typing: bool
    messages: tuple[ShownMessage, ...]
    complete: bool


@dataclass(frozen=True)
class Mark:
    """What changes whenever there is something new to show in a conversation."""

    next_sequence: int
    turn_count: int
    state: ConversationState


def look(
    session: Session,
    conversation_id: str,
    after: int | None,
    is_identified: Callable[[Session, str], bool],
) -> View:
    """The conversation now, with the messages numbered above `after`; None for no messages.

    Raises UnknownConversationError.
    """
    # The row is read before the messages: a message committed in between is shown by this look
    # or by the next, never by none.
    row = session.execute(
        sa.select(Conversation, waiting_count(conversation_id)).where(
            Conversation.id == conversation_id
        )
    ).first()
    if row is None:
        raise UnknownConversationError
    conversation, waiting = row
    messages = (
        [] if after is None else read_after(session, conversation_id, after, most=MOST_MESSAGES)
    )
    return View(
        conversation_id=conversation_id,
        state=conversation.state,
        identified=is_identified(session, conversation_id),
        last_sequence=conversation.next_sequence - 1,
        typing=conversation.state.assistant_answers and waiting > 0,
        messages=tuple(messages),
        complete=len(messages) < MOST_MESSAGES,
    )


def marks(session: Session, conversation_ids: Collection[str]) -> dict[str, Mark]:
    """The mark of each of these conversations that exists."""
    found = session.execute(
        sa.select(
            Conversation.id,
            Conversation.next_sequence,
            Conversation.turn_count,
            Conversation.state,
        ).where(Conversation.id.in_(conversation_ids))
    )
    return {
        identifier: Mark(next_sequence, turn_count, state)
        for identifier, next_sequence, turn_count, state in found
    }
