"""What links lead to: a receipt to print, and the copy of one's data."""

from fastapi import Response
from fastapi.responses import FileResponse

from channels.facts import receipt_facts
from channels.pages.frame import Frame
from channels.pages.rendering import STYLE
from offboarding.errors import NotFoundError
from offboarding.exports.service import export_by_token, export_path
from offboarding.receipts.service import receipt_by_token


class DocumentPages:
    """Documents behind links that nobody can guess; whoever has the link may see them."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def receipt(self, token: str) -> Response:
        """A receipt, with what is true of it now."""
        with self._frame.database.read() as session:
            receipt = receipt_by_token(session, token, self._frame.settings)
            facts = receipt_facts(session, receipt)
        return self._frame.templates.page("receipt", {"facts": facts})

    def export(self, token: str) -> Response:
        """The archive of an export, as a download."""
        with self._frame.database.read() as session:
            export = export_by_token(session, token, self._frame.settings)
        path = export_path(export.id, self._frame.settings)
        if not path.is_file():
            raise NotFoundError("This copy of your data is no longer kept.")
        return FileResponse(
            path, media_type="application/zip", filename=export.file_name or "your-data.zip"
        )

    def style(self) -> Response:
        """The style sheet of the pages; its address changes with its content."""
        return Response(
            STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000"}
        )
