"""A data export and how far it is."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


class ExportState(StrEnum):
    """How far an export is."""

    REQUESTED = "requested"
    READY = "ready"
    REVOKED = "revoked"
    ERASED = "erased"
    """The customer's data was erased, and this copy of it."""


class Export(Base):
    """A copy of a customer's data, asked for in a conversation."""

    __tablename__ = "data_export"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER)
    state: Mapped[ExportState] = mapped_column(
        enumeration(ExportState), default=ExportState.REQUESTED
    )
    progress: Mapped[list[Any] | None]
    """Of each source how many rows there are and are done; see `offboarding.exports.progress`."""
    problem: Mapped[str | None] = mapped_column(sa.String(300))
    """Why the last try failed; None before one did, and once it is ready. No personal data."""
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    most_downloads: Mapped[int | None]
    """How often it may be downloaded; None for one that was made before there was a limit."""
    downloads: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was; see `offboarding.exports.downloads` for what counts."""
