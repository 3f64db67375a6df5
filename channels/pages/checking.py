"""Whether a receipt is genuine: for everybody, without an account, without JavaScript."""

from typing import Annotated

from fastapi import Form, Response, UploadFile

from channels.facts import signed_rows
from channels.pages.frame import Frame
from offboarding.receipts.keys import receipt_keys
from offboarding.receipts.signed_file import MOST_BYTES as MOST_OF_A_RECEIPT
from offboarding.receipts.verifying import Outcome, verify

MOST_BYTES = 2 * MOST_OF_A_RECEIPT
"""The largest form taken: a file, or its text, and what a browser puts around it."""

_HEADINGS = {
    Outcome.GENUINE: "This receipt is genuine",
    Outcome.CHANGED: "This receipt was changed",
    Outcome.UNKNOWN_KEY: "This receipt is not proven",
    Outcome.NOT_TRUSTED: "This receipt is not proven",
    Outcome.NOT_SIGNED: "This receipt is not genuine",
    Outcome.NO_RECEIPT: "This is no receipt",
}


class CheckPages:
    """The page that checks a receipt, and the keys that it is checked with.

    What is sent is looked at and forgotten: nothing of it is kept or logged.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def show(self) -> Response:
        """The field for the file, and one to paste its text into."""
        return self._page()

    def check(
        self,
        text: Annotated[str, Form(max_length=MOST_BYTES)] = "",
        file: UploadFile | None = None,
    ) -> Response:
        """The verdict on a file, or on pasted text."""
        content = file.file.read() if file is not None else b""
        content = content or text.encode()
        if not content.strip():
            return self._page(nothing=True, status=400)
        verdict = verify(content, receipt_keys(self._frame.settings).ring())
        return self._page(
            heading=_HEADINGS[verdict.outcome],
            verdict=verdict,
            rows=signed_rows(verdict.receipt) if verdict.receipt is not None else [],
        )

    def keys(self) -> Response:
        """The public keys as a JWK Set, for programs that check a receipt."""
        return Response(
            receipt_keys(self._frame.settings).ring().as_json(),
            media_type="application/jwk-set+json",
            headers={
                "Cache-Control": "public, max-age=300",
                # Public, and without a cookie: a page anywhere may check with them.
                "Access-Control-Allow-Origin": "*",
            },
        )

    def _page(self, *, status: int = 200, **values: object) -> Response:
        shown = {"heading": "", "verdict": None, "rows": [], "nothing": False, **values}
        return self._frame.templates.page("check", shown, status=status)
