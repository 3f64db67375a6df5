"""The copy of one's data: what is in it, how far it is, and its download.

Opening the page changes nothing and uses nothing up. What counts as a download is said in
`offboarding.exports.downloads`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.responses import FileResponse

from channels.export_words import part_text, rows_text
from channels.pages.frame import Frame
from offboarding.accounts.model import Customer
from offboarding.errors import NotFoundError
from offboarding.exports.downloads import (
    TICKET_SECONDS,
    begin_download,
    downloads_left,
    export_by_token,
    export_of_link,
    ticket_is_good,
)
from offboarding.exports.model import Export, ExportState
from offboarding.exports.places import export_path
from offboarding.exports.progress import progress
from offboarding.wording import size_text, until_text

_COOKIE: Final = "offboarding-download"


@dataclass(frozen=True)
class _Part:
    """One kind of data, in words."""

    about: str
    rows: str


class ExportPages:
    """Whoever has the link may see and download what it leads to."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def show(self, request: Request, token: str) -> Response:
        """What is in the copy, how large it is, and until when and how often it can be had."""
        settings = self._frame.settings
        with self._frame.database.read() as session:
            export = export_of_link(session, token, settings)
            customer = session.get_one(Customer, export.customer_id)
        if export.state is ExportState.REQUESTED:
            return self._frame.templates.page(
                "export_progress", {"here": f"/exports/{token}", **_how_far(export, customer)}
            )
        _kept(export_path(export.id, settings))
        return self._frame.templates.page(
            "export",
            {
                "here": f"/exports/{token}",
                "begun": self._ticket(request, export) != "",
                "content_place": settings.content_place,
                **_what_there_is(export, customer),
            },
        )

    def begin(self, request: Request, token: str) -> Response:
        """Begin a download, or begin one of the last hour again, which counts no second time."""
        settings = self._frame.settings
        with self._frame.database.write() as session:
            export = export_by_token(session, token, settings)
            _kept(export_path(export.id, settings))
            ticket = self._ticket(request, export) or begin_download(session, export, settings)
        response = self._frame.go(f"/exports/{token}/file?ticket={ticket}")
        response.set_cookie(
            _COOKIE,
            ticket,
            max_age=TICKET_SECONDS,
            path=f"/exports/{token}",
            httponly=True,
            secure=settings.base_url.startswith("https://"),
            samesite="lax",
        )
        return response

    def file(self, token: str, ticket: str = "") -> Response:
        """The archive, to whoever has a ticket for it; parts of it, too, to go on after a break."""
        settings = self._frame.settings
        with self._frame.database.read() as session:
            export = export_by_token(session, token, settings)
        if not ticket_is_good(export, ticket, settings):
            return self._frame.go(f"/exports/{token}")
        return FileResponse(
            _kept(export_path(export.id, settings)),
            media_type="application/zip",
            filename=export.file_name or "your-data.zip",
        )

    def _ticket(self, request: Request, export: Export) -> str:
        """The visitor's ticket for this export; empty without a good one."""
        ticket = request.cookies.get(_COOKIE, "")
        return ticket if ticket_is_good(export, ticket, self._frame.settings) else ""


def _kept(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError("This copy of your data is no longer kept.")
    return path


def _what_there_is(export: Export, customer: Customer) -> dict[str, object]:
    left = downloads_left(export)
    return {
        "file_name": export.file_name or "your-data.zip",
        "size": size_text(export.size_bytes or 0, customer.locale),
        "until": until_text(export.expires_at, customer) if export.expires_at else "",
        "left": left,
        "most": export.most_downloads,
        "sha256": export.sha256 or "",
        "parts": [
            _Part(each.about, rows_text(each.done, customer)) for each in progress(export).sources
        ],
    }


def _how_far(export: Export, customer: Customer) -> dict[str, object]:
    how_far = progress(export)
    return {
        "finished": how_far.finished_sources,
        "all": len(how_far.sources),
        "done": rows_text(how_far.done, customer),
        "hindered": export.problem is not None,
        "parts": [_Part(each.about, part_text(each, customer)) for each in how_far.sources],
    }
