"""The audit log."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base


class AuditEntry(Base):
    """One thing that was decided or done. Never changed, never deleted, no personal data."""

    __tablename__ = "audit_entry"

    sequence: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(sa.String(64), index=True)
    subject_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    """The case, or the conversation before there is a case."""
    policy_version: Mapped[str | None] = mapped_column(sa.String(32))
    details: Mapped[dict[str, Any]]
