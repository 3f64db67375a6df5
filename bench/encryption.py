"""What encryption costs: sealing and opening a value, an owner's first key, reading messages.

    python -m bench.encryption [--values 20000]

On SQLite, in a folder that is thrown away.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from channels.conversations.messages import record
from channels.conversations.model import Author, Conversation, Message
from channels.conversations.state import ConversationState
from offboard import tables
from offboarding import clock
from offboarding.database import Database, new_identifier
from offboarding.encryption.keys import DataKeys, first_keys

WORDS = "I would like to cancel Pro at the end of the month, for I hardly ever open it."


def main() -> int:
    """Measure, and print microseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=20_000)
    count = parser.parse_args().values
    with tempfile.TemporaryDirectory(prefix="offboard-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        database = Database(url, DataKeys.read(first_keys(), "of this run"))
        tables.metadata.create_all(database.engine)
        _values(database, count)
        _messages(database, min(count, 5_000))
        database.close()
    return 0


def _values(database: Database, count: int) -> None:
    keyring, owner = database.keyring, new_identifier()
    owners = [new_identifier() for _ in range(200)]
    with database.engine.connect() as connection:

        def make_keys() -> None:
            for each in owners:
                keyring.ensure(each, connection)

        _say("a new owner's key", len(owners), make_keys)
        keyring.ensure(owner, connection)
    _say("sealing", count, lambda: [keyring.seal("a.b", owner, WORDS) for _ in range(count)])
    sealed = keyring.seal("a.b", owner, WORDS)
    _say("opening", count, lambda: [keyring.open("a.b", sealed) for _ in range(count)])
    _say("a mark", count, lambda: [keyring.mark("a.b", WORDS) for _ in range(count)])


def _messages(database: Database, count: int) -> None:
    with database.write() as session:
        moment = clock.now()
        talk = Conversation(
            channel="web",
            state=ConversationState.BOT,
            created_at=moment,
            last_activity_at=moment,
        )
        session.add(talk)
        session.flush()

        def write() -> None:
            for _ in range(count):
                record(session, talk, author=Author.CUSTOMER, text=WORDS)
            session.flush()

        _say("writing a message", count, write)
    with database.read() as session:
        _say("reading a message", count, lambda: session.scalars(sa.select(Message)).all())
        columns = sa.select(Message.sequence, Message.author, Message.created_at)
        _say("  without its words", count, lambda: session.execute(columns).all())


def _say(what: str, count: int, do: Callable[[], object]) -> None:
    begun = time.perf_counter()
    do()
    each = (time.perf_counter() - begun) / count
    print(f"{what}: {each * 1e6:,.1f} µs")


if __name__ == "__main__":
    raise SystemExit(main())
