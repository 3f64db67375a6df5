"""Looking into the business's database from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from offboarding.database import open_database
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """A session for looking only. Raises ConfigurationError when the database can't be read."""
    database = open_database(settings)
    try:
        with told_when_unreadable(), database.read() as session:
            yield session
    finally:
        database.close()


@contextmanager
def told_when_unreadable() -> Iterator[None]:
    """Turns the database's own errors within into a ConfigurationError."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database can't be read ({reason}). Is OFFBOARD_DATABASE_URL right? "
            "`offboard migrate` makes the tables."
        ) from error
