"""That something was erased: what remains when the rest is gone."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, new_identifier


class Erasure(Base):
    """One account's data, erased. Holds counts and reasons, nothing about the person."""

    __tablename__ = "erasure"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"), unique=True)
    erased: Mapped[dict[str, Any]]
    """How many of each kind were erased."""
    kept: Mapped[list[Any]]
    """What is kept: `what`, `because`, and `until` as an ISO 8601 day or None, for each."""
    erased_at: Mapped[datetime]
    keys_left: Mapped[list[Any] | None]
    """Whose keys are still to be destroyed; None once they are."""
