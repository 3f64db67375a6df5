"""A data export and how far it is."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier


class ExportState(StrEnum):
    """How far an export is."""

    REQUESTED = "requested"
    READY = "ready"
    REVOKED = "revoked"


class Export(Base):
    """A copy of a customer's data, asked for in a conversation."""

    __tablename__ = "data_export"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER)
    state: Mapped[ExportState] = mapped_column(
        enumeration(ExportState), default=ExportState.REQUESTED
    )
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
