"""`offboard migrate`: brings the database to the tables that this version needs."""

import typer

from offboard.configuration import load_settings
from offboard.console import notice
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

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
    """
    # Imported here: the other commands start faster without SQLAlchemy.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError  # noqa: PLC0415

    import offboard.tables  # noqa: F401, PLC0415 (so that every encrypted column is known)
    from offboarding.database import driver_url, open_database  # noqa: PLC0415
    from offboarding.encryption import encrypting  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = settings.database
    try:
        if driver_url(settings.database).get_backend_name() == "sqlite":
            settings.data_directory.mkdir(parents=True, exist_ok=True)
        command.upgrade(configuration, "head")
        database = open_database(settings)
        try:
            encrypting.check_keys(database)
            encrypting.seal_rows(database)
        finally:
            database.close()
    except ArgumentError:
        raise ConfigurationError(
            "OFFBOARD_DATABASE_URL is not a database's address; postgresql://user@host/name is one."
        ) from None
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
