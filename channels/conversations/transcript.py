"""What was said in a conversation, as the customer was shown it, for the receipt's digest."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.messages import read_after
from channels.conversations.model import Message
from offboarding.receipts.transcript import ConversationDigest, Said, digest, transcript


def conversation_digest(
    session: Session, conversation_id: str, until: datetime
) -> ConversationDigest | None:
    """The digest of a conversation up to an instant; None when nothing was said in it by then."""
    number = session.scalar(
        sa.select(sa.func.max(Message.sequence)).where(
            Message.conversation_id == conversation_id, Message.created_at <= until
        )
    )
    return digest(_said(session, conversation_id, number)) if number is not None else None


def transcript_file(
    session: Session, conversation_id: str, known: ConversationDigest
) -> bytes | None:
    """The file of which a receipt carries the digest; None once it isn't kept as it was."""
    said = _said(session, conversation_id, known.messages)
    return transcript(said) if digest(said) == known else None


def _said(session: Session, conversation_id: str, most: int) -> list[Said]:
    """The first messages; their numbers begin with 1 and have no gap."""
    return [
        Said(
            number=message.sequence,
            at=message.created_at,
            author=message.author.value,
            text=message.text,
            choices=tuple(reply.title for reply in message.quick_replies),
            card=message.card,
        )
        for message in read_after(session, conversation_id, 0, most=most)
    ]
