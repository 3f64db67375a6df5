"""What somebody wrote in a thread: to the customer from whoever claimed it, else a note."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Message
from channels.desk.service import Desk, hand_off_in_charge
from channels.slack.inbox import NotYetError
from channels.slack.model import PostState, PracticeThread, SlackPost, SlackThread
from channels.slack.queue import PostKind, react, whisper
from channels.slack.threads import WRITTEN_IN_SLACK, thread_at
from channels.slack.words import emoji_in, for_customer
from offboarding.handoffs.agents import known_agent
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.states import HandOffState

DELIVERED = "white_check_mark"
"""The mark on what the customer got."""
NOTE = "memo"
"""The mark on what stays among us."""
NOT_CLAIMED = (
    "This is a note: the customer has not seen it. Press *Claim* on the card to talk with them."
)
BEFORE_CLAIM = (
    "The customer did not get this: you wrote it before you claimed the conversation. Write it "
    "again if it is for them."
)
ENDED = "The customer did not get this: the conversation was handed back or resolved."
NO_FILES = "The customer does not get files or pictures. Write what is in it, or send it by mail."
NOT_EDITED = "The customer keeps what you sent first. Write a new message to correct it."
NOT_DELETED = "The customer has seen what you deleted. Write a new message to correct it."
OVERTAKEN = "This reached the customer after what you wrote later: it came to us late."
EMPTY = "There was nothing in it that the customer could read."

ON_ITS_WAY_SECONDS = 120.0
"""So long is waited for Slack to say that it has a card, before words below it are nobody's."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""By no more than this Slack's clock and ours are apart."""
_WRITTEN = frozenset({None, "file_share", "thread_broadcast"})


class Replies:
    """Deals with message events. `team_id` is the workspace, part of every agent's outer id.

    `elsewhere` deals with what is written in threads that are no customer's.
    """

    def __init__(
        self,
        desk: Desk,
        team_id: str,
        elsewhere: Callable[[Session, Mapping[str, Any]], None] = lambda _session, _event: None,
    ) -> None:
        self._desk = desk
        self._team_id = team_id
        self._elsewhere = elsewhere

    def deal_with(self, session: Session, event: Mapping[str, Any]) -> None:
        """Do with the event what has to be done, in the caller's transaction."""
        subtype = event.get("subtype")
        if subtype == "message_changed":
            return self._changed(session, event, event.get("message") or {})
        if subtype == "message_deleted":
            return self._deleted(session, event)
        if subtype in _WRITTEN and not event.get("bot_id") and event.get("user"):
            return self._written(session, event)
        return None

    def _written(self, session: Session, event: Mapping[str, Any]) -> None:
        thread = _thread(session, event)
        if thread is None:
            if _card_on_its_way(session, event):
                raise NotYetError
            return self._elsewhere(session, event)
        user, ts = str(event["user"]), str(event["ts"])
        hand_off = hand_off_in_charge(session, thread.hand_off_id)
        agent = known_agent(session, outer_id(self._team_id, user))
        if agent is None or not _in_charge(hand_off, agent):
            self._note(session, thread, hand_off, user, ts)
            return None
        if not _after_claim(thread, ts):
            # It comes late: those who wrote it took it for a note, and so it stays one.
            react(session, thread, ts, NOTE)
            whisper(session, thread, user, BEFORE_CLAIM, f"before:{thread.hand_off_id}:{ts}")
            return None
        self._to_customer(session, thread, hand_off, agent, event)
        return None

    def _to_customer(
        self,
        session: Session,
        thread: SlackThread,
        hand_off: HandOff,
        agent: Agent,
        event: Mapping[str, Any],
    ) -> None:
        user, ts = str(event["user"]), str(event["ts"])
        if event.get("files"):
            whisper(session, thread, user, NO_FILES, f"files:{thread.hand_off_id}:{ts}")
        emoji = emoji_in(event.get("blocks") or ())
        text = for_customer(str(event.get("text") or ""), self._name_of(session), emoji)
        if not text:
            if not event.get("files"):
                whisper(session, thread, user, EMPTY, f"empty:{thread.hand_off_id}:{ts}")
            return
        key = _key(event["channel"], ts)
        if _overtaken(session, thread, key):
            whisper(session, thread, user, OVERTAKEN, f"overtaken:{thread.hand_off_id}:{ts}")
        self._desk.reply(session, hand_off, agent, text, key)
        react(session, thread, ts, DELIVERED)

    def _note(
        self, session: Session, thread: SlackThread, hand_off: HandOff, user: str, ts: str
    ) -> None:
        react(session, thread, ts, NOTE)
        if not hand_off.open:
            whisper(session, thread, user, ENDED, f"ended:{thread.hand_off_id}:{ts}")
        elif hand_off.state is HandOffState.WAITING:
            # Once for each of them: whoever writes notes on purpose is not told each time.
            whisper(session, thread, user, NOT_CLAIMED, f"claim:{thread.hand_off_id}:{user}")

    def _changed(
        self, session: Session, event: Mapping[str, Any], message: Mapping[str, Any]
    ) -> None:
        before = event.get("previous_message") or {}
        if message.get("text") != before.get("text"):
            self._too_late(session, event, before, NOT_EDITED)

    def _deleted(self, session: Session, event: Mapping[str, Any]) -> None:
        self._too_late(session, event, event.get("previous_message") or {}, NOT_DELETED)

    def _too_late(
        self,
        session: Session,
        event: Mapping[str, Any],
        before: Mapping[str, Any],
        sentence: str,
    ) -> None:
        """Who changed what the customer has is told that it stays."""
        thread = _thread(session, {**before, "channel": event.get("channel")})
        user, ts = before.get("user"), str(before.get("ts") or "")
        if thread is None or not user or not _delivered(session, str(event["channel"]), ts):
            return
        key = f"late:{thread.hand_off_id}:{event.get('event_ts') or event.get('ts')}"
        whisper(session, thread, str(user), sentence, key)

    def _name_of(self, session: Session) -> Any:
        def name(user: str) -> str | None:
            agent = known_agent(session, outer_id(self._team_id, user))
            return agent.full_name.split()[0] if agent is not None and agent.full_name else None

        return name


