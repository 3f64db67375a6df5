"""What the SMS channel keeps: phones, what came in, and what is still to be sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, MARK, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText

NUMBER = sa.String(40)
"""A phone number in E.164 (+447700900123), a short code, or a Messaging Service (MG…)."""
MESSAGE_SID = sa.String(40)
"""Twilio's name of a message (SM… or MM… and 32 hexadecimal digits)."""


class SmsLine(Base):
    """One phone and one sender of ours: the pair that an opt-out is about.

    Its row is the lock under which the phone's messages are taken in and put into the outbox.
    """

    __tablename__ = "sms_line"
    __table_args__ = (sa.UniqueConstraint("number_mark", "sender"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    number: Mapped[str] = mapped_column(
        EncryptedText("sms_line.number", owner="id", mark="number_mark")
    )
    number_mark: Mapped[str | None] = mapped_column(MARK)
    sender: Mapped[str] = mapped_column(NUMBER)
    """Whom they write to, and whom they are answered from."""
    conversation_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("conversation.id", ondelete="SET NULL"), index=True
    )
    """The talk that goes on over this line; None until they write something to be answered."""
    sent_through: Mapped[int] = mapped_column(default=0)
    """Up to which of the talk's messages the outbox has them."""
    answered_from: Mapped[datetime | None] = mapped_column(index=True)
    """From when on texts may go to it: a new number waits for its turn. None: nothing was said."""
    opted_out_at: Mapped[datetime | None]
    """Since when nothing may be sent; None while texts are welcome."""
    opt_out_word: Mapped[str | None] = mapped_column(sa.String(20))
    """What they wrote; None where we only know from Twilio that they did."""
    created_at: Mapped[datetime]


class SmsReceived(Base):
    """What came in, once for each of Twilio's message numbers."""

    __tablename__ = "sms_received"
    __table_args__ = (sa.Index("ix_sms_received_latest", "line_id", "received_at"),)

    message_sid: Mapped[str] = mapped_column(MESSAGE_SID, primary_key=True)
    line_id: Mapped[str] = mapped_column(sa.ForeignKey("sms_line.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the words, by which the same text under a new number is known."""
    repeats: Mapped[bool] = mapped_column(default=False)
    """Whether it was the same text once more, which nobody answers."""
    received_at: Mapped[datetime]


class SmsPostState(StrEnum):
    """How far a text is on its way. It only ever moves on, but for one that has to be sent anew."""

    PENDING = "pending"
    SENDING = "sending"
    """Begun; whether Twilio has it is not known until its answer is noted."""
    ACCEPTED = "accepted"
    """Twilio has it."""
    SENT = "sent"
    """The carrier has it."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    WITHHELD = "withheld"
    """They had opted out before it was sent."""


SETTLED = frozenset(
    {
        SmsPostState.DELIVERED,
        SmsPostState.UNDELIVERED,
        SmsPostState.FAILED,
        SmsPostState.WITHHELD,
    }
)
"""Nothing more happens to these."""


class SmsPost(Base):
    """One text, to be sent once. Those of one line are sent in order."""

    __tablename__ = "sms_post"
    __table_args__ = (sa.Index("ix_sms_post_state", "state", "line_id", "position"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    """Makes it happen once."""
    line_id: Mapped[str] = mapped_column(
        sa.ForeignKey("sms_line.id", ondelete="CASCADE"), index=True
    )
    after_opt_out: Mapped[bool] = mapped_column(default=False)
    """Whether it is the one confirmation that the law allows once they have opted out."""
    conversation_id: Mapped[str | None] = mapped_column(IDENTIFIER)
    through: Mapped[int | None]
    """The conversation whose messages it carries, and up to which; None for what is said beside."""
    body: Mapped[str] = mapped_column(EncryptedText("sms_post.body", owner="line_id"))
    """Empty once nothing more can happen to it: what was said is in the conversation."""
    segments: Mapped[int]
    state: Mapped[SmsPostState] = mapped_column(
        enumeration(SmsPostState), default=SmsPostState.PENDING
    )
    message_sid: Mapped[str | None] = mapped_column(MESSAGE_SID, unique=True)
    earlier_sids: Mapped[list[Any]] = mapped_column(default=list)
    """Twilio's numbers of earlier tries that the carrier did not take."""
    attempts: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[int | None]
    """Twilio's, such as 30003 (the phone can't be reached)."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    good_until: Mapped[datetime]
    """From then on it is not sent any more: it would surprise, or say what is no longer so."""
    begun_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    """When Twilio was last asked what became of it."""
