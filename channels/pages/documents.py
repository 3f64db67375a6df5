"""What links lead to: a receipt to print and to keep, and the copy of one's data."""

import json
from urllib.parse import urlsplit

from fastapi import Request, Response

from channels.conversations.transcript import transcript_file
from channels.facts import receipt_facts
from channels.pages.frame import Frame
from channels.pages.overview import receipt_path
from channels.pages.rendering import STYLE
from channels.progress import progress
from channels.signed_receipts import SignedReceipts, file_name
from offboarding.cases.links import case_by_token, case_link
from offboarding.cases.model import Case
from offboarding.errors import NotFoundError
from offboarding.receipts.model import ReceiptKind
from offboarding.receipts.service import receipt_by_token, receipt_of
from offboarding.receipts.signed_file import receipt_in
from offboarding.receipts.transcript import ConversationDigest


class DocumentPages:
    """Documents behind links that nobody can guess; whoever has the link may see them."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._signed_receipts = SignedReceipts(frame.settings, frame.database)

    def receipt(self, token: str) -> Response:
        """A receipt, with what is true of it now beside what was signed."""
        with self._frame.database.read() as session:
            receipt = receipt_by_token(session, token, self._frame.settings)
            facts = receipt_facts(session, receipt)
        signed = self._signed_receipts.file(receipt.id)
        values: dict[str, object] = {
            "facts": facts,
            "content_place": self._frame.settings.content_place,
            "case": urlsplit(case_link(receipt.case_id, self._frame.settings)).path,
            "token": token if signed is not None else None,
            "conversation": signed is not None
            and json.loads(signed)["receipt"]["conversation"] is not None,
        }
        return self._frame.templates.page("receipt", values)

    def signed_receipt(self, token: str) -> Response:
        """The signed receipt, as a download."""
        with self._frame.database.read() as session:
            receipt = receipt_by_token(session, token, self._frame.settings)
            number = session.get_one(Case, receipt.case_id).number
        signed = self._signed_receipts.file(receipt.id)
        if signed is None:
            raise NotFoundError("This receipt can't be signed just now. Please try again later.")
        return _download(signed, "application/json", file_name(number, receipt.kind.value))

    def conversation(self, request: Request, token: str) -> Response:
        """The conversation whose digest a receipt carries, as a download.

        Only to who is signed in as its customer: a receipt may be passed on, to a bank perhaps.
        """
        with self._frame.database.read() as session:
            receipt = receipt_by_token(session, token, self._frame.settings)
            signed = receipt_in(receipt.signature)["conversation"] if receipt.signature else None
            if signed is None or receipt.conversation_id is None:
                raise NotFoundError("This receipt tells of no conversation.")
            visitor = self._frame.visits.looking(session, request)
            if visitor.customer is None or visitor.customer.id != receipt.customer_id:
                return self._frame.go("/cancel?other=yes")
            content = transcript_file(
                session, receipt.conversation_id, ConversationDigest(**signed)
            )
        if content is None:
            raise NotFoundError("This conversation is no longer kept.")
        return _download(content, "application/jsonl", "conversation.jsonl")

    def case(self, token: str) -> Response:
        """How far an off-boarding is: what is done, what is still to come, and when."""
        settings = self._frame.settings
        with self._frame.database.read() as session:
            case = case_by_token(session, token, settings)
            receipt = receipt_of(session, case, ReceiptKind.CANCELLATION)
            values: dict[str, object] = {
                "progress": progress(session, case),
                "content_place": self._frame.settings.content_place,
                "number": case.number,
                "sign_up_url": settings.sign_up_url,
                "receipt": receipt_path(receipt, settings) if receipt is not None else "",
            }
        return self._frame.templates.page("case", values)

    def style(self) -> Response:
        """The style sheet of the pages; its address changes with its content."""
        return Response(
            STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000"}
        )


def _download(content: str | bytes, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
