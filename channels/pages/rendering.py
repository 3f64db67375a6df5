"""From templates to answers, each with the headers that keep a page to itself."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from channels.pages.errors import Way

_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "pages.css").read_bytes()
STYLE_PATH = "/pages/style.css"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class PageTemplates:
    """The pages in templates/, filled; a value that nobody gives is an error.

    `folder` has pages of its own, which may build on these and stand in for them.
    """

    def __init__(self, company_name: str, folder: Path | None = None) -> None:
        folders = [*([folder] if folder is not None else []), _HERE / "templates"]
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        version = hashlib.sha256(STYLE).hexdigest()[:12]
        self._environment.globals |= {
            "company": company_name,
            "style": f"{STYLE_PATH}?v={version}",
        }

    def know(self, names: Mapping[str, object], filters: Mapping[str, Callable[..., str]]) -> None:
        """Give every page these values and filters."""
        self._environment.globals |= names
        self._environment.filters |= filters

    def page(self, name: str, values: dict[str, object], *, status: int = 200) -> Response:
        """The page `name`. Its headers are set by the route."""
        content = self._environment.get_template(f"{name}.html").render(values)
        return HTMLResponse(content, status_code=status)

    def message(
        self, status: int, heading: str, sentence: str, way_on: Way = Way.TO_CANCEL
    ) -> Response:
        """A page that says one thing and shows the ways on."""
        title, path = way_on.value
        values: dict[str, object] = {
            "heading": heading,
            "sentence": sentence,
            "title": title,
            "path": path,
        }
        return self.page("message", values, status=status)
