"""Giving notice in writing, without signing in: a form, a button, what was received."""

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated

from fastapi import Form, Request, Response
from pydantic import BaseModel, Field

from channels.conversations.cleaning import cleaned
from channels.facts import Row
from channels.pages.frame import Frame
from channels.web.limits import CreationLimit
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declared import declared_rows
from offboarding.handoffs.declaring import (
    LONGEST,
    DeclarationIncompleteError,
    WrittenDeclaration,
    declaration_by_token,
    declaration_link,
    declare,
    is_mailed,
)
from offboarding.identity.service import EmailInvalidError
from offboarding.receipts.model import Declaration
from offboarding.wording import moment_text_in

DECLARATIONS_A_MINUTE = 10
"""Taken from one network address, those that are whole. What is typed is mailed to whom it says, so
that it is fewer than of other forms."""

Text = Annotated[str, Field(max_length=2000)]


class _Typed(BaseModel):
    """The fields of both forms; the withdrawal's has neither kind, day nor reason."""

    kind: Text = ""
    name: Text = ""
    contract: Text = ""
    email: Text = ""
    ends_on: Text = ""
    reason: Text = ""
    token: Text = ""

    def declaration(self, kind: Declaration) -> WrittenDeclaration:
        """What was typed, not looked at yet. The day is read by `_with_day`."""
        name, contract, email = cleaned(self.name), cleaned(self.contract), cleaned(self.email)
        reason = cleaned(self.reason) if kind is Declaration.FOR_CAUSE else ""
        return WrittenDeclaration(kind, name, contract, email, reason=reason)


class DeclarationPages:
    """The two ways in which somebody ends a contract who can't or won't sign in (rule R10)."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._limit = CreationLimit(DECLARATIONS_A_MINUTE)

    def cancellation(self, request: Request) -> Response:
        """All that a cancellation in writing needs, at once on one page (§ 312k (2) BGB)."""
        return self._form(request, WrittenDeclaration(Declaration.ORDINARY, "", "", ""))

    def withdrawal(self, request: Request) -> Response:
        """All that a withdrawal needs (Art. 11a (2) of Directive 2011/83/EU)."""
        return self._form(request, WrittenDeclaration(Declaration.WITHDRAWAL, "", "", ""))

    def cancel(self, request: Request, form: Annotated[_Typed, Form()]) -> Response:
        """Take a cancellation in, and show what was received."""
        for_cause = form.kind == Declaration.FOR_CAUSE.value
        kind = Declaration.FOR_CAUSE if for_cause else Declaration.ORDINARY
        return self._take(request, form, form.declaration(kind))

    def withdraw(self, request: Request, form: Annotated[_Typed, Form()]) -> Response:
        """Take a withdrawal in, and show what was received."""
        return self._take(request, form, form.declaration(Declaration.WITHDRAWAL))

    def received(self, token: str) -> Response:
        """What was received and when, to print or keep; for whoever has its link."""
        settings = self._frame.settings
        with self._frame.database.read() as session:
            hand_off = declaration_by_token(session, token, settings)
            mailed = is_mailed(session, hand_off)
        values: dict[str, object] = {
            "withdraws": hand_off.cause is HandOffCause.WITHDRAWAL,
            "rows": [Row(label, value) for label, value in declared_rows(hand_off)],
            "number": hand_off.number,
            "mailed": mailed,
            "received": moment_text_in(hand_off.requested_at, settings.company_time_zone),
            "support_email": settings.support_email,
        }
        return self._frame.templates.page("declared", values)

    def _take(self, request: Request, form: _Typed, declared: WrittenDeclaration) -> Response:
        self._frame.accept(request, form.token, "")
        try:
            checked = _with_day(declared, form.ends_on).checked()
            self._frame.count(request, self._limit)
            with self._frame.database.write() as session:
                visitor = self._frame.visits.looking(session, request)
                hand_off = declare(session, checked, visitor.visit_id)
        except (DeclarationIncompleteError, EmailInvalidError) as error:
            return self._form(request, declared, form.ends_on, error)
        link = declaration_link(hand_off.id, self._frame.settings)
        return self._frame.go(link.removeprefix(self._frame.settings.base_url))

    def _form(
        self,
        request: Request,
        declared: WrittenDeclaration,
        ends_on: str = "",
        error: DeclarationIncompleteError | EmailInvalidError | None = None,
    ) -> Response:
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
        wrong = "email" if isinstance(error, EmailInvalidError) else getattr(error, "field", "")
        values: dict[str, object] = {
            "withdraws": declared.kind is Declaration.WITHDRAWAL,
            "for_cause": declared.kind is Declaration.FOR_CAUSE,
            "typed": {**asdict(declared), "ends_on": ends_on},
            "longest": LONGEST,
            "error": error.sentence if error else "",
            "wrong": wrong,
            "signed_in": visitor.customer is not None,
        }
        return self._frame.page("declare", visitor, values, status=400 if error else 200)


def _with_day(declared: WrittenDeclaration, ends_on: str) -> WrittenDeclaration:
    """The declaration with the day on which it shall end. Raises DeclarationIncompleteError."""
    if not ends_on.strip():
        return declared
    try:
        day = date.fromisoformat(ends_on.strip())
    except ValueError as error:
        raise DeclarationIncompleteError(
            "ends_on", "Please write the day as year-month-day, such as 2030-01-31, or leave it."
        ) from error
    return replace(declared, ends_on=day)
