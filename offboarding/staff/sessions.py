"""The time that somebody of the staff is signed in, in one browser."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.settings import Settings
from offboarding.staff.model import StaffMember, StaffSession

LASTS = timedelta(hours=8)
"""How long somebody is signed in at the most: a working day."""
IDLE = timedelta(minutes=30)
"""How long without a page asked for."""
_NOTED_EVERY = timedelta(minutes=1)
"""Being there is written down so often, so that looking at pages seldom writes."""
_KEPT = timedelta(days=1)
"""How long a session is kept after it was over."""


def begin(session: Session, member: StaffMember) -> StaffSession:
    """Sign somebody in."""
    moment = clock.now()
    session.execute(sa.delete(StaffSession).where(StaffSession.ends_at < moment - _KEPT))
    began = StaffSession(
        member=member, began_at=moment, seen_at=moment, ends_at=moment + LASTS, ended_at=None
    )
    session.add(began)
    session.flush()
    audit.record(session, "staff_signed_in", member.id)
    return began


def going_on(session: Session, session_id: str, settings: Settings) -> StaffSession | None:
    """The session of this number, if somebody is signed in by it now.

    Whose address is taken off the list is signed in no more.
    """
    known = session.get(StaffSession, session_id)
    return known if known is not None and _goes_on(known, settings) else None


def all_going_on(session: Session, settings: Settings) -> list[StaffSession]:
    """The sessions by which anybody is signed in now, the oldest first."""
    open_ones = session.scalars(
        sa.select(StaffSession)
        .where(StaffSession.ended_at.is_(None), StaffSession.ends_at > clock.now())
        .order_by(StaffSession.began_at)
    )
    return [each for each in open_ones.unique() if _goes_on(each, settings)]


def is_to_be_noted(known: StaffSession) -> bool:
    """Whether it is time to write down that they are there."""
    return clock.now() >= known.seen_at + _NOTED_EVERY


def note(session: Session, session_id: str) -> None:
    """They were there just now. What has ended meanwhile stays ended."""
    moment = clock.now()
    session.execute(
        sa.update(StaffSession)
        .where(
            StaffSession.id == session_id,
            StaffSession.ended_at.is_(None),
            StaffSession.seen_at < moment,
        )
        .values(seen_at=moment)
        .execution_options(synchronize_session=False)
    )


def end(session: Session, session_id: str) -> None:
    """Sign out. A second time nothing is changed."""
    _end(session, StaffSession.id == session_id)


def end_all(session: Session, email: str) -> int:
    """Sign somebody out everywhere; of how many browsers."""
    members = sa.select(StaffMember.id).where(StaffMember.email == email)
    return _end(session, StaffSession.member_id.in_(members))


def _goes_on(known: StaffSession, settings: Settings) -> bool:
    if known.ended_at is not None or known.member.email not in settings.may_sign_in:
        return False
    return clock.now() < min(known.ends_at, known.seen_at + IDLE)


def _end(session: Session, which: sa.ColumnElement[bool]) -> int:
    moment: datetime = clock.now()
    ended = session.execute(
        sa.update(StaffSession)
        .where(which, StaffSession.ended_at.is_(None), StaffSession.ends_at > moment)
        .values(ended_at=moment)
        .execution_options(synchronize_session=False)
        .returning(StaffSession.member_id)
    ).all()
    for (member_id,) in ended:
        audit.record(session, "staff_signed_out", member_id)
    return len(ended)
