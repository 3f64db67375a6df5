"""The durable inbox: every message taken once, answered once, in the order it came."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from channels.conversations.messages import record, say
from channels.conversations.model import (
    Author,
    Conversation,
    Inbox,
    InboxState,
    Message,
    QuickReply,
)
from channels.conversations.outgoing import Intent, Outgoing, parse_payload
from channels.conversations.service import hold
from channels.conversations.state import ConversationState
from channels.errors import (
    ConversationClosedError,
    TooManyWaitingError,
    UnknownQuickReplyError,
)
from offboarding import clock

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")

MOST_WAITING = 20
"""The most messages of one conversation that may wait for an answer."""

OWN_CHANNEL = "house"
"""Where what comes from the house itself comes in, beside the customers' channels."""

DeskReplies = Callable[[Session, str, Intent], Outgoing | None]
"""What the house itself does with a button that a person put into the talk, and says to it: given
the session, the conversation's id and what the button stands for; None for every other button."""

STALE_BUTTON = Intent(name="stale_button", entities={})
"""What a button means once a later bot message has buttons of its own."""


@dataclass(frozen=True)
class Inbound:
    """What came in: words, or a quick reply, or an intent the server itself stands for.

    `outer_id` is unique within the channel; `text` is what is recorded as the customer's words
    (for a quick reply its title is).
    """

    channel: str
    outer_id: str
    text: str = ""
    client_key: str | None = None
    quick_reply_id: str | None = None
    intent: str | None = None
    overtaken: bool = False
    """Whether something was said that they cannot have read when they wrote it."""


@dataclass(frozen=True)
class PendingTurn:
    """The earliest unanswered message of a conversation, with all that a turn needs.

    Exactly one of `text` and `intent` is not None.
    """

    message_id: str
    conversation_id: str
    channel: str
    conversation_state: ConversationState
    text: str | None
    intent: Intent | None
    dialogue_state: dict[str, Any] | None
    day: date | None
    """The customer's own calendar day when they wrote it; None when their time zone is unknown."""
    overtaken: bool
    """Whether the assistant said something after it was written: it is no answer to that."""
    last: bool
    """Whether no further message was waiting behind this one."""


@dataclass(frozen=True)
class Taken:
    """A message that is kept: its number, and its turn where nothing waits before it."""

    sequence: int
    turn: PendingTurn | None = None


def find(session: Session, channel: str, outer_id: str) -> int | None:
    """The number of the message taken under this outer id, or None."""
    return session.scalar(
        sa.select(Inbox.message_sequence).where(
            Inbox.channel == channel, Inbox.outer_id == outer_id
        )
    )


def receive(
    session: Session,
    conversation_id: str,
    inbound: Inbound,
    desk_replies: DeskReplies | None = None,
) -> Taken:
    """Take a message, once for its outer id.

    While a person answers the customer it is recorded and nothing waits for the assistant. So it
    is with a button that `desk_replies` answers, whoever answers the customer.
    """
    conversation = hold(session, conversation_id, undefer(Conversation.dialogue_state))
    known = find(session, inbound.channel, inbound.outer_id)
    if known is not None:
        return Taken(known)
    before = _check_open(session, conversation)
    conversation.channel = inbound.channel  # they are answered where they wrote last
    sequence = record(
        session,
        conversation,
        author=Author.CUSTOMER,
        text=_recorded_text(session, conversation_id, inbound),
        client_key=inbound.client_key,
    )
    moment = clock.now()
    reply = _desk_reply(session, conversation_id, inbound, desk_replies)
    waits = conversation.state.assistant_answers and reply is None
    received = Inbox(
        channel=inbound.channel,
        outer_id=inbound.outer_id,
        conversation_id=conversation_id,
        message_sequence=sequence,
        payload=_payload(inbound),
        state=InboxState.RECEIVED if waits else InboxState.ANSWERED,
        received_at=moment,
        answered_at=None if waits else moment,
    )
    session.add(received)
    session.flush()
    if reply is not None:
        key = f"desk_reply:{received.id}"
        say(session, conversation, reply, author=Author.SYSTEM, dedupe_key=key)
        session.flush()
    if before or not waits:
        return Taken(sequence)
    return Taken(
        sequence, _turn(session, received, inbound.text, conversation, last=True, overtaken=False)
    )


def prompt(
    session: Session, conversation: Conversation, sequence: int, intent: str, outer_id: str
) -> bool:
    """Have the assistant speak after the message `sequence` that nobody has to answer.

    `intent` is what the assistant takes it for. Whether that is new for this outer id; to be
    called with the conversation held.
    """
    if find(session, OWN_CHANNEL, outer_id) is not None:
        return False
    session.add(
        Inbox(
            channel=OWN_CHANNEL,
            outer_id=outer_id,
            conversation_id=conversation.id,
            message_sequence=sequence,
            payload={"intent": intent},
            state=InboxState.RECEIVED,
            received_at=clock.now(),
        )
    )
    session.flush()
    return True


def unanswered_conversations(session: Session, received_before: datetime) -> Sequence[str]:
    """The conversations in which something that came in before then waits for an answer."""
    return session.scalars(
        sa.select(Inbox.conversation_id)
        .where(Inbox.state == InboxState.RECEIVED, Inbox.received_at <= received_before)
        .distinct()
    ).all()


def waiting(session: Session, conversation_id: str) -> int:
    """How many messages of the conversation wait for an answer."""
    return session.scalar(sa.select(waiting_count(conversation_id))) or 0


