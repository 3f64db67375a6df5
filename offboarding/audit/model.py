"""The audit log: its entries, the seals that chain them, and the guards that keep both."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.audit import guards
from offboarding.database import IDENTIFIER, Base

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class AuditEntry(Base):
    """One thing that was decided or done. Never changed, never deleted, no personal data."""

    __tablename__ = "audit_entry"

    sequence: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(sa.String(64), index=True)
    subject_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    """The case, the conversation before there is one, or who of the staff signed in."""
    policy_version: Mapped[str | None] = mapped_column(sa.String(32))
    details: Mapped[dict[str, Any]]


class AuditSeal(Base):
    """The place of one entry in the chain. Written once, shortly after the entry's commit.

    A table of its own, so that sealing changes no entry.
    """

    __tablename__ = "audit_seal"

    position: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    """From 1, without a gap; not the entry's sequence, which databases leave gaps in."""
    entry_sequence: Mapped[int] = mapped_column(
        NUMBER, sa.ForeignKey("audit_entry.sequence"), unique=True
    )
    hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256, in hexadecimal digits, over the entry, its place and the hash before it."""
    sealed_at: Mapped[datetime]


def _guard(table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    guards.guard(connection, table.name)


for _table in (AuditEntry.__table__, AuditSeal.__table__):
    sa.event.listen(_table, "after_create", _guard)
