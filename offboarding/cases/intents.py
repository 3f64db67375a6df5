"""A wish to cancel that could not be answered where it was written.

CANCEL alone, by SMS, blocks every further text to that phone (47 CFR 64.1200(a)(10) names the word
as an opt-out), and is what customers write who mean their plan. It is kept here until they have
said which of the two they meant.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.database import IDENTIFIER, Base, new_identifier


class CancellationIntent(Base):
    """Somebody wrote a word that may mean their plan."""

    __tablename__ = "cancellation_intent"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    word: Mapped[str] = mapped_column(sa.String(20))
    opened_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When they went on with it, or said that it was not meant."""


def open_intent(session: Session, conversation_id: str, word: str) -> CancellationIntent:
    """Keep the wish; the same one while it is open."""
    known = open_intent_of(session, conversation_id)
    if known is not None:
        return known
    intent = CancellationIntent(conversation_id=conversation_id, word=word, opened_at=clock.now())
    session.add(intent)
    session.flush()
    audit.record(session, "cancellation_intent_opened", conversation_id, word=word)
    return intent


def open_intent_of(session: Session, conversation_id: str) -> CancellationIntent | None:
    """The wish of a conversation that nobody has settled yet, if there is one."""
    return session.scalar(
        sa.select(CancellationIntent)
        .where(
            CancellationIntent.conversation_id == conversation_id,
            CancellationIntent.settled_at.is_(None),
        )
        .limit(1)
    )


def settle(session: Session, conversation_id: str) -> bool:
    """They went on with it, or said that it was not meant; whether one was open."""
    settled = session.execute(
        sa.update(CancellationIntent)
        .where(
            CancellationIntent.conversation_id == conversation_id,
            CancellationIntent.settled_at.is_(None),
        )
        .values(settled_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(CancellationIntent.id)
    ).all()
    if settled:
        audit.record(session, "cancellation_intent_settled", conversation_id)
    return bool(settled)


def open_intents(session: Session) -> Sequence[CancellationIntent]:
    """The wishes nobody has settled yet, the oldest first."""
    return session.scalars(
        sa.select(CancellationIntent)
        .where(CancellationIntent.settled_at.is_(None))
        .order_by(CancellationIntent.opened_at)
    ).all()
