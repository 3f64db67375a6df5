"""Telling customers something of which they are mailed, too, where they were heard last.

The mail goes in any case: it has the link, the undo, the statement, and an address takes it at any
hour. Beside it they are told where they wrote last, once, and only where it is theirs to read:

- in the conversation, while it is sure that it is with them: in the widget they see it come, by SMS
  it is texted;
- by a text alone, where they wrote by SMS, it is no longer sure who writes from that phone, and the
  company made sure lately that the number is theirs: as if it were a letter, with nothing in it
  that opens anything.

The assistant is silent while a person has the conversation. Who wants no texts gets none, and at
night a text waits for the morning, when it is looked anew whether it is still true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.messages import already_said
from channels.conversations.model import Author, Conversation, Message
from channels.conversations.service import hold
from channels.conversations.state import ConversationState
from channels.posting import PostNotice
from channels.sms.lines import hold_line, line_of, put_out
from channels.sms.model import SmsLine, SmsPost
from channels.sms.quiet_hours import when_to_send
from channels.sms.receiving import CHANNEL
from channels.sms.segments import plain
from channels.texts import Texts
from offboarding import clock
from offboarding.identity import service as identity
from offboarding.identity.model import VerifiedIdentity


@dataclass(frozen=True)
class Notice:
    """What is told: a response of domain.yml and its values."""

    response: str
    values: Mapping[str, str]
    to_phone: str | None = None
    """The response for a phone of which it is no longer sure who writes from it; None: none."""
    asked_for: bool = False
    """Whether they wait for it: the house then says it while a person has the conversation."""


Write = Callable[[Conversation], Notice | None]
"""What there is to tell in this conversation as things are now; None when it is true no more."""


class Teller:
    """Tells each thing once: a key has one message, or one text."""

    def __init__(self, post: PostNotice, texts: Texts) -> None:
        self._post = post
        self._texts = texts

    def tell(self, session: Session, customer_id: str, key: str, write: Write) -> datetime | None:
        """Tell it where the customer was heard last, unless it was told under this key before.

        It is written with the conversation held, so that of two things that happen at once the
        later one is told later. The instant at which it is to be tried again where it has to wait
        for the morning; else None.
        """
        heard = last_heard(session, customer_id)
        if heard is None:
            return None
        line = _hold_line(session, heard)
        talk = hold(session, heard.id)
        if _is_told(session, key) or talk.state is ConversationState.CLOSED:
            return None
        notice = write(talk)
        if notice is None or (talk.channel == CHANNEL and not _takes_texts(line)):
            return None
        sure = identity.valid_identity(session, talk.id) is not None
        waits_until = when_to_send(session, line) if line is not None else clock.now()
        # What they asked for is in the conversation at once; it is texted in the morning, or as
        # soon as they write.
        if waits_until > clock.now() and not (sure and notice.asked_for):
            return waits_until
        if sure:
            self._say(session, talk, key, notice)
        elif line is not None and _is_phone_of(session, line, talk, customer_id):
            self._text(session, talk, line, key, notice)
        return None

    def _say(self, session: Session, talk: Conversation, key: str, notice: Notice) -> None:
        answers = talk.state.assistant_answers
        if answers or notice.asked_for:
            author = Author.BOT if answers else Author.SYSTEM
            self._post(session, talk.id, notice.response, notice.values, key, author=author)

    def _text(
        self, session: Session, talk: Conversation, line: SmsLine, key: str, notice: Notice
    ) -> None:
        if notice.to_phone is not None and talk.state.assistant_answers:
            said = self._texts.say(notice.to_phone, notice.values, CHANNEL)
            put_out(session, line, plain(said.text), _text_key(key))


def last_heard(session: Session, customer_id: str) -> Conversation | None:
    """The open conversation that was made sure to be with this customer and has their last words.

    Whoever opened one and wrote nothing yet was heard when they opened it. Whether it is still sure
    is for the caller to see.
    """
    wrote_at = (
        sa.select(sa.func.max(Message.created_at))
        .where(Message.conversation_id == Conversation.id, Message.author == Author.CUSTOMER)
        .correlate(Conversation)
        .scalar_subquery()
    )
    return session.scalar(
        sa.select(Conversation)
        .join(VerifiedIdentity, VerifiedIdentity.conversation_id == Conversation.id)
        .where(
            VerifiedIdentity.customer_id == customer_id,
            Conversation.state != ConversationState.CLOSED,
        )
        .order_by(sa.func.coalesce(wrote_at, Conversation.created_at).desc(), Conversation.id)
        .limit(1)
    )


def _hold_line(session: Session, talk: Conversation) -> SmsLine | None:
    """The phone that the talk is held over, held before the talk, as those who follow it do."""
    if talk.channel != CHANNEL:
        return None
    line = line_of(session, talk.id)
    return hold_line(session, line.number, line.sender) if line is not None else None


def _is_phone_of(session: Session, line: SmsLine, talk: Conversation, customer_id: str) -> bool:
    """Whether the company made sure lately that the number is this customer's, and no other's."""
    owner = identity.customer_to_text(session, talk.id)
    return owner is not None and owner.id == customer_id and owner.phone == line.number


def _takes_texts(line: SmsLine | None) -> bool:
    return line is not None and line.opted_out_at is None


def _is_told(session: Session, key: str) -> bool:
    if already_said(session, key) is not None:
        return True
    texted = sa.select(SmsPost.position).where(SmsPost.key == _text_key(key))
    return session.scalar(texted) is not None


def _text_key(key: str) -> str:
    return f"told:{key}"
