"""The way out: an address, its code, what will happen, one button."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.orm import Session

from channels.pages import leaving
from channels.pages.errors import EntryGoneError, IdentityNeededError, Way
from channels.pages.frame import Frame
from channels.pages.overview import cancelled_before, overview
from channels.pages.visits import Visitor
from channels.progress import kept_until_text
from offboarding.billing.port import BillingPort
from offboarding.cases.workflow import CancelledOtherwiseError
from offboarding.errors import TransitionError
from offboarding.identity import service as identity
from offboarding.identity.service import (
    CODE_MINUTES,
    WRONG_CODES,
    CodeCheck,
    CodeLockedError,
    EmailInvalidError,
    TooManyCodesError,
)
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt

Text = Annotated[str, Form(max_length=2000)]
_ABOUT = {False: "Cancel a plan", True: "Undo a cancellation"}
"""What a visitor came for, by whether it is to undo."""


class CancelPages:
    """Each method is one route: it reads the form, calls one service and shows what came of it.

    `undo` is filled where they came to undo a cancellation; it goes from page to page with them.
    """

    def __init__(
        self, frame: Frame, policies: Policies, billing_for: Callable[[Session], BillingPort]
    ) -> None:
        self._frame = frame
        self._policies = policies
        self._billing_for = billing_for

    def start(self, request: Request, again: str = "", other: str = "", undo: str = "") -> Response:
        """What this is, and the field for the address; for `other`, also to who is signed in."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
        if visitor.customer is not None and not other:
            return self._frame.go(_path("/cancel/plan", undo))
        return self._start_page(visitor, again=bool(again), undo=undo)

    def send_code(
        self,
        request: Request,
        email: Text = "",
        token: Text = "",
        opened: Text = "",
        undo: Text = "",
    ) -> Response:
        """Have a code mailed, if an account has the address. The answer is the same if none has."""
        self._frame.accept(request, token, opened)
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
        if visitor.customer is not None:  # somebody known goes on as somebody else
            visitor = self._frame.visits.begin()
        try:
            with self._frame.database.write() as session:
                identity.send_code(session, visitor.visit_id, email)
        except (EmailInvalidError, TooManyCodesError, CodeLockedError) as error:
            return self._start_page(visitor, email=email, error=error, undo=undo)
        return self._frame.go(_path("/cancel/code", undo), visitor)

    def code_form(self, request: Request, undo: str = "") -> Response:
        """The field for the code."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
        if visitor.customer is not None:
            return self._frame.go(_path("/cancel/plan", undo))
        return self._code_page(visitor, undo=undo)

    def check_code(
        self,
        request: Request,
        code: Text = "",
        token: Text = "",
        opened: Text = "",
        undo: Text = "",
    ) -> Response:
        """Make sure of who this is. A wrong code is counted."""
        self._frame.accept(request, token, opened)
        with self._frame.database.write() as session:
            visitor = self._frame.visits.looking(session, request)
            checked = identity.check_code(session, visitor.visit_id, code, self._frame.settings)
            if checked.customer is not None:
                visitor = self._frame.visits.signed_in(session, visitor)
        if checked.customer is not None:
            return self._frame.go(_path("/cancel/plan", undo), visitor)
        if checked.attempts_left == WRONG_CODES:  # no code was ever asked for in this visit
            return self._frame.go(_path("/cancel", undo), visitor)
        return self._code_page(visitor, checked, undo=undo)

    def plans(self, request: Request, undo: str = "") -> Response:
        """What the account has, what would happen, and the one button."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
            return self._plan_page(session, visitor, undo=undo)

    def enter(self, request: Request, token: str, undo: str = "") -> Response:
        """The same page by a link from a chat or a mail; see `entries` for why it changes nothing.

        Raises EntryGoneError, from whose page the way on is to the same.
        """
        visits = self._frame.visits
        with self._frame.database.read() as session:
            if visits.used_by_this_visit(session, request, token):
                return self._frame.go(_path("/cancel/plan", undo))
            try:
                visitor = visits.opening(session, token)
            except IdentityNeededError:  # the chat does not know who it is with, either
                return self._frame.go(_path("/cancel", undo))
            except EntryGoneError as error:
                if undo:
                    error.way_on = Way.TO_UNDO
                raise
            return self._plan_page(session, visitor, undo=undo)

    def confirm(
        self, request: Request, choice: Text = "", token: Text = "", opened: Text = ""
    ) -> Response:
        """Cancel what was chosen, and show its receipt; or how it was cancelled before."""
        self._frame.accept(request, token, opened)
        try:
            with self._frame.database.write() as session:
                visitor = self._frame.visits.looking(session, request)
                if not choice:
                    return self._plan_page(session, visitor, nothing_chosen=True)
                receipt = leaving.confirm(
                    session,
                    visitor,
                    choice,
                    billing=self._billing_for(session),
                    policies=self._policies,
                )
        except CancelledOtherwiseError as error:
            return self._cancelled_before_page(request, error.receipt_id)
        except TransitionError:
            return self._shown_again(request)
        return self._frame.to_receipt(receipt)

    def undo(
        self, request: Request, case: Text = "", token: Text = "", opened: Text = ""
    ) -> Response:
        """Take a cancellation back, and show the receipt of that."""
        self._frame.accept(request, token, opened)
        try:
            with self._frame.database.write() as session:
                visitor = self._frame.visits.looking(session, request)
                receipt = leaving.undo(session, visitor, case, billing=self._billing_for(session))
        except TransitionError:
            return self._shown_again(request, undo="yes")
        except IdentityNeededError:
            return self._frame.go("/cancel?again=yes&undo=yes")
        return self._frame.to_receipt(receipt)

    def kept(self, request: Request) -> Response:
        """Nothing was done, and that is all."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
        return self._frame.page("kept", visitor, {})

    def _start_page(
        self,
        visitor: Visitor,
        *,
        email: str = "",
        error: EmailInvalidError | TooManyCodesError | CodeLockedError | None = None,
        again: bool = False,
        undo: str = "",
    ) -> Response:
        invalid = isinstance(error, EmailInvalidError)
        status = 200 if error is None else 400 if invalid else 429
        values: dict[str, object] = {
            "email": email,
            "error": error.sentence if error else "",
            "invalid": invalid,
            "again": again,
            **_came_to(undo),
        }
        return self._frame.page("start", visitor, values, status=status)

    def _code_page(
        self, visitor: Visitor, checked: CodeCheck | None = None, *, undo: str = ""
    ) -> Response:
        locked = checked is not None and checked.locked
        values: dict[str, object] = {
            "minutes": CODE_MINUTES,
            "attempts_left": checked.attempts_left if checked else WRONG_CODES,
            "wrong": checked is not None,
            "locked": CodeLockedError().sentence if locked else "",
            **_came_to(undo),
        }
        status = 200 if checked is None else 429 if locked else 400
        return self._frame.page("code", visitor, values, status=status)

    def _plan_page(
        self,
        session: Session,
        visitor: Visitor,
        *,
        nothing_chosen: bool = False,
        changed: bool = False,
        undo: str = "",
    ) -> Response:
        shown = overview(
            session,
            visitor.known,
            billing=self._billing_for(session),
            policies=self._policies,
            settings=self._frame.settings,
        )
        values: dict[str, object] = {
            "leavable": shown.leavable,
            "only_plan": shown.only_plan,
            "withdrawn_at": shown.withdrawn_at,
            "cancelled": shown.cancelled,
            "nothing_chosen": nothing_chosen,
            "changed": changed,
            "kept_until": kept_until_text(session, visitor.known),
            "sign_up_url": self._frame.settings.sign_up_url,
            **_came_to(undo),
        }
        status = 400 if nothing_chosen else 409 if changed else 200
        # Without any plan there is nothing to undo or to cancel, which `plan` says.
        name = "undo" if undo and (shown.leavable or shown.cancelled) else "plan"
        return self._frame.page(name, visitor, values, status=status)

    def _cancelled_before_page(self, request: Request, receipt_id: str) -> Response:
        """How it was cancelled before they chose another way, and what can still be had of that."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
            before = cancelled_before(
                session,
                session.get_one(Receipt, receipt_id),
                billing=self._billing_for(session),
                policies=self._policies,
                settings=self._frame.settings,
            )
        return self._frame.page("cancelled_before", visitor, {"before": before}, status=409)

    def _shown_again(self, request: Request, undo: str = "") -> Response:
        """How things are, after something else was shown or done in the meantime."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
            return self._plan_page(session, visitor, changed=True, undo=undo)


def _path(path: str, undo: str) -> str:
    return f"{path}?undo=yes" if undo else path


def _came_to(undo: str) -> dict[str, object]:
    return {"undo": bool(undo), "about": _ABOUT[bool(undo)]}
