"""What links lead to: a receipt to print, and the copy of one's data."""

from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import FileResponse

from channels.facts import receipt_facts
from channels.pages.frame import Frame
from channels.pages.overview import receipt_path
from channels.pages.rendering import STYLE
from channels.progress import progress
from offboarding.cases.links import case_by_token, case_link
from offboarding.errors import NotFoundError
from offboarding.exports.service import export_by_token, export_path
from offboarding.receipts.model import ReceiptKind
from offboarding.receipts.service import receipt_by_token, receipt_of


class DocumentPages:
    """Documents behind links that nobody can guess; whoever has the link may see them."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def receipt(self, token: str) -> Response:
        """A receipt, with what is true of it now."""
        with self._frame.database.read() as session:
            receipt = receipt_by_token(session, token, self._frame.settings)
            facts = receipt_facts(session, receipt)
        case = urlsplit(case_link(receipt.case_id, self._frame.settings)).path
        return self._frame.templates.page("receipt", {"facts": facts, "case": case})

    def case(self, token: str) -> Response:
        """How far an off-boarding is: what is done, what is still to come, and when."""
        settings = self._frame.settings
        with self._frame.database.read() as session:
            case = case_by_token(session, token, settings)
            receipt = receipt_of(session, case, ReceiptKind.CANCELLATION)
            values: dict[str, object] = {
                "progress": progress(session, case),
                "number": case.number,
                "receipt": receipt_path(receipt, settings) if receipt is not None else "",
            }
        return self._frame.templates.page("case", values)

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