def outer_id(team_id: str, user: str) -> str:
    """An agent's outer id: the workspace and the user's id in it."""
    return f"{team_id}:{user}"


def _thread(session: Session, event: Mapping[str, Any]) -> SlackThread | None:
    channel, ts = event.get("channel"), event.get("thread_ts")
    if not channel or not ts or ts == event.get("ts"):
        return None
    return thread_at(session, str(channel), str(ts))


def _in_charge(hand_off: HandOff, agent: Agent) -> bool:
    return hand_off.state is HandOffState.CLAIMED and hand_off.agent_id == agent.id


def _after_claim(thread: SlackThread, ts: str) -> bool:
    return thread.claimed_ts is not None and Decimal(ts) > Decimal(thread.claimed_ts)


def _key(channel: str, ts: str) -> str:
    return f"{WRITTEN_IN_SLACK}{channel}:{ts}"


def _card_on_its_way(session: Session, event: Mapping[str, Any]) -> bool:
    """Whether this may be in a thread whose card Slack has, and we do not know yet that it has."""
    thread_ts = event.get("thread_ts")
    if not thread_ts or float(event["ts"]) < time.time() - ON_ITS_WAY_SECONDS:
        return False
    if _practised(session, str(event.get("channel")), str(thread_ts)):
        return False
    begun = datetime.fromtimestamp(float(thread_ts), UTC)
    card = sa.select(SlackPost.position).where(
        SlackPost.kind == PostKind.CARD.value,
        SlackPost.state.in_([PostState.PENDING, PostState.SENDING]),
        SlackPost.begun_at.is_not(None),
        SlackPost.created_at <= begun + CLOCKS_DIFFER,  # older threads are another's
    )
    return session.scalar(card.limit(1)) is not None


def _practised(session: Session, channel: str, ts: str) -> bool:
    query = sa.select(PracticeThread.run_id).where(
        PracticeThread.channel_id == channel, PracticeThread.ts == ts
    )
    return session.scalar(query) is not None


def _overtaken(session: Session, thread: SlackThread, key: str) -> bool:
    """Whether the customer has something that was written in the thread after this."""
    later = sa.select(Message.sequence).where(
        Message.conversation_id == thread.conversation_id,
        Message.dedupe_key.startswith(f"{WRITTEN_IN_SLACK}{thread.channel_id}:", autoescape=True),
        Message.dedupe_key > key,
    )
    return session.scalar(later.limit(1)) is not None


def _delivered(session: Session, channel: str, ts: str) -> bool:
    query = sa.select(Message.sequence).where(Message.dedupe_key == _key(channel, ts))
    return session.scalar(query) is not None
