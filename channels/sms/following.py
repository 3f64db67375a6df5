"""From what is said in a conversation to the texts that carry it to the phone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.messages import ShownMessage, read_after
from channels.conversations.model import Author, Conversation
from channels.fallbacks import CANCEL_PAGE_CARD
from channels.sms.lines import put_out
from channels.sms.model import SmsLine
from channels.sms.quiet_hours import when_to_send
from channels.sms.receiving import CHANNEL
from channels.sms.rendering import texts_of_turn
from channels.sms.switching import could_not_be_told

_MOST = 200


def behind(session: Session, conversations: Collection[str] | None = None) -> Sequence[str]:
    """The lines whose talk has something that the outbox does not have yet.

    Only of these conversations; without them of all, which takes a look at every line.
    """
    wanted = sa.select(SmsLine.id).join(Conversation, Conversation.id == SmsLine.conversation_id)
    if conversations is not None:
        wanted = wanted.where(SmsLine.conversation_id.in_(conversations))
    return session.scalars(
        wanted.where(Conversation.next_sequence - 1 > SmsLine.sent_through)
    ).all()


def follow(session: Session, line: SmsLine, base_url: str) -> bool:
    """Put what is new in the line's talk into the outbox; whether there was anything.

    The caller holds the line.

    What is said while they write elsewhere, on the website, is read there.
    """
    conversation = session.get(Conversation, line.conversation_id or "")
    if conversation is None:
        return False
    messages = read_after(session, conversation.id, line.sent_through, most=_MOST)
    if not messages:
        return False
    if conversation.channel == CHANNEL:
        due_at = when_to_send(session, line)
        for turn in _turns(messages):
            bodies = texts_of_turn(turn, base_url)
            for index, body in enumerate(bodies):
                key = f"said:{line.id}:{conversation.id}:{turn[0].sequence}:{index}"
                # What is asked is in the last one: it is read when that is.
                through = turn[-1].sequence if index == len(bodies) - 1 else None
                put_out(session, line, body, key, due_at=due_at, through=through)
        if line.opted_out_at is not None and any(map(_is_ours, messages)):
            could_not_be_told(session, line)
    line.sent_through = messages[-1].sequence
    session.flush()
    return True


def _is_ours(message: ShownMessage) -> bool:
    return message.author is not Author.CUSTOMER


def _turns(messages: Sequence[ShownMessage]) -> Iterator[list[ShownMessage]]:
    """What is said to the customer, cut where they speak themselves."""
    for theirs, said in groupby(messages, lambda each: each.author is Author.CUSTOMER):
        if not theirs:
            yield [_with_page(each) for each in said]


def _with_page(message: ShownMessage) -> ShownMessage:
    """The card that leads to the cancel page has its link from here.

    Not the one that is made for a chat: it counts for five minutes, and fills a text by itself.
    """
    card = message.card
    if card is None or card.get("kind") != CANCEL_PAGE_CARD:
        return message
    return replace(message, card={**card, "links": [{"title": card["title"], "url": "/cancel"}]})
