"""Keeps the texts and opt-outs in one SQLite file of the data directory."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from sandbox.phone.network.model import Block, Text, text_of_row

FILE = "sandbox-phone.db"


class Store:
    """Each thing is written when it changes, so that a killed process loses none."""

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
            "CREATE TABLE IF NOT EXISTS text"
            " (position INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, content TEXT NOT NULL)"
        )
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS block"
            " (phone TEXT, scope TEXT, word TEXT, at REAL, PRIMARY KEY (phone, scope))"
        )

    def texts(self) -> Iterator[Text]:
        """Every text, in the order they came."""
        for (content,) in self._connection.execute("SELECT content FROM text ORDER BY position"):
            yield text_of_row(json.loads(content))

    def blocks(self) -> Iterator[Block]:
        """Every opt-out."""
        for row in self._connection.execute("SELECT phone, scope, word, at FROM block"):
            yield Block(*row)

    def keep_text(self, text: Text) -> None:
        """Write a text, over what it was."""
        self._connection.execute(
            "INSERT INTO text (sid, content) VALUES (?, ?)"
            " ON CONFLICT (sid) DO UPDATE SET content = excluded.content",
            (text.sid, json.dumps(text.as_row())),
        )

    def keep_block(self, block: Block) -> None:
        """Write an opt-out."""
        self._connection.execute("INSERT INTO block VALUES (?, ?, ?, ?)", astuple(block))

    def drop_block(self, phone: str, scope: str) -> None:
        """Forget an opt-out."""
        self._connection.execute("DELETE FROM block WHERE phone = ? AND scope = ?", (phone, scope))

    def clear(self) -> None:
        """Forget everything."""
        self._connection.execute("DELETE FROM text")
        self._connection.execute("DELETE FROM block")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
