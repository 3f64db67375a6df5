"""Triggers with which the database itself refuses to change or delete what was recorded.

They stop mistakes and everybody who may only write. Who owns the tables can take them off; what is
done then, the chain shows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

TABLES = ("audit_entry", "audit_seal")

_KEYS = {
    "audit_entry": ("sequence",),
    "audit_seal": ("position", "entry_sequence"),
}
_CALLED = "audit_is_append_only"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_CALLED}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = 'the audit log is append-only: ' || TG_OP || ' on ' || TG_TABLE_NAME;
END
$$
"""


def guard(connection: sa.Connection, *tables: str) -> None:
    """Have UPDATE and DELETE refused on `tables` (default: both). Harmless a second time.

    The database then raises IntegrityError to whoever tries.
    """
    for table in tables or TABLES:
        _run(connection, _guarding(connection, table))


def unguarded(connection: sa.Connection) -> list[str]:
    """The tables of the log that lack a guard, or whose guard is switched off."""
    if connection.dialect.name == "postgresql":
        query = sa.text(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
        )
    else:
        query = sa.text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
    found = {tuple(row) for row in connection.execute(query)}
    return [
        table
        for table in TABLES
        if any((table, name) not in found for name in _names(connection, table))
    ]


@contextmanager
def lifted(connection: sa.Connection) -> Iterator[None]:
    """Without guards, for starting a sandbox or a test over, within one transaction.

    An error undoes the transaction, and with it the lifting. Ask for it before anything else in
    that transaction: on PostgreSQL it waits for whoever writes to the log.
    """
    if connection.dialect.name == "postgresql":
        # Not dropped: that would wait for readers as well.
        _run(connection, [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES])
        yield
        _run(connection, [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES])
    else:
        for table in TABLES:
            _run(connection, _dropping(connection, table))
        yield
        guard(connection)


def _names(connection: sa.Connection, table: str) -> Sequence[str]:
    if connection.dialect.name == "postgresql":
        return (f"{table}_append_only",)
    return tuple(f"{table}_no_{what}" for what in ("update", "delete", "replace"))


def _guarding(connection: sa.Connection, table: str) -> Sequence[str]:
    if connection.dialect.name == "postgresql":
        return (_FUNCTION, *_dropping(connection, table), _on_postgresql(connection, table))
    return _on_sqlite(connection, table)


def _on_postgresql(connection: sa.Connection, table: str) -> str:
    """For the statement and not each row, so that it holds for TRUNCATE too."""
    (name,) = _names(connection, table)
    refused = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    return f"CREATE TRIGGER {name} {refused} FOR EACH STATEMENT EXECUTE FUNCTION {_CALLED}()"


def _on_sqlite(connection: sa.Connection, table: str) -> Sequence[str]:
    """REPLACE deletes without asking the triggers on DELETE (sqlite.org/lang_conflict.html)."""
    known = " OR ".join(f"{key} = NEW.{key}" for key in _KEYS[table])
    replaced = f"EXISTS (SELECT 1 FROM {table} WHERE {known})"  # noqa: S608 (names of ours)
    refused = (f"UPDATE ON {table}", f"DELETE ON {table}", f"INSERT ON {table} WHEN {replaced}")
    return tuple(
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {what} BEGIN"
        f" SELECT RAISE(ABORT, 'the audit log is append-only: {table}'); END"
        for name, what in zip(_names(connection, table), refused, strict=True)
    )


def _dropping(connection: sa.Connection, table: str) -> Sequence[str]:
    of_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    return tuple(f"DROP TRIGGER IF EXISTS {name}{of_table}" for name in _names(connection, table))


def _run(connection: sa.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
