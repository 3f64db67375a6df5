"""What waits to be sent to Slack, in the database; one post of a channel at a time, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.slack.calls import Call, call_for, note_sent
from channels.slack.model import PostState, SlackPost, SlackThread
from channels.slack.queue import PostKind
from channels.slack.queue import post as put_in
from offboarding import clock
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.policies.store import Policies

_WAITING = (PostState.PENDING, PostState.SENDING)

MATTERS = frozenset({PostKind.CARD.value, PostKind.MESSAGE.value})
"""What a conversation cannot go on without."""

_URGENT_FIRST = sa.case((SlackPost.kind.in_(MATTERS), 0), else_=1)
"""What is said goes before marks and what cards say anew, of which there may be hundreds."""

NOT_SHOWN = {
    "text": "A message of this conversation can't be shown here. Press *Full history* to read it."
}
_UNSHOWN = "unshown:"
_LATEST = 20
"""So many of the latest tell whether a channel lets anything through."""


@dataclass(frozen=True)
class Begun:
    """A post that is this process's to send."""

    position: int
    key: str
    kind: str
    hand_off_id: str | None
    attempts: int
    unsure: bool
    """Whether an earlier try may have reached Slack."""
    channel: str
    created_at: datetime

    @property
    def matters(self) -> bool:
        """Whether the conversation cannot go on without it."""
        return self.kind in MATTERS


class Pending:
    """The outbox's rows. After `stale` a post that was begun is taken for left behind."""

    def __init__(
        self,
        database: Database,
        stale: timedelta,
        policies: Policies,
        billing: Callable[[Session], BillingPort],
    ) -> None:
        self._database = database
        self._policies = policies
        self._billing = billing
        self._stale = stale

    def channels(self) -> Sequence[str]:
        """The channels whose next post is due, or was left behind."""
        moment = clock.now()
        first = (
            sa.select(sa.func.min(SlackPost.position))
            .where(SlackPost.state.in_(_WAITING))
            .group_by(SlackPost.channel)
        )
        due = sa.or_(
            sa.and_(SlackPost.state == PostState.PENDING, SlackPost.due_at <= moment),
            sa.and_(
                SlackPost.state == PostState.SENDING, SlackPost.begun_at <= moment - self._stale
            ),
        )
        parked = sa.and_(SlackPost.state == PostState.PARKED, SlackPost.due_at <= moment)
        with self._database.read() as session:
            return session.scalars(
                sa.select(SlackPost.channel)
                .where(sa.or_(sa.and_(SlackPost.position.in_(first), due), parked))
                .distinct()
            ).all()

    def begin(self, channel: str) -> Begun | None:
        """Take the channel's next post; None when none is due, or another process sends one."""
        moment = clock.now()
        with self._database.write() as session:
            _take_up_parked(session, channel, moment)
            post = session.scalar(
                sa.select(SlackPost)
                .where(SlackPost.channel == channel, SlackPost.state.in_(_WAITING))
                .order_by(_URGENT_FIRST, SlackPost.position)
                .limit(1)
            )
            if post is None:
                return None
            left_behind = post.state is PostState.SENDING
            if left_behind and (post.begun_at is None or post.begun_at > moment - self._stale):
                return None
            if not left_behind and post.due_at > moment:
                return None
            return _taken(session, post)

    def call(self, begun: Begun) -> Call:
        """What is to be called for it. Raises ThreadMissingError."""
        with self._database.read() as session:
            post = session.get_one(SlackPost, begun.position)
            return call_for(session, post, self._policies, self._billing(session))

    def sent(self, begun: Begun, answer: dict[str, Any]) -> None:
        """Slack has it."""
        with self._database.write() as session:
            post = session.get_one(SlackPost, begun.position)
            post.state, post.sent_at, post.error = PostState.SENT, clock.now(), None
            if answer:
                note_sent(session, post, answer)
            post.arguments = {}  # what was said is in the conversation
            if post.kind == PostKind.CARD and post.hand_off_id is not None:
                _take_up_waiting_for_card(session, post.hand_off_id)

    def put_off(self, begun: Begun, seconds: float, *, unsure: bool) -> None:
        """It is tried again after so many seconds; those behind it in its channel wait."""
        with self._database.write() as session:
            post = session.get_one(SlackPost, begun.position)
            if post.state is not PostState.SENDING or post.attempts != begun.attempts:
                return  # Slack has it after all, or another process has taken it up
            post.state = PostState.PENDING
            post.due_at = clock.now() + timedelta(seconds=seconds)
            if not (unsure or begun.unsure):
                post.begun_at = None

    def park(self, begun: Begun, seconds: float) -> None:
        """It is tried again after so many seconds; those behind it in its channel do not wait."""
        with self._database.write() as session:
            post = session.get_one(SlackPost, begun.position)
            if post.attempts != begun.attempts:
                return  # another process has taken it up
            post.state = PostState.PARKED
            post.due_at = clock.now() + timedelta(seconds=seconds)
            if not begun.unsure:
                post.begun_at = None

    def park_kind(self, begun: Begun, seconds: float) -> None:
        """As `park`, and with it all of its kind that wait in its channel: their limit is one."""
        self.park(begun, seconds)
        with self._database.write() as session:
            session.execute(
                sa.update(SlackPost)
                .where(
                    SlackPost.channel == begun.channel,
                    SlackPost.kind == begun.kind,
                    SlackPost.state == PostState.PENDING,
                )
                .values(state=PostState.PARKED, due_at=clock.now() + timedelta(seconds=seconds))
                .execution_options(synchronize_session=False)
            )

    def waits_for_card(self, begun: Begun, seconds: float) -> bool:
        """Park it if its card is parked; whether that was so."""
        parked = sa.select(SlackPost.position).where(
            SlackPost.hand_off_id == begun.hand_off_id,
            SlackPost.kind == PostKind.CARD.value,
            SlackPost.state == PostState.PARKED,
        )
        with self._database.read() as session:
            if session.scalar(parked.limit(1)) is None:
                return False
        self.park(begun, seconds)
        return True

    def left_waiting(self, channel: str, since: datetime) -> Sequence[str]:
        """The hand-offs with something that has waited in this channel since then.

        Nothing while others of the channel get through: it is a rush, and theirs come too.
        """
        sent = (
            sa.select(SlackPost.sent_at)
            .where(SlackPost.channel == channel, SlackPost.state == PostState.SENT)
            .order_by(SlackPost.position.desc())
            .limit(_LATEST)
        )
        with self._database.read() as session:
            if any(moment is not None and moment > since for moment in session.scalars(sent)):
                return []
            found = session.scalars(
                sa.select(SlackPost.hand_off_id)
                .where(
                    SlackPost.channel == channel,
                    SlackPost.state.in_(_WAITING),
                    SlackPost.kind.in_(MATTERS),
                    SlackPost.created_at <= since,
                )
                .distinct()
            )
            return [each for each in found if each is not None]

    def not_shown(self, begun: Begun, reason: str) -> None:
        """Slack will never take this message; the thread says so in its place."""
        with self._database.write() as session:
            failed = session.get_one(SlackPost, begun.position)
            failed.state, failed.error, failed.arguments = PostState.FAILED, reason[:300], {}
            thread = session.get(SlackThread, failed.hand_off_id) if failed.hand_off_id else None
            if thread is not None and not failed.key.startswith(_UNSHOWN):
                put_in(session, thread, PostKind.MESSAGE, NOT_SHOWN, f"{_UNSHOWN}{failed.position}")

    def given_up(self, begun: Begun, reason: str) -> None:
        """Slack will never take it."""
        with self._database.write() as session:
            post = session.get_one(SlackPost, begun.position)
            post.state, post.error, post.arguments = PostState.FAILED, reason[:300], {}


