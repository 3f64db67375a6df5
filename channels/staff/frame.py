"""What all staff pages share: who is signed in, the forms tied to them, and the look."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from channels.errors import TooManyConversationsError
from channels.pages.errors import TooManyFormsError
from channels.pages.rendering import PageTemplates
from channels.staff.browsers import Browsers
from channels.staff.errors import (
    InsightsOnlyError,
    SignInNeededError,
    StaffFormRefusedError,
)
from channels.web.limits import CreationLimit
from offboarding import clock
from offboarding.database import Database
from offboarding.settings import Settings
from offboarding.staff import members, sessions
from offboarding.wording import short_moment_text, zone_of, zone_text

_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "staff.css").read_bytes()
STYLE_PATH = "/staff/style.css"
HOME = "/staff"
INSIGHTS = "/staff/insights"
SIGN_INS_A_MINUTE = 10
"""Forms of the sign-in taken from one network address; each may cause a mail."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody of the staff who looks at a page or has sent a form."""

    session_id: str
    email: str
    mark: str
    """Who they are, in the audit log."""
    sees_cases: bool
    """False of who reads the insights alone."""


class StaffFrame:
    """The parts that every staff page is made with."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.browsers = Browsers(settings)
        self.templates = PageTemplates(settings.company_name, _HERE / "templates")
        zone = settings.company_time_zone
        self.templates.know(
            {
                "staff_style": f"{STYLE_PATH}?v={hashlib.sha256(STYLE).hexdigest()[:12]}",
                "sandbox": settings.sandbox,
                "time_zone": zone_text(zone_of(zone), clock.now()),
            },
            {"moment": lambda moment: short_moment_text(moment, zone)},
        )
        self._limit = CreationLimit(SIGN_INS_A_MINUTE)

    def signed_in(self, request: Request) -> SignedIn | None:
        """Who is signed in, if anybody is; that they are there is noted now and then."""
        session_id = self.browsers.session_id(request)
        if session_id is None:
            return None
        with self.database.read() as session:
            known = sessions.going_on(session, session_id, self.settings)
            if known is None:
                return None
            email = known.member.email
            who = SignedIn(
                known.id, email, members.mark_of(known.member), email in self.settings.staff
            )
            to_be_noted = sessions.is_to_be_noted(known)
        if to_be_noted:
            with self.database.write() as session:
                sessions.note(session, session_id)
        return who

    def reading(self, request: Request) -> SignedIn:
        """Who opens a page that is not about any case. Raises SignInNeededError."""
        who = self.signed_in(request)
        if who is None:
            raise SignInNeededError
        return who

    def looking(self, request: Request) -> SignedIn:
        """Who opens a page about cases. Raises SignInNeededError, InsightsOnlyError."""
        return _checked(self.reading(request))

    def sending(self, request: Request, token: str) -> SignedIn:
        """Who has sent a form of their own. Raises SignInNeededError, StaffFormRefusedError."""
        who = self.reading(request)
        if not self.browsers.is_form_of(who.session_id, token):
            raise StaffFormRefusedError
        return who

    def acting(self, request: Request, token: str) -> SignedIn:
        """Who acts in a case. Raises as `sending` does, and InsightsOnlyError."""
        return _checked(self.sending(request, token))

    def entering(self, request: Request, token: str) -> str:
        """The browser that has sent a form of the sign-in.

        Raises StaffFormRefusedError, and TooManyFormsError when more come from one network than
        people fill in.
        """
        try:
            self._limit.take(request.client.host if request.client else "")
        except TooManyConversationsError as error:
            raise TooManyFormsError from error
        browser = self.browsers.browser(request)
        if browser is None or not self.browsers.is_form_of(browser, token):
            raise StaffFormRefusedError
        return browser

    def page(
        self, name: str, who: SignedIn, values: dict[str, object], *, status: int = 200
    ) -> Response:
        """The page `name` for somebody who is signed in."""
        token = self.browsers.form_token(who.session_id)
        own: dict[str, object] = {
            "person": who.email,
            "sees_cases": who.sees_cases,
            "token": token,
        }
        return self.templates.page(name, {**values, **own}, status=status)

    def go(self, path: str, who: SignedIn | None = None, say: str = "") -> Response:
        """To another page, by GET, so that a reload sends no form again; it says the outcome."""
        if who is not None and say:
            path = f"{path}?{urlencode({'said': self.browsers.say(who.session_id, say)})}"
        return RedirectResponse(path, 303)


def _checked(who: SignedIn) -> SignedIn:
    if not who.sees_cases:
        raise InsightsOnlyError
    return who
