"""The threads: one for each hand-off, with everything that is said to and by the customer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.messages import COPIED, ShownMessage, read_after
from channels.conversations.model import Author, Conversation, Message
from channels.slack.model import PostState, SlackPost, SlackThread
from channels.slack.queue import PostKind, add_to_waiting, post, post_card, thread_of, update_card
from channels.slack.transcript import MOST_EARLIER, by_text_too, earlier, shown
from offboarding import clock
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.teams import team_of
from offboarding.identity.service import identified_customer
from offboarding.policies.routing import RoutingPolicy

WRITTEN_IN_SLACK = "slack:"
"""How the key of a message begins that came from a thread, and is there already."""
_MOST = 200
_SAID = "message:"
"""How the key of a post begins that shows what was said."""


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
    """Have the conversation's thread show what is new in it; whether there was anything.

    One whose hand-off has ended meanwhile shows what was said until then, and is closed.
    """
    shown_any = False
    for thread in _open_threads(session, conversation_id):
        ended_at = _ended_at(session, thread)
        shown_any |= _show_until(session, thread, ended_at)
        if ended_at is not None:
            _close(session, thread)
            shown_any = True
    return shown_any


def close_thread(session: Session, hand_off: HandOff) -> None:
    """The hand-off has ended: the card says so, and nothing more is shown."""
    for thread in _open_threads(session, hand_off.conversation_id):
        if thread.hand_off_id == hand_off.id:
            _show_until(session, thread, None)
            _close(session, thread)


def has_unseen_words(session: Session, hand_off_id: str) -> bool:
    """Whether the thread does not show yet all that was said, by the customer perhaps."""
    thread = thread_of(session, hand_off_id)
    if thread is None:
        return False
    written = sa.select(Message.sequence).where(
        Message.conversation_id == thread.conversation_id,
        Message.author == Author.CUSTOMER,
        Message.sequence > thread.shown_through,
    )
    waiting = sa.select(SlackPost.position).where(
        SlackPost.hand_off_id == hand_off_id,
        SlackPost.key.startswith(_SAID, autoescape=True),
        SlackPost.state.not_in([PostState.SENT, PostState.FAILED]),
    )
    return session.scalar(sa.select(sa.or_(written.exists(), waiting.exists()))) is True


def thread_at(session: Session, channel_id: str, ts: str) -> SlackThread | None:
    """The thread that begins with this message."""
    return session.scalar(
        sa.select(SlackThread).where(SlackThread.channel_id == channel_id, SlackThread.ts == ts)
    )


def behind(session: Session) -> Sequence[str]:
    """The conversations with something that their thread does not show yet, its end too."""
    return session.scalars(
        sa.select(SlackThread.conversation_id)
        .join(Conversation, Conversation.id == SlackThread.conversation_id)
        .join(HandOff, HandOff.id == SlackThread.hand_off_id)
        .where(
            SlackThread.closed_at.is_(None),
            sa.or_(
                Conversation.next_sequence - 1 > SlackThread.shown_through,
                HandOff.ended_at.is_not(None),
            ),
        )
        .distinct()
    ).all()


def _open_threads(session: Session, conversation_id: str) -> Sequence[SlackThread]:
    """The threads of a conversation that are not closed, held; of ended hand-offs too."""
    return session.scalars(
        sa.select(SlackThread)
        .where(SlackThread.conversation_id == conversation_id, SlackThread.closed_at.is_(None))
        .order_by(SlackThread.hand_off_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _ended_at(session: Session, thread: SlackThread) -> datetime | None:
    return session.scalar(sa.select(HandOff.ended_at).where(HandOff.id == thread.hand_off_id))


def _show_until(session: Session, thread: SlackThread, moment: datetime | None) -> bool:
    """Show what is new, but nothing said after the moment; whether there was anything."""
    messages = read_after(session, thread.conversation_id, thread.shown_through, most=_MOST)
    if moment is not None:
        messages = [each for each in messages if each.created_at <= moment]
    if not messages:
        return False
    from_slack = _from_slack(session, thread.conversation_id, [each.sequence for each in messages])
    by_text = _by_text(session, thread.conversation_id, [each.sequence for each in messages])
    for message in messages:
        if message.sequence in by_text:
            _say_by_text(session, thread, by_text[message.sequence])
        if message.sequence not in from_slack:
            _show(session, thread, message)
    thread.shown_through = messages[-1].sequence
    session.flush()
    return True


def _close(session: Session, thread: SlackThread) -> None:
    thread.closed_at = clock.now()
    update_card(session, thread)


def _show(session: Session, thread: SlackThread, message: ShownMessage) -> None:
    arguments = shown(message)
    if not add_to_waiting(session, thread, arguments, key_begins=_SAID):
        key = f"{_SAID}{thread.hand_off_id}:{message.sequence}"
        post(session, thread, PostKind.MESSAGE, arguments, key)


def _say_by_text(session: Session, thread: SlackThread, joined: str) -> None:
    """Note before what was said by text how it comes here, once for each talk that was joined."""
    customer = identified_customer(session, thread.conversation_id)
    note = by_text_too(customer.full_name if customer is not None else None)
    post(session, thread, PostKind.MESSAGE, note, f"by_text:{thread.hand_off_id}:{joined}")


def _by_text(
    session: Session, conversation_id: str, sequences: Collection[int]
) -> Mapping[int, str]:
    """Those that were said by text in a talk of its own, by their numbers, with that talk's id."""
    found = session.execute(
        sa.select(Message.sequence, Message.dedupe_key).where(
            Message.conversation_id == conversation_id,
            Message.sequence.in_(sequences),
            Message.dedupe_key.startswith(COPIED, autoescape=True),
        )
    )
    return {sequence: key.removeprefix(COPIED).partition(":")[0] for sequence, key in found if key}


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
