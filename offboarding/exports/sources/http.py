"""What another system answers over HTTP: pages of JSON lines, one after the other.

The contract is in docs/exports.md. Everything is taken to a file without a name first, which goes
away with this process: so all columns are known before the first row, and a system that fails on
its last page has cost no half-written archive.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from offboarding import clock
from offboarding.database import new_identifier
from offboarding.errors import ConfigurationError
from offboarding.exports.errors import SourceError
from offboarding.exports.sources.port import Column, Description, OpenSource, Row, Subject
from offboarding.policies.exports import Proof

TIMEOUT_SECONDS = 30.0
"""The longest wait for the next bytes."""
MOST_ROW_BYTES = 8 * 1024 * 1024
_MEGABYTE = 1_000_000
_NEXT = "Next-Cursor"
_TOTAL = "Total-Rows"


@dataclass(frozen=True)
class HttpConnection:
    """Where a system is, what proves to it that it is us, and how much is taken from it.

    Raises ConfigurationError for an address that others could listen in on.
    """

    url: str
    proof: Proof
    secret: str = field(repr=False)
    most_bytes: int = 1024 * _MEGABYTE
    most_seconds: float = 900.0
    unencrypted: bool = False
    """Whether http:// will do: in the sandbox."""

    def __post_init__(self) -> None:
        """Refuse what is no address, or no safe one."""
        parts = urlsplit(self.url)
        schemes = {"https", "http"} if self.unencrypted else {"https"}
        if parts.scheme not in schemes or not parts.hostname:
            raise ConfigurationError(
                "An HTTP source of policy/exports.yml needs an address that begins with https:// "
                "in OFFBOARD_EXPORT_CONNECTIONS."
            )
        if self.proof is Proof.SIGNATURE:
            try:
                Webhook(self.secret)
            except (ValueError, EmptyWebhookSecretError) as error:
                raise ConfigurationError(
                    "The secret of an HTTP source of policy/exports.yml is no signing secret: one "
                    "is whsec_ and a random text in base64, in OFFBOARD_EXPORT_CONNECTIONS."
                ) from error


@dataclass
class _Taken:
    """What has come in so far."""

    file: IO[bytes]
    columns: dict[str, None] = field(default_factory=dict)
    """Every field that a row had, in the order in which they were first seen."""
    rows: int = 0
    bytes: int = 0


class HttpSource:
    """A Source: a system that answers with JSON lines."""

    def __init__(
        self,
        description: Description,
        connection: HttpConnection,
        about: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        """`folder` takes what comes in meanwhile; None is the system's own for such files."""
        self._folder = folder
        self.description = description
        self._connection = connection
        self._about = about

    @contextmanager
    def open(self, subject: Subject) -> Iterator[OpenSource]:
        """See Source. The count is the system's own, from its first page."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            taken = _Taken(file)
            counted = self._take(subject, taken)
            if counted is None and not self.description.estimated:
                raise self._trouble(
                    f"says in no {_TOTAL} header how many rows there are. Have it say so, or "
                    "declare its count as an estimate."
                )
            names = [*self._about, *(name for name in taken.columns if name not in self._about)]
            file.seek(0)
            yield OpenSource(
                columns=[Column(name, self._about.get(name, "")) for name in names],
                counted=counted,
                rows=_rows(file, names),
            )

    def _take(self, subject: Subject, taken: _Taken) -> int | None:
        """Take every page; the number of rows that the first one says there are."""
        deadline = time.monotonic() + self._connection.most_seconds
        cursor, counted, seen = None, None, set[str]()
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            while True:
                request = self._request(client, subject, cursor)
                try:
                    response = client.send(request, stream=True)
                    try:
                        self._check(response)
                        if cursor is None:
                            counted = self._total(response)
                        self._take_page(response, taken, deadline)
                    finally:
                        response.close()
                except httpx.HTTPError as error:
                    raise self._trouble(f"can't be reached ({type(error).__name__}).") from error
                cursor = response.headers.get(_NEXT)
                if cursor is None:
                    return counted
                if cursor in seen:
                    raise self._trouble("names the same next page twice.")
                seen.add(cursor)

    def _request(self, client: httpx.Client, subject: Subject, cursor: str | None) -> httpx.Request:
        body = json.dumps({**subject.parameters(), "cursor": cursor})
        headers = {
            "Accept": "application/x-ndjson",
            # So that what is counted is what is sent: a packed answer could hold any amount.
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        match self._connection.proof:
            case Proof.BEARER:
                headers["Authorization"] = f"Bearer {self._connection.secret}"
            case Proof.SIGNATURE:
                headers |= _signature(self._connection.secret, body)
        return client.build_request("POST", self._connection.url, content=body, headers=headers)

    def _check(self, response: httpx.Response) -> None:
        if response.is_redirect:
            raise self._trouble("sends us elsewhere, and we go nowhere else. Mend its address.")
        if response.status_code != httpx.codes.OK:
            raise self._trouble(f"answers with status {response.status_code}.")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self._trouble("packs its answer although it was asked not to.")

    def _total(self, response: httpx.Response) -> int | None:
        total = response.headers.get(_TOTAL)
        if total is None:
            return None
        if not (total.isascii() and total.isdecimal() and len(total) <= 18):
            raise self._trouble(f"has no number in its {_TOTAL} header.")
        return int(total)

    def _take_page(self, response: httpx.Response, taken: _Taken, deadline: float) -> None:
        rest = b""
        for chunk in response.iter_raw():
            if time.monotonic() > deadline:
                raise self._trouble("takes longer than it may (most_seconds).")
            taken.bytes += len(chunk)
            if taken.bytes > self._connection.most_bytes:
                raise self._trouble("sends more than it may (most_megabytes).")
            # By b"\n" alone: a JSON text may hold every other kind of line break.
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MOST_ROW_BYTES:
                raise self._trouble("sends a row larger than 8 MiB.")
            for line in lines:
                self._take_line(line, taken)
        self._take_line(rest, taken)

    def _take_line(self, line: bytes, taken: _Taken) -> None:
        if not line.strip():
            return
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._trouble(
                f"sends something that is no JSON in row {taken.rows + 1}."
            ) from error
        if not isinstance(row, dict):
            raise self._trouble(f"sends no JSON object in row {taken.rows + 1}.")
        taken.columns.update(dict.fromkeys(row))
        taken.rows += 1
        taken.file.write(line + b"\n")

    def _trouble(self, what: str) -> SourceError:
        return SourceError(self.description.name, what)


def _rows(file: IO[bytes], names: list[str]) -> Iterator[Row]:
    for line in file:
        row: dict[str, Any] = json.loads(line)
        yield [row.get(name) for name in names]


def _signature(secret: str, body: str) -> dict[str, str]:
    """The three headers of https://www.standardwebhooks.com, for this request."""
    message, moment = new_identifier(), clock.now().astimezone(UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, moment, body),
    }
