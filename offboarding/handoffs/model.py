"""A hand-off to a person."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.cases.model import new_case_number
from offboarding.database import IDENTIFIER, Base, new_identifier


class HandOff(Base):
    """A person was asked for in a conversation; one is open for each conversation at most."""

    __tablename__ = "hand_off"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    number: Mapped[str] = mapped_column(sa.String(16), unique=True, default=new_case_number)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, unique=True)
    customer_id: Mapped[str | None] = mapped_column(sa.ForeignKey("customer.id"))
    requested_by: Mapped[str] = mapped_column(sa.String(16))
    """`customer`, or `assistant` when it did not understand."""
    contact_email: Mapped[str | None] = mapped_column(sa.String(254))
    """Where to answer somebody who is not identified, as they gave it; proves nothing."""
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    requested_at: Mapped[datetime]
