"""`offboard migrate`: brings the database to the tables that this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from offboard.configuration import load_settings
from offboard.console import notice
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

application = typer.Typer()


@application.command()
def migrate() -> None:
    """Bring the database to what this version needs; `offboard run` does it too."""
    settings = load_settings()
    migrate_database(settings)
    notice("The database is up to date.")


def migrate_database(settings: Settings) -> None:
    """Run every migration that the database has not seen, and encrypt what it keeps in clear.

    Raises ConfigurationError when unable, or when the keys that are set are not those of the data.
    There is no way back from some migrations: settings and keys are tried before anything changes.
    """
    # Imported here: the other commands start faster without SQLAlchemy.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    import offboard.tables  # noqa: F401, PLC0415 (so that every encrypted column is known)
    from offboard.opening import opened  # noqa: PLC0415
    from offboarding.encryption import encrypting  # noqa: PLC0415
    from offboarding.erasure import service as erasure  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = settings.database
    with opened(settings) as database, _told():
        if database.engine.dialect.name == "sqlite":
            settings.data_directory.mkdir(parents=True, exist_ok=True)
        with database.engine.connect() as connection:
            database.keyring.check()
            _check_addresses(connection)
        command.upgrade(configuration, "head")
        encrypting.check_keys(database)
        erasure.destroy_all_keys(database)
        encrypting.seal_rows(database, erasure.whose_keys_are_left)


def _check_addresses(connection: "Connection") -> None:
    """Raises ConfigurationError where addresses differ in case alone, before marks are unique.

    Revision 0006 has no way back, and before it such customers could be told apart.
    """
    import sqlalchemy as sa  # noqa: PLC0415

    look = sa.inspect(connection)
    if not look.has_table("customer"):
        return
    if "email_mark" in {each["name"] for each in look.get_columns("customer")}:
        return
    customer = sa.table("customer", sa.column("id"), sa.column("email"))
    address = sa.func.lower(sa.func.trim(customer.c.email))
    several = sa.select(address).group_by(address).having(sa.func.count() > 1)
    found = connection.execute(
        sa.select(customer.c.id, address).where(address.in_(several)).order_by(address, "id")
    ).all()
    if found:
        ids = [row[0] for row in found if row[1] == found[0][1]]
        more = len({row[1] for row in found}) - 1
        raise ConfigurationError(
            f"The customers {' and '.join(ids)} have the same e-mail address, but for upper and "
            f"lower case{f', and so have those of {more} more' if more else ''}. This version "
            "finds a customer by it in whatever case: give each an address of their own, and "
            "start again. Nothing was changed."
        )


@contextmanager
def _told() -> Iterator[None]:
    """Turns the database's own errors within into a ConfigurationError."""
    from sqlalchemy.exc import IntegrityError, OperationalError  # noqa: PLC0415

    try:
        yield
    except IntegrityError as error:
        reason = str(error.orig or error).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database could not be brought over ({reason}), and nothing in it was changed; "
            "restore it from a copy, or have those rows mended."
        ) from None
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database cannot be used ({reason}); check OFFBOARD_DATABASE_URL, and that the "
            f"server runs and its disk is not full."
        ) from None
