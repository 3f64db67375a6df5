"""What all pages share: settings, database, and a visitor's page with its forms tied to them."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from channels.errors import TooManyConversationsError
from channels.pages.errors import TooManyFormsError
from channels.pages.overview import receipt_path
from channels.pages.rendering import PageTemplates
from channels.pages.visits import Visitor, Visits
from channels.web.limits import CreationLimit
from offboarding.database import Database
from offboarding.receipts.model import Receipt
from offboarding.settings import Settings

FORMS_A_MINUTE = 60
"""Taken from one network address; each may cause a mail."""


class Frame:
    """The parts that every page is made with."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.templates = PageTemplates(settings.company_name)
        self.visits = Visits(settings)
        self._limit = CreationLimit(FORMS_A_MINUTE)

    def accept(self, request: Request, token: str, opened: str) -> None:
        """Take a form in: it must be of this visit; the link it carries, if any, is used up.

        In a transaction of its own, so that a link stays used when the act itself is refused.
        Raises TooManyFormsError when more come from one network than people fill in.
        """
        self.count(request, self._limit)
        with self.database.write() as session:
            self.visits.accept(session, request, token, opened)

    def count(self, request: Request, limit: CreationLimit) -> None:
        """Count one more from this network address. Raises TooManyFormsError beyond the limit."""
        try:
            limit.take(request.client.host if request.client else "")
        except TooManyConversationsError as error:
            raise TooManyFormsError from error

    def page(
        self, name: str, visitor: Visitor, values: dict[str, object], *, status: int = 200
    ) -> Response:
        """The page `name` for a visitor, whose browser keeps the visit."""
        form = {"token": self.visits.form_token(visitor), "opened": visitor.opened}
        response = self.templates.page(name, {**values, "form": form}, status=status)
        self.visits.remember(response, visitor)
        return response

    def go(self, path: str, visitor: Visitor | None = None) -> Response:
        """To another page, by GET, so that a reload sends no form again."""
        response = RedirectResponse(path, 303)
        if visitor is not None:
            self.visits.remember(response, visitor)
        return response

    def to_receipt(self, receipt: Receipt) -> Response:
        """To a receipt's own page."""
        return self.go(receipt_path(receipt, self.settings))
