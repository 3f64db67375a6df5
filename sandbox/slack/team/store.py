"""Keeps a workspace in one SQLite file of the data directory."""

import json
import sqlite3
from pathlib import Path

from sandbox.slack.model import Json

FILE = "sandbox-slack.db"


class Store:
    """Things by kind and key, each written when it changes, so that a killed process loses none."""

    def __init__(self, data_directory: Path) -> None:
        data_directory.mkdir(parents=True, exist_ok=True)
        # May be used from a test's thread as well; every statement is a transaction of its own.
        self._connection = sqlite3.connect(
            data_directory / FILE, isolation_level=None, check_same_thread=False
        )
        # Safe against the end of the process; only a power failure could take the last writes.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS things"
            " (kind TEXT, key TEXT, content TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def all(self, kind: str) -> list[Json]:
        """Everything of a kind, by its key."""
        rows = self._connection.execute(
            "SELECT content FROM things WHERE kind = ? ORDER BY key", (kind,)
        )
        return [json.loads(content) for (content,) in rows]

    def keep(self, kind: str, key: str, content: Json) -> None:
        """Write a thing over what was there."""
        self._connection.execute(
            "INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, key, json.dumps(content))
        )

    def drop(self, kind: str, key: str) -> None:
        """Forget a thing."""
        self._connection.execute("DELETE FROM things WHERE kind = ? AND key = ?", (kind, key))

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM things")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
