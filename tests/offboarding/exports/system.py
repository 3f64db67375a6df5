"""A system of the company that answers over HTTP, by the contract of docs/exports.md."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class System:
    """Gives its pages, and behaves as it is told."""

    pages: Sequence[Sequence[str]] = ()
    total: str | None = "right"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_at_page: int | None = None
    waits_at_page: int | None = None
    cursor: str = ""
    """Instead of the number of the next page."""
    cut_short: bool = False
    """Whether it says that more bytes come than it sends."""
    address: str = ""
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, body: str) -> tuple[int, dict[str, str], bytes]:
        page = int(json.loads(body)["cursor"] or 0)
        if page == self.waits_at_page:
            self.arrived.set()
            self.go_on.wait()
        if page == self.breaks_at_page:
            return 500, {}, b""
        headers = dict(self.headers)
        if self.total is not None:
            rows = sum(len(each) for each in self.pages)
            headers["Total-Rows"] = str(rows) if self.total == "right" else self.total
        if page + 1 < len(self.pages):
            headers["Next-Cursor"] = self.cursor or str(page + 1)
        lines = self.pages[page] if self.pages else []
        return self.status, headers, "".join(f"{line}\n" for line in lines).encode()


@contextmanager
def serving(system: System) -> Iterator[System]:
    """The system on a real server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            system.requests.append((dict(self.headers), body))
            status, headers, content = system.answer(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + 10 * system.cut_short))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    system.address = f"http://127.0.0.1:{server.server_port}/export"
    try:
        yield system
    finally:
        system.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
