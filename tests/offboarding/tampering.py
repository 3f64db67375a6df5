"""Changing the audit log as somebody does who owns the tables, and undoing it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.audit import guards
from offboarding.database import Database, make_engine


@contextmanager
def tampering(database: Database) -> Iterator[Session]:
    """Neither triggers nor foreign keys hold here. Nothing of it stays."""
    engine = make_engine(database.engine.url.render_as_string(hide_password=False))
    on_postgresql = engine.dialect.name == "postgresql"
    if not on_postgresql:
        sa.event.listen(engine, "connect", _without_foreign_keys)
    try:
        with engine.connect() as connection, guards.lifted(connection):
            if on_postgresql:
                key = "fk_audit_seal_entry_sequence_audit_entry"
                connection.exec_driver_sql(f"ALTER TABLE audit_seal DROP CONSTRAINT {key}")
            yield Session(connection)
    finally:
        engine.dispose()


@contextmanager
def undone(session: Session) -> Iterator[Session]:
    """What is done here is undone at the end, so that the next change finds the log whole."""
    with session.connection().begin_nested() as savepoint:
        yield session
        session.expire_all()
        savepoint.rollback()


def _without_foreign_keys(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")
