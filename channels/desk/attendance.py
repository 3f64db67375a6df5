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


@dataclass(frozen=True)
class Unanswered:
    """A customer who talks with a person and waits for that person's words."""

    hand_off_id: str
    team: str | None
    since: datetime
    first: int
    """The number of the first message without an answer; 0 where the agent has not yet written."""


def unanswered(session: Session) -> Sequence[Unanswered]:
    """All of them, in one query."""
    answered = (
        sa.select(HandOff.id, sa.func.max(Message.sequence).label("through"))
        .join(Message, Message.conversation_id == HandOff.conversation_id)
        .where(
            HandOff.state == HandOffState.CLAIMED,
            Message.author == Author.AGENT,
            Message.created_at >= HandOff.claimed_at,
        )
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
        .where(HandOff.state == HandOffState.CLAIMED)
        .group_by(HandOff.id, HandOff.team, HandOff.claimed_at, answered.c.through)
    )
    return [
        Unanswered(hand_off_id, team, since, first)
        for hand_off_id, team, claimed_at, through, found, written_at in waiting
        for since, first in [(claimed_at, 0) if through is None else (written_at, found)]
        if since is not None
    ]


def wrote_just_now(session: Session, hand_off: HandOff) -> bool:
    """Whether the customer wrote after the agent's last words, too lately to be read."""
    last = session.execute(
        sa.select(Message.author, Message.created_at)
        .where(
            Message.conversation_id == hand_off.conversation_id,
            Message.author.in_([Author.CUSTOMER, Author.AGENT]),
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    ).first()
    return (
        last is not None
        and last.author is Author.CUSTOMER
        and hand_off.claimed_at is not None
        and last.created_at > max(clock.now() - JUST_NOW, hand_off.claimed_at)
    )
