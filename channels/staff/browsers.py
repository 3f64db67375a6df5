"""Two signed cookies: which browser this is, before the sign-in, and which session, after it.

Every form carries what only its own page can know (OWASP, "signed double-submit cookie", bound to
the session).
"""

import secrets

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from offboarding.settings import Settings

_SAID_SECONDS = 60
"""How long the outcome of an act can be shown on the page after it."""


class Browsers:
    """Reads and sets the cookies, and signs what goes into pages."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.signing_secret
        self._secure = not settings.on_loopback
        # The prefix makes browsers refuse a cookie that another host of the domain planted.
        prefix = "__Host-" if self._secure else ""
        self._session_cookie = f"{prefix}offboarding-staff"
        self._browser_cookie = f"{prefix}offboarding-staff-browser"
        self._sessions = URLSafeSerializer(secret, salt="staff-session")
        self._browsers = URLSafeSerializer(secret, salt="staff-browser")
        self._forms = URLSafeSerializer(secret, salt="staff-form")
        self._said = URLSafeTimedSerializer(secret, salt="staff-said")

    def session_id(self, request: Request) -> str | None:
        """The number of the session that a cookie of ours names, if any."""
        return _loaded(self._sessions, request.cookies.get(self._session_cookie, ""))

    def browser(self, request: Request) -> str | None:
        """What this browser was called when it opened the sign-in, if it did."""
        return _loaded(self._browsers, request.cookies.get(self._browser_cookie, ""))

    def remember_session(self, response: Response, session_id: str) -> None:
        """Have the browser keep the session until it is closed; it ends earlier by itself."""
        self._set(response, self._session_cookie, str(self._sessions.dumps(session_id)))

    def forget_session(self, response: Response) -> None:
        """Have the browser forget the session."""
        response.delete_cookie(
            self._session_cookie, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def remember_browser(self, response: Response, browser: str) -> None:
        """Have the browser keep its name until it is closed."""
        self._set(response, self._browser_cookie, str(self._browsers.dumps(browser)))

    def form_token(self, holder: str) -> str:
        """What every form of a session, or of a browser before one, carries."""
        return str(self._forms.dumps(holder))

    def is_form_of(self, holder: str, token: str) -> bool:
        """Whether a form came from a page of this session or browser."""
        return _loaded(self._forms, token) == holder

    def say(self, session_id: str, word: str) -> str:
        """The outcome of an act, for the next page of this session alone."""
        return str(self._said.dumps([session_id, word]))

    def said(self, session_id: str, token: str) -> str | None:
        """The outcome that was to be said here, if it is this session's and fresh."""
        try:
            holder, word = self._said.loads(token, max_age=_SAID_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        return str(word) if holder == session_id else None

    def _set(self, response: Response, name: str, value: str) -> None:
        # Lax, so that a link to a case in a mail or in Slack leads there: no GET changes anything.
        response.set_cookie(
            name, value, path="/", httponly=True, secure=self._secure, samesite="lax"
        )


def new_browser() -> str:
    """A name for a browser that nobody can guess."""
    return secrets.token_urlsafe(24)


def _loaded(signer: URLSafeSerializer, token: str) -> str | None:
    try:
        value = signer.loads(token)
    except BadSignature:
        return None
    return value if isinstance(value, str) else None
