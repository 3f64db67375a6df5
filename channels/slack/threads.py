"""The threads: one for each hand-off, with everything that is said to and by the customer."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.messages import ShownMessage, read_after
from channels.conversations.model import Conversation, Message
from channels.slack.model import SlackThread
from channels.slack.queue import PostKind, post, post_card, thread_of, update_card
from channels.slack.transcript import MOST_EARLIER, earlier, shown
from offboarding import clock
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.teams import team_of
from offboarding.policies.routing import RoutingPolicy

WRITTEN_IN_SLACK = "slack:"
"""How the key of a message begins that came from a thread, and is there already."""
_MOST = 200


def begin_thread(session: Session, hand_off: HandOff, desk: RoutingPolicy) -> SlackThread:
    """Begin the thread of a hand-off in its team's channel, once: the card, and what was said."""
    known = thread_of(session, hand_off.id)
    if known is not None:
        return known
    last = _last_sequence(session, hand_off.conversation_id)
    thread = SlackThread(
        hand_off_id=hand_off.id,
        conversation_id=hand_off.conversation_id,
        channel=team_of(desk, hand_off.team).channel,
        shown_through=last,
    )
    session.add(thread)
    session.flush()
    post_card(session, thread)
    said = read_after(
        session, hand_off.conversation_id, max(0, last - MOST_EARLIER), most=MOST_EARLIER
    )
    if said:
        post(session, thread, PostKind.MESSAGE, earlier(said), f"earlier:{hand_off.id}")
    return thread


def show_new(session: Session, conversation_id: str) -> bool:
    """Have the conversation's thread show what is new in it; whether there was anything."""
    thread = open_thread(session, conversation_id, for_update=True)
    if thread is None:
        return False
    messages = read_after(session, conversation_id, thread.shown_through, most=_MOST)
    if not messages:
        return False
    from_slack = _from_slack(session, conversation_id, [each.sequence for each in messages])
    for message in messages:
        if message.sequence not in from_slack:
            _show(session, thread, message)
    thread.shown_through = messages[-1].sequence
    session.flush()
    return True


def close_thread(session: Session, hand_off: HandOff) -> None:
    """The hand-off has ended: the card says so, and nothing more is shown."""
    thread = thread_of(session, hand_off.id)
    if thread is None or thread.closed_at is not None:
        return
    show_new(session, hand_off.conversation_id)
    thread.closed_at = clock.now()
    update_card(session, thread)


def open_thread(
    session: Session, conversation_id: str, *, for_update: bool = False
) -> SlackThread | None:
    """The thread in which this conversation is shown now, if there is one."""
    query = sa.select(SlackThread).where(
        SlackThread.conversation_id == conversation_id, SlackThread.closed_at.is_(None)
    )
    return session.scalar(query.with_for_update() if for_update else query)


def thread_at(session: Session, channel_id: str, ts: str) -> SlackThread | None:
    """The thread that begins with this message."""
    return session.scalar(
        sa.select(SlackThread).where(SlackThread.channel_id == channel_id, SlackThread.ts == ts)
    )


def behind(session: Session) -> Sequence[str]:
    """The conversations with something that their thread does not show yet."""
    return session.scalars(
        sa.select(SlackThread.conversation_id)
        .join(Conversation, Conversation.id == SlackThread.conversation_id)
        .where(
            SlackThread.closed_at.is_(None),
            Conversation.next_sequence - 1 > SlackThread.shown_through,
        )
    ).all()


def _show(session: Session, thread: SlackThread, message: ShownMessage) -> None:
    key = f"message:{thread.hand_off_id}:{message.sequence}"
    post(session, thread, PostKind.MESSAGE, shown(message), key)


def _from_slack(
    session: Session, conversation_id: str, sequences: Collection[int]
) -> frozenset[int]:
    return frozenset(
        session.scalars(
            sa.select(Message.sequence).where(
                Message.conversation_id == conversation_id,
                Message.sequence.in_(sequences),
                Message.dedupe_key.startswith(WRITTEN_IN_SLACK, autoescape=True),
            )
        )
    )


def _last_sequence(session: Session, conversation_id: str) -> int:
    following = session.scalar(
        sa.select(Conversation.next_sequence).where(Conversation.id == conversation_id)
    )
    return (following or 1) - 1
