"""What waits to be sent by SMS, in the database; one text of a line at a time, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.sms import statuses
from channels.sms.model import SmsLine, SmsPost, SmsPostState
from channels.sms.opting_out import learn_of_opt_out
from channels.sms.switching import could_not_be_told
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.encryption.lookup import is_value

_WAITING = (SmsPostState.PENDING, SmsPostState.SENDING)
_WITH_TWILIO = (SmsPostState.ACCEPTED, SmsPostState.SENT)

LOST_AFTER = timedelta(minutes=5)
"""So long nothing was heard of a text that Twilio has: its callback may be lost, so it is asked."""
LOOKED_FOR = timedelta(hours=12)
"""So long is asked; Twilio itself gives a text up after ten hours (error 30001)."""


class TooLate:
    """A text was due that is of no use any more."""


TOO_LATE = TooLate()


@dataclass(frozen=True)
class Begun:
    """A text that is this process's to send."""

    position: int
    line_id: str
    number: str
    sender: str
    body: str
    segments: int
    attempts: int
    unsure: bool
    """Whether Twilio may have it from an earlier try."""
    too_late: bool
    """Whether it may only be looked for, and not be sent any more."""
    created_at: datetime


@dataclass(frozen=True)
class WithTwilio:
    """A text that Twilio has, and of which nothing was heard for a while."""

    position: int
    message_sid: str


