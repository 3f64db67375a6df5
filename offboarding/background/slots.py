"""A number for each running worker, held by a lock that ends with the worker.

What a worker was carrying out when it died is found by its number: whoever can take that lock knows
that nobody has it any more. No clock is compared, and no heartbeat is kept. Who starts takes the
first free number, so a single worker that is started again goes on with what it had begun itself.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from offboarding.database import driver_url
from offboarding.errors import ConfigurationError

MOST = 64
"""Workers beside each other on one database."""
WORKER_LOCKS = 0x0FFB0A4D
"""The first half of the keys of PostgreSQL's advisory locks; the second is the worker's number."""


class Slot(Protocol):
    """A number that is held."""

    number: int

    def held(self) -> bool:
        """Whether it still is; a database that was restarted has forgotten it."""

    def release(self) -> None:
        """Let somebody else have it."""


class Slots(Protocol):
    """The numbers of the workers on one database."""

    def take(self, number: int) -> Slot | None:
        """That number, or None while somebody else holds it."""


def slots_for(url: str, folder: Path) -> Slots:
    """By locks of PostgreSQL, or of files in the folder where the database is a file."""
    if driver_url(url).get_backend_name() == "sqlite":
        return _FileSlots(folder)
    return _PostgresSlots(url)


def first_free(slots: Slots) -> Slot:
    """The first number that nobody holds. Raises ConfigurationError when all are taken."""
    for number in range(1, MOST + 1):
        taken = slots.take(number)
        if taken is not None:
            return taken
    raise ConfigurationError(
        f"{MOST} workers run on this database already; end one before another is started."
    )


class WorkerNumber:
    """The number of this process, from its start to its end."""

    def __init__(self, slots: Slots) -> None:
        """Take the first number that is free. Raises ConfigurationError when none is."""
        self._slots = slots
        self._slot: Slot | None = first_free(slots)
        self.number = self._slot.number

    @property
    def lost(self) -> bool:
        """Whether the lock went and could not be had again so far."""
        return self._slot is None

    def keep(self) -> None:
        """Take the same number again where a database that was restarted has forgotten it.

        Raises what the database raises while it is away; it is tried again at the next call.
        """
        if self._slot is not None and self._slot.held():
            return
        gone, self._slot = self._slot, None
        if gone is not None:
            gone.release()
        self._slot = self._slots.take(self.number)

    def release(self) -> None:
        """Let somebody else have it."""
        if self._slot is not None:
            self._slot.release()
            self._slot = None


@contextmanager
def nobody_holds(slots: Slots, number: int) -> Iterator[bool]:
    """Whether nobody holds that number; while the block lasts nobody can take it."""
    slot = slots.take(number)
    try:
        yield slot is not None
    finally:
        if slot is not None:
            slot.release()


class _FileSlots:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, number: int) -> Slot | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"worker-{number}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return _FileSlot(number, descriptor)


class _FileSlot:
    def __init__(self, number: int, descriptor: int) -> None:
        self.number = number
        self._descriptor = descriptor

    def held(self) -> bool:
        return True

    def release(self) -> None:
        os.close(self._descriptor)


class _PostgresSlots:
    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(
            driver_url(url), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
        )

    def take(self, number: int) -> Slot | None:
        connection = self._engine.connect()
        try:
            # A worker whose machine vanished says nothing: the server asks for it, and lets its
            # lock go within half a minute.
            for setting in ("idle = 10", "interval = 5", "count = 3"):
                connection.exec_driver_sql(f"SET tcp_keepalives_{setting}")
            got = connection.scalar(
                sa.text("SELECT pg_try_advisory_lock(:locks, :number)"),
                {"locks": WORKER_LOCKS, "number": number},
            )
        except BaseException:
            connection.close()
            raise
        if not got:
            connection.close()
            return None
        return _PostgresSlot(number, connection)


class _PostgresSlot:
    def __init__(self, number: int, connection: sa.Connection) -> None:
        self.number = number
        self._connection = connection

    def held(self) -> bool:
        try:
            self._connection.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError:
            return False
        return True

    def release(self) -> None:
        self._connection.invalidate()  # the lock is the connection's, and ends with it
        self._connection.close()
