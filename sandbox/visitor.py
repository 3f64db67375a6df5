"""Who a visitor of the demo website is, and the proof of it that the page hands to the widget."""

from datetime import timedelta
from urllib.parse import urlsplit

import jwt
from fastapi import HTTPException, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

from offboarding import clock
from offboarding.identity.token import AUDIENCE
from offboarding.settings import Settings
from sandbox.customers import BY_EXTERNAL_ID

_COOKIE = "larkspur_customer"
_NOTICE = "larkspur_notice"
TOKEN_MINUTES = 10
_PAGES = (
    "/",
    "/sandbox/mailbox",
    "/sandbox/phone",
    "/sandbox/desk",
    "/sandbox/both",
    "/sandbox/systems",
)


def identity_token(external_id: str, settings: Settings) -> str:
    """The token that a company's own server would make for its signed-in customer."""
    claims = {
        "sub": external_id,
        "aud": AUDIENCE,
        "exp": clock.now() + timedelta(minutes=TOKEN_MINUTES),
    }
    return jwt.encode(claims, settings.identity_signing_secret, algorithm="HS256")


class Visitors:
    """Keeps in signed cookies whom a visitor signed in as, and a notice for the next page."""

    def __init__(self, settings: Settings) -> None:
        self._signer = URLSafeSerializer(settings.signing_secret, salt="sandbox")
        self._secure = settings.base_url.startswith("https:")

    def signed_in_as(self, request: Request) -> str | None:
        """The external id of the demo customer, or None when nobody is signed in."""
        external_id = self._read(request, _COOKIE)
        return external_id if external_id in BY_EXTERNAL_ID else None

    def sign_in(self, response: Response, external_id: str) -> None:
        """Remember whom the visitor signed in as."""
        self._write(response, _COOKIE, external_id)

    def sign_out(self, response: Response) -> None:
        """Forget it."""
        response.delete_cookie(_COOKIE, samesite="strict", httponly=True)

    def notice(self, request: Request) -> str | None:
        """What the next page should say, once."""
        return self._read(request, _NOTICE)

    def leave_notice(self, response: Response, sentence: str) -> None:
        """Have the next page say this."""
        self._write(response, _NOTICE, sentence)

    def forget_notice(self, response: Response) -> None:
        """It was said."""
        response.delete_cookie(_NOTICE, samesite="strict", httponly=True)

    def _read(self, request: Request, name: str) -> str | None:
        try:
            return str(self._signer.loads(request.cookies.get(name, "")))
        except BadSignature:
            return None

    def _write(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name,
            str(self._signer.dumps(value)),
            httponly=True,
            samesite="strict",
            secure=self._secure,
        )


def visitor_words(external_id: str | None) -> str:
    """Who is signed in, as the bar says it."""
    customer = BY_EXTERNAL_ID.get(external_id or "")
    return f"Signed in as {customer.full_name}" if customer else "Not signed in"


def came_from(request: Request) -> str:
    """The sandbox's page that a form was sent from; the website where it was none of them."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.headers.get("host") or page.path not in _PAGES:
        return "/"
    return page.path + (f"?{page.query}" if page.query else "")


def require_same_origin(request: Request) -> None:
    """Refuse a form that another website sent: 403 unless the browser says it was ours."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin" or not origin or origin != request.headers.get("host"):
        raise HTTPException(403, "This can only be done from the sandbox's own page.")