class Pending:
    """The outbox's rows. After `stale` a text that was begun is taken for left behind."""

    def __init__(self, database: Database, background: BackgroundEngine, stale: timedelta) -> None:
        self._database = database
        self._background = background
        self._stale = stale

    def lines(self) -> Sequence[tuple[str, str]]:
        """The lines whose next text is due or was left behind, each with its sender."""
        moment = clock.now()
        first = (
            sa.select(sa.func.min(SmsPost.position))
            .where(SmsPost.state.in_(_WAITING))
            .group_by(SmsPost.line_id)
        )
        due = sa.or_(
            sa.and_(SmsPost.state == SmsPostState.PENDING, SmsPost.due_at <= moment),
            sa.and_(
                SmsPost.state == SmsPostState.SENDING, SmsPost.begun_at <= moment - self._stale
            ),
        )
        with self._database.read() as session:
            found = session.execute(
                sa.select(SmsLine.id, SmsLine.sender)
                .join(SmsPost, SmsPost.line_id == SmsLine.id)
                .where(SmsPost.position.in_(first), due)
                .order_by(SmsPost.position)
            )
            return [(line_id, sender) for line_id, sender in found]

    def begin(self, line_id: str) -> Begun | TooLate | None:
        """Take the line's next text; None when none is due, or another process sends one.

        TOO_LATE when that text is of no use any more: it is settled, and the next may be taken.
        """
        moment = clock.now()
        with self._database.write() as session:
            line = session.get_one(SmsLine, line_id, with_for_update=True)
            post = session.scalar(
                sa.select(SmsPost)
                .where(SmsPost.line_id == line_id, SmsPost.state.in_(_WAITING))
                .order_by(SmsPost.position)
                .limit(1)
            )
            if post is None:
                return None
            left_behind = post.state is SmsPostState.SENDING
            if left_behind and (post.begun_at is None or post.begun_at > moment - self._stale):
                return None
            if not left_behind and post.due_at > moment:
                return None
            unsure = post.begun_at is not None
            too_late = _comes_too_late(line, post)
            if too_late and not unsure:
                self._leave(session, line, post)
                return TOO_LATE
            post.state, post.begun_at = SmsPostState.SENDING, moment
            post.attempts += 1
            return Begun(
                position=post.position,
                line_id=line_id,
                number=line.number,
                sender=line.sender,
                body=post.body,
                segments=post.segments,
                attempts=post.attempts,
                unsure=unsure,
                too_late=too_late,
                created_at=post.created_at,
            )

    def leave(self, begun: Begun) -> None:
        """An earlier try did not bring it to Twilio, and now it may not go any more."""
        with self._database.write() as session:
            line = session.get_one(SmsLine, begun.line_id, with_for_update=True)
            post = session.get_one(SmsPost, begun.position, with_for_update=True)
            self._leave(session, line, post)

    def _leave(self, session: Session, line: SmsLine, post: SmsPost) -> None:
        """Settle what may not go any more; they hear another way, unless they want no texts."""
        if line.opted_out_at is not None:
            return statuses.settle(post, SmsPostState.WITHHELD, statuses.OPTED_OUT)
        statuses.settle(post, SmsPostState.FAILED, None)
        wake_after_commit(session, self._background)
        could_not_be_told(session, line)
        return None

    def put_off(self, begun: Begun, seconds: float, *, unsure: bool) -> None:
        """It is tried again after so many seconds; those behind it on its line wait."""
        with self._database.write() as session:
            post = session.get_one(SmsPost, begun.position, with_for_update=True)
            if post.state is not SmsPostState.SENDING or post.attempts != begun.attempts:
                return  # Twilio has it after all, or another process has taken it up
            post.state = SmsPostState.PENDING
            post.due_at = clock.now() + timedelta(seconds=seconds)
            if not (unsure or begun.unsure):
                post.begun_at = None

    def refused(self, begun: Begun, error_code: int | None) -> None:
        """Twilio will never take it: what was to be said goes another way."""
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            line = session.get_one(SmsLine, begun.line_id, with_for_update=True)
            post = session.get_one(SmsPost, begun.position, with_for_update=True)
            statuses.settle(post, SmsPostState.FAILED, error_code)
            could_not_be_told(session, line)

    def opted_out(self, begun: Begun) -> None:
        """Twilio says that they have opted out, of which we did not know (error 21610)."""
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            line = session.get_one(SmsLine, begun.line_id, with_for_update=True)
            post = session.get_one(SmsPost, begun.position, with_for_update=True)
            statuses.settle(post, SmsPostState.WITHHELD, statuses.OPTED_OUT)
            learn_of_opt_out(session, line)

    def known_sids(self, number: str) -> frozenset[str]:
        """Twilio's numbers of all texts to this phone that we know to be there, or to have been."""
        with self._database.read() as session:
            found = session.execute(
                sa.select(SmsPost.message_sid, SmsPost.earlier_sids)
                .join(SmsLine, SmsLine.id == SmsPost.line_id)
                .where(is_value(session, SmsLine.number, number))
            )
            return frozenset(sid for own, earlier in found for sid in (own, *earlier) if sid)

    def silent(self, most: int = 20) -> Sequence[WithTwilio]:
        """Texts that Twilio has and of which nothing was heard for a while; asked for now."""
        moment = clock.now()
        with self._database.write() as session:
            found = session.scalars(
                sa.select(SmsPost)
                .where(
                    SmsPost.state.in_(_WITH_TWILIO),
                    SmsPost.message_sid.is_not(None),
                    SmsPost.accepted_at <= moment - LOST_AFTER,
                    SmsPost.accepted_at > moment - LOOKED_FOR,
                    sa.or_(SmsPost.looked_at.is_(None), SmsPost.looked_at <= moment - LOST_AFTER),
                )
                .order_by(SmsPost.position)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            for post in found:
                post.looked_at = moment
            return [
                WithTwilio(post.position, post.message_sid)
                for post in found
                if post.message_sid is not None
            ]

    def heard(
        self, position: int, message_sid: str, status: str, error_code: int | None = None
    ) -> None:
        """Twilio told, in a callback or when asked, what became of a text."""
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            lost = statuses.note(session, position, message_sid, status, error_code)
            if lost is None:
                return
            line = session.get_one(SmsLine, lost.line_id, with_for_update=True)
            if error_code == statuses.OPTED_OUT:
                learn_of_opt_out(session, line)
            else:
                could_not_be_told(session, line)


def _comes_too_late(line: SmsLine, post: SmsPost) -> bool:
    """Whether a text may not go any more, or would say what is no longer so."""
    unwanted = line.opted_out_at is not None and not post.after_opt_out
    return unwanted or post.good_until <= clock.now()
