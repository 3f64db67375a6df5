"""Another company's website: a page at another origin, with a strict policy and the one script."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Fjord Bicycles</title>
<link rel="icon" href="data:,">
<script src="/own.js" defer></script>
</head>
<body>
<main><h1>Fjord Bicycles</h1><button type="button" id="bell">Ring</button><p id="rung"></p></main>
{widget}
</body>
</html>
"""
_OWN_SCRIPT = """
document.querySelector("#bell").addEventListener("click", () => {
  document.querySelector("#rung").textContent = "Ding";
});
"""


class Site:
    """The website. Its policy allows scripts and calls of its own and of the widget's origin."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.widget_origin = ""
        self.identity_token: str | None = None

    @property
    def policy(self) -> str:
        """As a company would write it after reading how to embed the widget."""
        return (
            f"default-src 'none'; script-src 'self' {self.widget_origin}; "
            f"connect-src {self.widget_origin}; img-src data:; base-uri 'none'; form-action 'none'"
        )

    @property
    def page(self) -> str:
        """The page with the one script tag."""
        token = self.identity_token
        signed_in = f' data-identity-token="{escape(token)}"' if token is not None else ""
        source = f"{self.widget_origin}/widget.js"
        widget = f'<script src="{source}" defer data-company="Fjord Bicycles"{signed_in}></script>'
        return _PAGE.format(widget=widget)


@contextmanager
def serve_site() -> Iterator[Site]:
    """Serve the website at a free port, which makes it another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/own.js"
            content = (_OWN_SCRIPT if script else site.page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.send_header("Content-Security-Policy", site.policy)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
