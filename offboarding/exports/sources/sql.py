"""What one query of policy/exports.yml finds in a database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from offboarding.database import driver_url
from offboarding.exports.sources.own_data import ROWS_AT_ONCE
from offboarding.exports.sources.port import Column, Description, OpenSource, Subject, unique_names
from offboarding.policies.exports import parameters_of

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 300
"""The longest that the database may take for its next rows."""


class SqlQuerySource:
    """A Source: one query, over a connection that can only read.

    Values reach the database as bound parameters, never as text of the query.
    """

    def __init__(
        self, description: Description, url: str, query: str, about: Mapping[str, str]
    ) -> None:
        self.description = description
        self._url = url
        self._query = query
        self._about = about

    @contextmanager
    def open(self, subject: Subject) -> Iterator[OpenSource]:
        """See Source. Count and rows are of one moment."""
        query = sa.text(self._query)
        known = subject.parameters()
        values = {name: known[name] for name in parameters_of(query)}
        # The line break ends a remark in the query's last line.
        count = sa.text(f"SELECT count(*) FROM ({self._query}\n) AS counted")  # noqa: S608 (configuration)
        engine = _reading_engine(self._url)
        try:
            with engine.connect() as connection:
                counted = connection.scalar(count, values)
                found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query, values)
                names = list(found.keys())
                yield OpenSource(
                    columns=[
                        Column(unique, self._explained(unique, name))
                        for unique, name in zip(unique_names(names), names, strict=True)
                    ],
                    counted=counted,
                    rows=iter(found),
                )
        finally:
            engine.dispose()

    def _explained(self, unique: str, name: str) -> str:
        if unique in self._about or unique == name:
            return self._about.get(unique, "")
        return f"Another column that is called {name}." if name else "A column without a name."


def _reading_engine(url: str) -> sa.Engine:
    """An engine for one look: it writes nothing, and a transaction sees one moment."""
    parsed = driver_url(url)
    if parsed.get_backend_name() == "sqlite":
        # Opened for reading: a file that is not there is an error, not a new empty database.
        engine = sa.create_engine(
            parsed.set(database=f"file:{quote(parsed.database or '')}").update_query_dict(
                {"mode": "ro", "uri": "true"}
            ),
            poolclass=NullPool,
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _begin_by_ourselves)
        sa.event.listen(engine, "begin", _begin)
        return engine
    return sa.create_engine(
        parsed,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s",
        },
    ).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _begin_by_ourselves(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction for a SELECT
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
