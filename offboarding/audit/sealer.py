"""Seals the audit log while the application runs."""

from threading import Event, Thread

import sqlalchemy as sa
import structlog

from offboarding.audit.chain import seal, unsealed
from offboarding.audit.model import AuditSeal
from offboarding.database import Database

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
LOOKS_BACK = 5_000
"""How many sequences before the highest sealed one are looked through each time. A transaction
that is committed after so many others is met by the thorough look."""
THOROUGH_EVERY = 300
"""After so many looks one goes through the whole log, which takes a while where it is long."""


class Sealer:
    """A thread that seals what is new, about once a second. Several do no harm, anywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended = Event()
        self._thread = Thread(target=self._keep_sealing, name="audit-sealer", daemon=True)
        self._failing = False

    def start(self) -> None:
        """Begin, with all that was left unsealed."""
        self._thread.start()

    def stop(self) -> None:
        """End, with nothing left unsealed."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _keep_sealing(self) -> None:
        looks = 0
        while True:
            ending = self._ended.is_set()
            self._look(thoroughly=looks % THOROUGH_EVERY == 0)
            if ending:
                return
            looks += 1
            self._ended.wait(LOOK_SECONDS)

    def _look(self, *, thoroughly: bool) -> None:
        try:
            seal_all(self._database, looks_back=None if thoroughly else LOOKS_BACK)
            self._failing = False
        except Exception as error:
            if not self._failing:  # one line for each outage: a look is a second away
                log.exception("audit_not_sealed", error=type(error).__name__)
            self._failing = True


def seal_all(database: Database, *, looks_back: int | None = None) -> None:
    """Seal all entries that are committed, in several transactions: no writer waits long.

    With `looks_back` only those are looked for whose sequence is at most so far before the highest
    sealed one.
    """
    with database.read() as session:
        highest = session.scalar(sa.select(sa.func.max(AuditSeal.entry_sequence))) or 0
        after = None if looks_back is None else highest - looks_back
        if session.execute(unsealed(after).limit(1)).first() is None:
            return  # without a writer's turn, which others may need
    while True:
        with database.write() as session:
            after = seal(session, after=after)
        if after is None:
            return
