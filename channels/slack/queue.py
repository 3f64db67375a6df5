"""Putting into the outbox what is to be sent to Slack, in the transaction that decided it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.slack.model import PostState, PracticeThread, SlackPost, SlackThread, Thread
from channels.slack.words import together
from offboarding import clock
from offboarding.database import new_identifier


class PostKind(StrEnum):
    """What is sent; `channels.slack.calls` says by which of Slack's methods."""

    CARD = "card"
    """The first message of a thread."""
    CARD_UPDATE = "card_update"
    MESSAGE = "message"
    """A message in the thread: `text`, `blocks`."""
    REACTION = "reaction"
    """A mark on a message: `name`, `timestamp`."""
    ANNOUNCEMENT = "announcement"
    """A message about a hand-off in another channel than its thread's: `text`."""
    WHISPER = "whisper"
    """What only one user sees, in the thread: `user`, `text`."""


def post(
    session: Session,
    thread: Thread,
    kind: PostKind,
    arguments: Mapping[str, Any],
    key: str,
) -> bool:
    """Have it sent after the commit, once for its key, after what was posted before.

    Whether it is new.
    """
    known = session.scalar(sa.select(SlackPost.position).where(SlackPost.key == key))
    if known is not None:
        return False
    moment = clock.now()
    session.add(
        SlackPost(
            key=key,
            channel=thread.channel,
            hand_off_id=None if isinstance(thread, PracticeThread) else thread.hand_off_id,
            practice_id=thread.run_id if isinstance(thread, PracticeThread) else None,
            kind=kind.value,
            arguments=dict(arguments),
            created_at=moment,
            due_at=moment,
        )
    )
    session.flush()
    return True


def add_to_waiting(
    session: Session, thread: SlackThread, arguments: Mapping[str, Any], *, key_begins: str
) -> bool:
    """Have a message sent together with the thread's last one, if that waits; whether it is.

    Slack takes about one message a second in a channel, so that in a rush what waits grows: then
    a conversation's messages go in one. Only to those whose key begins so anything is added, and
    to none that Slack may have already. The caller holds the thread.
    """
    last = session.scalar(
        sa.select(SlackPost)
        .where(
            SlackPost.hand_off_id == thread.hand_off_id,
            SlackPost.kind == PostKind.MESSAGE.value,
            SlackPost.state.not_in([PostState.SENT, PostState.FAILED]),
        )
        .order_by(SlackPost.position.desc())
        .limit(1)
    )
    if last is None or not last.key.startswith(key_begins):
        return False
    both = together(last.arguments, arguments)
    if both is None:
        return False
    added = session.execute(
        sa.update(SlackPost)
        .where(
            SlackPost.position == last.position,
            SlackPost.state == PostState.PENDING,
            SlackPost.begun_at.is_(None),
        )
        .values(arguments=both)
        .execution_options(synchronize_session=False)
        .returning(SlackPost.position)
    ).all()
    session.expire(last)
    return bool(added)


def post_card(session: Session, thread: Thread) -> None:
    """Have the card posted, once."""
    post(session, thread, PostKind.CARD, {}, f"card:{subject_of(thread)}")


def update_card(session: Session, thread: Thread) -> None:
    """Have the card shown as it is then. What waits already to be shown is enough."""
    waiting = sa.select(SlackPost.position).where(
        sa.or_(
            SlackPost.hand_off_id == subject_of(thread),
            SlackPost.practice_id == subject_of(thread),
        ),
        SlackPost.kind == PostKind.CARD_UPDATE.value,
        SlackPost.state.in_([PostState.PENDING, PostState.PARKED]),
    )
    if session.scalar(waiting.limit(1)) is None:
        key = f"card_update:{subject_of(thread)}:{new_identifier()}"
        post(session, thread, PostKind.CARD_UPDATE, {}, key)


def announce(session: Session, hand_off_id: str, channel: str, text: str, key: str) -> None:
    """Have a channel told about a hand-off whose thread is elsewhere, once for its key."""
    if session.scalar(sa.select(SlackPost.position).where(SlackPost.key == key)) is not None:
        return
    moment = clock.now()
    session.add(
        SlackPost(
            key=key,
            channel=channel,
            hand_off_id=hand_off_id,
            kind=PostKind.ANNOUNCEMENT.value,
            arguments={"text": text},
            created_at=moment,
            due_at=moment,
        )
    )
    session.flush()


def whisper(session: Session, thread: Thread, user: str, text: str, key: str) -> None:
    """Tell one user something in the thread, once for its key."""
    post(session, thread, PostKind.WHISPER, {"user": user, "text": text}, f"whisper:{key}")


def react(session: Session, thread: Thread, timestamp: str, name: str) -> None:
    """Mark a message of the thread."""
    key = f"reaction:{subject_of(thread)}:{timestamp}:{name}"
    post(session, thread, PostKind.REACTION, {"name": name, "timestamp": timestamp}, key)


def thread_of(session: Session, hand_off_id: str) -> SlackThread | None:
    """The thread of a hand-off, if one was begun."""
    return session.get(SlackThread, hand_off_id)


def subject_of(thread: Thread) -> str:
    """What the thread is about: the identifier of a hand-off or a practice."""
    return thread.run_id if isinstance(thread, PracticeThread) else thread.hand_off_id
