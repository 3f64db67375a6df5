"""The people of the staff, and what the audit log calls them."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.staff.model import StaffMember

AT_THE_TERMINAL = "staff"
"""Who did it, in the audit log, when it was done by the `offboard` command."""
_PREFIX = "staff:"


def mark_of(member: StaffMember) -> str:
    """Who did it, in the audit log: no address stands there."""
    return _PREFIX + member.id


def remember(session: Session, email: str) -> StaffMember:
    """The member of this address, made now if they sign in for the first time."""
    known = _known(session, email)
    if known is not None:
        return known
    member = StaffMember(email=email, first_signed_in_at=clock.now())
    try:
        with session.begin_nested():
            session.add(member)
            session.flush()
    except IntegrityError:  # two of their links in the same instant
        found = _known(session, email)
        if found is None:
            raise
        return found
    return member


def addresses(session: Session, marks: Collection[str]) -> Mapping[str, str]:
    """The address behind each mark of the audit log that stands for somebody of the staff."""
    ids = [mark.removeprefix(_PREFIX) for mark in marks if mark.startswith(_PREFIX)]
    if not ids:
        return {}
    found = session.scalars(sa.select(StaffMember).where(StaffMember.id.in_(ids)))
    return {mark_of(member): member.email for member in found}


def _known(session: Session, email: str) -> StaffMember | None:
    return session.scalar(sa.select(StaffMember).where(StaffMember.email == email))