def next_turn(session: Session, conversation_id: str) -> PendingTurn | None:
    """The earliest unanswered message of the conversation, or None."""
    row = session.execute(
        sa.select(Inbox, Message.text, Conversation, waiting_count(conversation_id))
        .join(
            Message,
            (Message.conversation_id == Inbox.conversation_id)
            & (Message.sequence == Inbox.message_sequence),
        )
        .join(Conversation, Conversation.id == Inbox.conversation_id)
        .where(Inbox.state == InboxState.RECEIVED, Inbox.conversation_id == conversation_id)
        .order_by(Inbox.message_sequence)
        .limit(1)
        .options(undefer(Conversation.dialogue_state))
    ).first()
    if row is None:
        return None
    received, text, conversation, count = row
    overtaken = _overtaken(session, received)
    return _turn(session, received, text, conversation, last=count <= 1, overtaken=overtaken)


def _overtaken(session: Session, received: Inbox) -> bool:
    newest = sa.select(sa.func.max(Message.sequence)).where(
        Message.conversation_id == received.conversation_id, Message.author == Author.BOT
    )
    return (session.scalar(newest) or 0) > received.message_sequence


def settle(session: Session, turn: PendingTurn) -> Conversation | None:
    """Mark a turn's message as answered; None when it already was, by another process or run.

    The conversation comes back held, for writing the answer in the same transaction.
    """
    conversation = hold(session, turn.conversation_id)
    moment = clock.now()
    settled = session.scalar(
        sa.update(Inbox)
        .where(Inbox.id == turn.message_id, Inbox.state == InboxState.RECEIVED)
        .values(state=InboxState.ANSWERED, answered_at=moment)
        .returning(Inbox.id)
        .execution_options(synchronize_session=False)
    )
    return conversation if settled else None


def answer(
    session: Session, conversation: Conversation, turn: PendingTurn, messages: Sequence[Outgoing]
) -> None:
    """Write the answer of a settled turn.

    The key of each message makes a second answer to the same turn impossible in the database.
    """
    for index, outgoing in enumerate(messages):
        say(session, conversation, outgoing, dedupe_key=f"turn:{turn.message_id}:{index}")
    conversation.turn_count += 1
    session.flush()


def waiting_count(conversation_id: str) -> sa.ScalarSelect[int]:
    """How many messages wait for an answer, as a part of a query."""
    return (
        sa.select(sa.func.count(Inbox.id))
        .where(Inbox.state == InboxState.RECEIVED, Inbox.conversation_id == conversation_id)
        .correlate(None)
        .scalar_subquery()
    )


def _turn(
    session: Session,
    received: Inbox,
    text: str,
    conversation: Conversation,
    *,
    last: bool,
    overtaken: bool,
) -> PendingTurn:
    intent = _intent(session, received)
    return PendingTurn(
        message_id=received.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        conversation_state=conversation.state,
        text=None if intent else text,
        intent=intent,
        dialogue_state=conversation.dialogue_state,
        day=_day(received, conversation.time_zone),
        overtaken=overtaken or bool(received.payload.get("overtaken")),
        last=last,
    )


def _day(received: Inbox, time_zone: str | None) -> date | None:
    return received.received_at.astimezone(ZoneInfo(time_zone)).date() if time_zone else None


def _check_open(session: Session, conversation: Conversation) -> int:
    """How many messages wait already; raises when no more may."""
    if conversation.state == ConversationState.CLOSED:
        raise ConversationClosedError
    before = waiting(session, conversation.id)
    if before >= MOST_WAITING:
        raise TooManyWaitingError
    return before


def _recorded_text(session: Session, conversation_id: str, inbound: Inbound) -> str:
    if inbound.quick_reply_id is None:
        return inbound.text
    known_form = _IDENTIFIER.fullmatch(inbound.quick_reply_id)
    reply = session.get(QuickReply, inbound.quick_reply_id) if known_form else None
    if reply is None or reply.conversation_id != conversation_id:
        raise UnknownQuickReplyError
    return reply.title


def _desk_reply(
    session: Session,
    conversation_id: str,
    inbound: Inbound,
    desk_replies: DeskReplies | None,
) -> Outgoing | None:
    """Only a button of ours stands for anything here; what is typed never does."""
    if desk_replies is None or inbound.quick_reply_id is None:
        return None
    session.flush()
    button = session.get_one(QuickReply, inbound.quick_reply_id)
    return desk_replies(session, conversation_id, parse_payload(button.payload))


def _payload(inbound: Inbound) -> dict[str, Any]:
    overtaken = {"overtaken": True} if inbound.overtaken else {}
    if inbound.quick_reply_id is not None:
        return {"quick_reply": inbound.quick_reply_id, **overtaken}
    return {"intent": inbound.intent, **overtaken} if inbound.intent else overtaken


def _intent(session: Session, received: Inbox) -> Intent | None:
    """What was chosen, judged when its turn comes: by then an earlier answer may outdate it."""
    if "intent" in received.payload:
        return Intent(name=received.payload["intent"], entities={})
    if "quick_reply" not in received.payload:
        return None
    reply = session.get_one(QuickReply, received.payload["quick_reply"])
    newest = session.scalar(
        sa.select(sa.func.max(QuickReply.message_sequence)).where(
            QuickReply.conversation_id == received.conversation_id
        )
    )
    return parse_payload(reply.payload) if reply.message_sequence == newest else STALE_BUTTON
