"""Opening the business's database from the command line, in the time in which the business is.

The sandbox may be ahead of the present: what is written by a command is then dated as what the
application writes is, so that the log stays in order.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from offboarding.database import Database, open_database
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from sandbox.time_travel import TimeTravel


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, closed at the end."""
    with time_of_the_business(settings):
        database = open_database(settings)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """A session for looking only. Raises ConfigurationError when the database can't be read."""
    with opened(settings) as database, told_when_unreadable(), database.read() as session:
        yield session


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """A session whose changes are kept, all of them or none."""
    with opened(settings) as database, database.write() as session:
        yield session


@contextmanager
def time_of_the_business(settings: Settings) -> Iterator[None]:
    """Within, it is as late as in the sandbox; elsewhere nothing is moved."""
    if not settings.sandbox:
        yield
        return
    travel = TimeTravel(settings)
    travel.go_on()
    try:
        yield
    finally:
        travel.stop()


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
