"""What the desk keeps of Slack: threads, what came in, and what is still to be sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration

TIMESTAMP = sa.String(32)
"""Slack's name of a message within its channel: 1764300000.000123."""
CHANNEL = sa.String(100)
"""A channel as policy/routing.yml names it (#offboarding-support), or Slack's id of it."""


class SlackThread(Base):
    """The thread of one hand-off: its first message is the card."""

    __tablename__ = "slack_thread"
    __table_args__ = (sa.UniqueConstraint("channel_id", "ts"),)

    hand_off_id: Mapped[str] = mapped_column(sa.ForeignKey("hand_off.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    channel: Mapped[str] = mapped_column(CHANNEL)
    channel_id: Mapped[str | None] = mapped_column(sa.String(32))
    ts: Mapped[str | None] = mapped_column(TIMESTAMP)
    """Channel id and ts are None until Slack has taken the card."""
    claimed_ts: Mapped[str | None] = mapped_column(TIMESTAMP)
    """When whoever is in charge pressed, by Slack's clock: what was written before is a note."""
    shown_through: Mapped[int] = mapped_column(default=0)
    """Up to which of the conversation's messages the thread has, or is about to get, them."""
    closed_at: Mapped[datetime | None]
    """When the hand-off ended: nothing more is shown."""


class PracticeThread(Base):
    """The thread of one practice: its first message is the account sheet, marked as practice."""

    __tablename__ = "slack_practice"
    __table_args__ = (sa.UniqueConstraint("channel_id", "ts"),)

    run_id: Mapped[str] = mapped_column(sa.ForeignKey("practice_run.id"), primary_key=True)
    user: Mapped[str] = mapped_column(sa.String(32))
    """Who practises, by their id in the workspace: what others write there is no reply."""
    channel: Mapped[str] = mapped_column(CHANNEL)
    """Slack's id of the channel; of the user, for a direct message."""
    channel_id: Mapped[str | None] = mapped_column(sa.String(32))
    ts: Mapped[str | None] = mapped_column(TIMESTAMP)
    """Channel id and ts are None until Slack has taken the account sheet."""


Thread = SlackThread | PracticeThread
"""Where something can be posted."""


class EventState(StrEnum):
    """Whether what came in was dealt with."""

    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"


class SlackEvent(Base):
    """What Slack told us, once for each event id; dealt with in the order it came."""

    __tablename__ = "slack_event"
    __table_args__ = (sa.Index("ix_slack_event_state", "state", "position"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    event: Mapped[dict[str, Any]]
    state: Mapped[EventState] = mapped_column(enumeration(EventState), default=EventState.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]


class PostState(StrEnum):
    """How far something is that is to be sent to Slack."""

    PENDING = "pending"
    SENDING = "sending"
    """Begun; whether Slack has it is not known until its answer is noted."""
    PARKED = "parked"
    """It waits until its channel is there again, and holds up no other."""
    SENT = "sent"
    FAILED = "failed"


class SlackPost(Base):
    """One call to Slack, to be made once. Those of one channel are made in order.

    `arguments` are those of the method, but for what is not known before it is sent: the thread,
    the message it is about, the card as it is then (see `channels.slack.calls`).
    """

    __tablename__ = "slack_post"
    __table_args__ = (sa.Index("ix_slack_post_state", "state", "channel", "position"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    """Makes it happen once; it travels in the message's metadata."""
    channel: Mapped[str] = mapped_column(CHANNEL)
    hand_off_id: Mapped[str | None] = mapped_column(sa.ForeignKey("hand_off.id"), index=True)
    practice_id: Mapped[str | None] = mapped_column(sa.ForeignKey("practice_run.id"), index=True)
    """Of these two the one in whose thread it belongs."""
    kind: Mapped[str] = mapped_column(sa.String(32))
    arguments: Mapped[dict[str, Any]]
    state: Mapped[PostState] = mapped_column(enumeration(PostState), default=PostState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(300))
