"""A client that costs next to nothing, for it shares the processor with what it measures."""

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any

from bench.processes import BenchError

TIMEOUT_SECONDS = 60.0


class Client:
    """One kept-open connection to a server on this machine."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._connection = self._connect()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Send JSON, return JSON; raises BenchError when it is refused."""
        return json.loads(self._exchange("POST", path, json.dumps(body).encode(), headers))

    def get(self, path: str) -> bytes:
        return self._exchange("GET", path, None, {})

    def events(self, path: str, last_event_id: int) -> Iterator[tuple[str, Any]]:
        """Name and data of each event of a stream, as they come; takes the connection up."""
        self._connection.request(
            "GET", path, headers={**self._headers, "Last-Event-ID": str(last_event_id)}
        )
        response = self._connection.getresponse()
        if response.status != http.client.OK:
            raise BenchError(f"{path.partition('?')[0]} answered {response.status}.")
        name = b""
        while line := response.readline():
            field, _, value = line.rstrip(b"\n").partition(b": ")
            if field == b"event":
                name = value
            elif field == b"data":
                yield name.decode(), json.loads(value)

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        all_headers = {**self._headers, **headers}
        try:
            self._connection.request(method, path, body, all_headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server has closed what was idle.
            self._connection.close()
            self._connection = self._connect()
            self._connection.request(method, path, body, all_headers)
            response = self._connection.getresponse()
        content = response.read()
        if response.status >= http.client.BAD_REQUEST:
            raise BenchError(f"{path.partition('?')[0]} answered {response.status}.")
        return content
