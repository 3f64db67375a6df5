"""Staff: who they are, the links they ask for, and the time they are signed in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.database import IDENTIFIER, Base, new_identifier


class StaffMember(Base):
    """Somebody who has signed in. The audit log names them by `id`, for it holds no addresses."""

    __tablename__ = "staff_member"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    """In lower case. Being here lets nobody in: OFFBOARD_STAFF_ADDRESSES does."""
    first_signed_in_at: Mapped[datetime]


class StaffSignIn(Base):
    """A link was asked for, by somebody who may be of the staff. The link itself is kept nowhere.

    The row is the same for an address that may not sign in, and holds no address.
    """

    __tablename__ = "staff_sign_in"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    address_mark: Mapped[str] = mapped_column(sa.String(64), index=True)
    """HMAC-SHA-256 of the address that was typed in."""
    browser_mark: Mapped[str] = mapped_column(sa.String(64), index=True)
    """SHA-256 of what the browser that asked for it proves itself by."""
    asked_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffSession(Base):
    """Somebody is signed in, in one browser."""

    __tablename__ = "staff_session"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    """Its signature is the browser's cookie."""
    member_id: Mapped[str] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """At the latest."""
    ended_at: Mapped[datetime | None]
    """When they signed out, or were signed out."""

    member: Mapped[StaffMember] = relationship(lazy="joined")
