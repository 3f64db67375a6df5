"""`python -m bench.audit`: how long an audit log of so many entries takes to seal and to verify.

Prints, asserts nothing. On the database that `--database` names, which has to be empty, or on a
SQLite file of its own.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from offboard import tables
from offboarding import clock
from offboarding.audit.model import AuditEntry
from offboarding.audit.sealer import seal_all
from offboarding.audit.verification import verify
from offboarding.database import Database, new_identifier
from offboarding.encryption.keys import DataKeys, first_keys

EVENTS = ("identified", "case_open", "offer_decided", "terms_shown", "confirmed", "case_scheduled")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--database", help="the address of an empty database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="offboard-bench-") as folder:
        database = Database(
            given.database or f"sqlite:///{Path(folder) / 'audit.db'}",
            DataKeys.read(first_keys(), "of this run"),
        )
        tables.metadata.create_all(database.engine)
        _fill(database, given.entries)
        sealing = _seconds(lambda: seal_all(database))
        verifying = _seconds(lambda: _verify(database, given.entries))
        looking = _seconds(lambda: seal_all(database))
        database.close()
    print(f"{given.entries:,} entries on {database.engine.dialect.name}:")
    print(f"  sealed in {sealing:.1f} s, verified in {verifying:.1f} s")
    print(f"  a look through all of it that finds nothing new: {looking * 1000:.0f} ms")
    return 0


def _fill(database: Database, count: int) -> None:
    for start in range(0, count, 10_000):
        rows = [
            {
                "at": clock.now(),
                "event": EVENTS[number % len(EVENTS)],
                "subject_id": new_identifier(),
                "policy_version": "2026-11-23",
                "details": {"source": "chat", "number": number},
            }
            for number in range(start, min(start + 10_000, count))
        ]
        with database.write() as session:
            session.execute(sa.insert(AuditEntry), rows)


def _verify(database: Database, count: int) -> None:
    with database.read() as session:
        found = verify(session)
    assert (found.sealed, found.finding) == (count, None), found


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
