"""Joins the steps of an off-boarding with what they need from outside the business."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.record import ActionRun
from channels.conversations.model import Inbox
from channels.erasing import erase_conversations, erase_desk, erase_texts
from channels.exporting import CONVERSATIONS
from offboarding.casework.notes import erase_notes
from offboarding.erasure.service import Eraser, Subject
from offboarding.exports.sources.own_data import Kept
from offboarding.policies.exports import OwnData


def erase_answers(session: Session, subject: Subject) -> Mapping[str, int]:
    """What the assistant's actions answered to their messages."""
    asked = sa.select(Inbox.id).where(Inbox.conversation_id.in_(subject.conversation_ids))
    result = session.execute(sa.delete(ActionRun).where(ActionRun.message_id.in_(asked)))
    return {"answers of the assistant": int(getattr(result, "rowcount", 0))}


ERASERS: tuple[Eraser, ...] = (
    erase_answers,
    erase_desk,
    erase_texts,
    erase_conversations,
    erase_notes,
)
"""In this order: what hangs on a conversation goes before it."""

KEPT: Kept = {OwnData.CONVERSATIONS: CONVERSATIONS}
"""What goes into a copy of somebody's data from outside the business."""
