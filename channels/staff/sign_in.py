"""Signing in: an address, a link that is mailed to it, one button."""

from typing import Annotated

from fastapi import Form, Request, Response

from channels.pages.errors import PageError
from channels.staff.browsers import new_browser
from channels.staff.errors import SIGN_IN, LinkRefusedError
from channels.staff.frame import HOME, StaffFrame
from offboarding.identity.service import EmailInvalidError
from offboarding.settings import SANDBOX_STAFF
from offboarding.staff import links, sessions
from offboarding.staff.links import (
    LINK_MINUTES,
    LinkGoneError,
    OtherBrowserError,
    TooManyLinksError,
)

Text = Annotated[str, Form(max_length=2000)]


class SignInPages:
    """Each method is one route: it reads the form, calls one service and shows what came of it."""

    def __init__(self, frame: StaffFrame) -> None:
        self._frame = frame

    def start(self, request: Request, again: str = "") -> Response:
        """The field for the address."""
        if self._frame.signed_in(request) is not None:
            return self._frame.go(HOME)
        return self._start_page(request, again=bool(again))

    def ask(self, request: Request, email: Text = "", token: Text = "") -> Response:
        """Have a link mailed, if the address may sign in. The answer is the same if it may not."""
        browser = self._frame.entering(request, token)
        try:
            with self._frame.database.write() as session:
                links.ask(session, email, browser, self._frame.settings)
        except (EmailInvalidError, TooManyLinksError) as error:
            return self._start_page(request, email=email, error=error)
        return self._frame.go(f"{SIGN_IN}/sent")

    def sent(self) -> Response:
        """What happens next."""
        return self._frame.templates.page("sent", {"minutes": LINK_MINUTES, **self._made_up()})

    def link(self, request: Request, token: str) -> Response:
        """The button that signs in. Opening the link uses nothing up: see `links.look`."""
        if self._frame.signed_in(request) is not None:
            return self._frame.go(HOME)
        browser = self._frame.browsers.browser(request) or ""
        try:
            with self._frame.database.read() as session:
                links.look(session, token, browser, self._frame.settings)
        except (LinkGoneError, OtherBrowserError) as error:
            raise _refused(error) from error
        values: dict[str, object] = {
            "path": request.url.path,
            "token": self._frame.browsers.form_token(browser),
        }
        return self._frame.templates.page("enter", values)

    def enter(
        self,
        request: Request,
        token: str,
        form_token: Annotated[str, Form(alias="token", max_length=2000)] = "",
    ) -> Response:
        """Sign in, and go to what they may see first."""
        browser = self._frame.entering(request, form_token)
        try:
            with self._frame.database.write() as session:
                began = links.enter(session, token, browser, self._frame.settings)
        except (LinkGoneError, OtherBrowserError) as error:
            raise _refused(error) from error
        response = self._frame.go(HOME)
        self._frame.browsers.remember_session(response, began.id)
        return response

    def sign_out(self, request: Request, token: Text = "") -> Response:
        """End the session, here and for whoever else may hold its cookie."""
        who = self._frame.sending(request, token)
        with self._frame.database.write() as session:
            sessions.end(session, who.session_id)
        response = self._frame.go(f"{SIGN_IN}/out")
        self._frame.browsers.forget_session(response)
        return response

    def out(self) -> Response:
        """That it is done."""
        return self._frame.templates.page("out", {})

    def _start_page(
        self,
        request: Request,
        *,
        email: str = "",
        error: EmailInvalidError | TooManyLinksError | None = None,
        again: bool = False,
    ) -> Response:
        browser = self._frame.browsers.browser(request) or new_browser()
        invalid = isinstance(error, EmailInvalidError)
        values: dict[str, object] = {
            "email": email,
            "error": error.sentence if error else "",
            "invalid": invalid,
            "again": again,
            "token": self._frame.browsers.form_token(browser),
            **self._made_up(),
        }
        status = 200 if error is None else 400 if invalid else 429
        response = self._frame.templates.page("sign_in", values, status=status)
        self._frame.browsers.remember_browser(response, browser)
        return response

    def _made_up(self) -> dict[str, object]:
        """Who may sign in to the sandbox."""
        return {"made_up": SANDBOX_STAFF if SANDBOX_STAFF in self._frame.settings.staff else ""}


def _refused(error: LinkGoneError | OtherBrowserError) -> PageError:
    return LinkRefusedError(error.sentence)
