"""Whether a customer who talks with a person is being answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Author, Message
from offboarding import clock
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState

JUST_NOW = timedelta(seconds=10)
"""What came in so shortly before an agent pressed a button, they can hardly have read."""

DONE_FOR_AGENT = ("desk_reply:", "cancelled_by_agent:")
"""How the keys begin of what the house says when something of an agent's is done: an answer too."""


@dataclass(frozen=True)
class Unanswered:
    """A customer who talks with a person and waits for that person's words."""

    hand_off_id: str
    team: str | None
    claimed_at: datetime
    since: datetime
    first: int
    """The number of the first message without an answer; 0 where the agent has not yet written."""


def unanswered(session: Session, hand_off_id: str | None = None) -> Sequence[Unanswered]:
    """All of them, or the one of this hand-off, in one query."""
    which = HandOff.state == HandOffState.CLAIMED
    if hand_off_id is not None:
        which = sa.and_(which, HandOff.id == hand_off_id)
    answered = (
        sa.select(HandOff.id, sa.func.max(Message.sequence).label("through"))
        .join(Message, Message.conversation_id == HandOff.conversation_id)
        .where(which, _is_answer(), Message.created_at >= HandOff.claimed_at)
        .group_by(HandOff.id)
        .subquery()
    )
    waiting = session.execute(
        sa.select(
            HandOff.id,
            HandOff.team,
            HandOff.claimed_at,
            answered.c.through,
            sa.func.min(Message.sequence),
            sa.func.min(Message.created_at),
        )
        .outerjoin(answered, answered.c.id == HandOff.id)
        .outerjoin(
            Message,
            sa.and_(
                Message.conversation_id == HandOff.conversation_id,
                Message.author == Author.CUSTOMER,
                Message.sequence > answered.c.through,
            ),
        )
        .where(which)
        .group_by(HandOff.id, HandOff.team, HandOff.claimed_at, answered.c.through)
    )
    return [
        Unanswered(found_id, team, claimed_at, since, first)
        for found_id, team, claimed_at, through, found, written_at in waiting
        if claimed_at is not None
        for since, first in [(claimed_at, 0) if through is None else (written_at, found)]
        if since is not None
    ]


def is_unread(session: Session, hand_off: HandOff, *, unseen: bool) -> bool:
    """Whether the customer wrote after the agent's last words, and nobody can have read it.

    `unseen`: where the agent writes, something of the customer's was not yet to be seen.
    """
    last = session.execute(
        sa.select(Message.author, Message.created_at)
        .where(
            Message.conversation_id == hand_off.conversation_id,
            sa.or_(Message.author == Author.CUSTOMER, _is_answer()),
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    ).first()
    return (
        last is not None
        and last.author is Author.CUSTOMER
        and hand_off.claimed_at is not None
        and last.created_at > hand_off.claimed_at
        and (unseen or last.created_at > clock.now() - JUST_NOW)
    )


def has_answered(session: Session, hand_off: HandOff) -> bool:
    """Whether an agent has answered the customer since the person was asked for."""
    found = sa.select(Message.sequence).where(
        Message.conversation_id == hand_off.conversation_id,
        Message.created_at >= hand_off.requested_at,
        _is_answer(),
    )
    return session.scalar(found.limit(1)) is not None


def _is_answer() -> sa.ColumnElement[bool]:
    return sa.or_(
        Message.author == Author.AGENT,
        sa.and_(
            Message.author == Author.SYSTEM,
            sa.or_(
                *(Message.dedupe_key.startswith(each, autoescape=True) for each in DONE_FOR_AGENT)
            ),
        ),
    )