def _take_up_parked(session: Session, channel: str, moment: datetime) -> None:
    session.execute(
        sa.update(SlackPost)
        .where(
            SlackPost.channel == channel,
            SlackPost.state == PostState.PARKED,
            SlackPost.due_at <= moment,
        )
        .values(state=PostState.PENDING)
        .execution_options(synchronize_session=False)
    )


def _take_up_waiting_for_card(session: Session, hand_off_id: str) -> None:
    session.execute(
        sa.update(SlackPost)
        .where(SlackPost.hand_off_id == hand_off_id, SlackPost.state == PostState.PARKED)
        .values(state=PostState.PENDING, due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _taken(session: Session, post: SlackPost) -> Begun | None:
    """Compares and sets, so that of two processes one takes it."""
    moment = clock.now()
    unsure = post.begun_at is not None
    taken = session.execute(
        sa.update(SlackPost)
        .where(
            SlackPost.position == post.position,
            SlackPost.state == post.state,
            SlackPost.attempts == post.attempts,
        )
        .values(state=PostState.SENDING, begun_at=moment, attempts=SlackPost.attempts + 1)
        .execution_options(synchronize_session=False)
        .returning(SlackPost.position)
    ).all()
    if not taken:
        return None
    return Begun(
        position=post.position,
        key=post.key,
        kind=post.kind,
        hand_off_id=post.hand_off_id,
        attempts=post.attempts + 1,
        unsure=unsure,
        channel=post.channel,
        created_at=post.created_at,
    )
