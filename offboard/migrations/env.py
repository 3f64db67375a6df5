"""What Alembic runs: brings a database to the tables of this version."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

from offboard.tables import metadata
from offboarding.database import UtcDateTime, make_engine
from offboarding.encryption.columns import Encrypted


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types by their own names into a new migration."""
    if kind == "type" and isinstance(item, Encrypted):
        return "sa.Text()"
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from offboarding.database import UtcDateTime")
        return "UtcDateTime()"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Only tables of ours: the workflow engine keeps its own."""
    return kind != "table" or name in metadata.tables


def same_type(
    _context: object, _inspected: object, _column: object, _found: TypeEngine[object],
    wanted: TypeEngine[object],
) -> bool | None:  # fmt: skip
    """Instants are told apart by no database in the same way; leave them be."""
    return False if isinstance(wanted, UtcDateTime) else None


def check_references(connection: Connection) -> None:
    """What SQLite was not asked to watch meanwhile. Raises IntegrityError, and nothing is kept."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = sorted({str(row[0]) for row in broken})
        reason = ValueError(f"rows of {', '.join(tables)} refer to nothing")
        raise IntegrityError("PRAGMA foreign_key_check", None, reason)


def run() -> None:
    """Run the migrations on the database that the command names."""
    engine = make_engine(context.config.attributes["database_url"])
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # SQLite changes some things only by making a table anew, and would refuse to drop the
            # old one while others refer to it. Outside of a transaction, or it is not heard
            # (sqlite.org/lang_altertable.html#otheralter).
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            render_item=render_item,
            include_name=include_name,
            compare_type=same_type,
        )
        with context.begin_transaction():
            context.run_migrations()
            if engine.dialect.name == "sqlite":
                check_references(connection)
        connection.commit()
    engine.dispose()


run()
