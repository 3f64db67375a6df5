"""What links lead to: a receipt to print."""

from fastapi import Response

from channels.facts import receipt_facts
from channels.pages.frame import Frame
from channels.pages.rendering import STYLE
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

    def style(self) -> Response:
        """The style sheet of the pages; its address changes with its content."""
        return Response(
            STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000"}
        )
