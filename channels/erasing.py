"""Erasing what channels keep of somebody: their conversations, their texts, posts about them."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Conversation, Message
from channels.pages.model import PageEntry
from channels.slack.model import SlackEvent, SlackPost, SlackThread
from channels.sms.model import SmsLine, SmsPost, SmsReceived
from offboarding.encryption.columns import ERASED
from offboarding.encryption.lookup import is_among
from offboarding.erasure.service import Subject


def erase_conversations(session: Session, subject: Subject) -> Mapping[str, int]:
    """Every word of their conversations, with the buttons, cards and dialogue that hang on them."""
    ids = subject.conversation_ids
    messages = _count(session, Message, Message.conversation_id.in_(ids))
    session.execute(sa.delete(PageEntry).where(PageEntry.conversation_id.in_(ids)))
    # Messages, quick replies and the inbox go with their conversation.
    conversations = session.execute(sa.delete(Conversation).where(Conversation.id.in_(ids)))
    return {"messages": messages, "conversations": _rows(conversations)}


def erase_texts(session: Session, subject: Subject) -> Mapping[str, int]:
    """Their texts and numbers. An opt-out stays: without the number nobody could keep to it."""
    lines: Sequence[SmsLine] = session.scalars(
        sa.select(SmsLine).where(
            sa.or_(
                SmsLine.conversation_id.in_(subject.conversation_ids),
                is_among(session, SmsLine.number, subject.phones),
            )
        )
    ).all()
    ids = [line.id for line in lines]
    texts = session.execute(sa.delete(SmsPost).where(SmsPost.line_id.in_(ids)))
    received = session.execute(sa.delete(SmsReceived).where(SmsReceived.line_id.in_(ids)))
    subject.key_owners.update(ids)
    # In a copy from before that was put back the number can't be read, and its mark is what it is
    # known by.
    unreadable = [line for line in lines if line.number == ERASED and line.opted_out_at is not None]
    for line in lines:
        if line in unreadable:
            line.conversation_id = None
        else:
            session.delete(line)
    session.flush()
    session.add_all(
        _opt_out(line) for line in lines if line.opted_out_at is not None and line not in unreadable
    )
    session.flush()
    return {"texts": _rows(texts) + _rows(received)}


def erase_desk(session: Session, subject: Subject) -> Mapping[str, int]:
    """What was posted about them and heard from agents who answered them.

    What lies in Slack itself is kept by the workspace's own rules.
    """
    threads = session.scalars(
        sa.select(SlackThread).where(SlackThread.conversation_id.in_(subject.conversation_ids))
    ).all()
    hand_offs = [thread.hand_off_id for thread in threads]
    posts = session.execute(sa.delete(SlackPost).where(SlackPost.hand_off_id.in_(hand_offs)))
    heard = 0
    for thread in threads:
        if thread.ts is not None:
            # The event's number stays, so that Slack's repetition of it is still known.
            of_thread = sa.cast(SlackEvent.event, sa.Text).contains(thread.ts)
            heard += _rows(session.execute(sa.update(SlackEvent).where(of_thread).values(event={})))
    return {"posts to the desk": _rows(posts), "events of the desk": heard}


def _opt_out(line: SmsLine) -> SmsLine:
    """What stays of a line: as another one, for the key of the old one is destroyed."""
    return SmsLine(
        number=line.number,
        sender=line.sender,
        answered_from=line.answered_from,
        opted_out_at=line.opted_out_at,
        opt_out_word=line.opt_out_word,
        created_at=line.created_at,
    )


def _count(session: Session, table: type, *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0


def _rows(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
