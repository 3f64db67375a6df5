"""The identity token that the company's page hands to the widget."""

import unicodedata
from datetime import timedelta

import jwt

from offboarding import clock
from offboarding.errors import IdentityTokenExpiredError, IdentityTokenInvalidError

AUDIENCE = "offboarding-assistant"
LONGEST_LIFE = timedelta(days=1)
"""The most that a token may be good for. It stands in a page, and whoever has it can cancel."""
_LEEWAY_SECONDS = 30


def external_id_of(token: str, secret: str) -> str:
    """The company's name for the customer a token was made for.

    The token is a JWT signed with HS256 that carries `sub`, `exp` and `aud` (`AUDIENCE`), and is
    good for `LONGEST_LIFE` at the most. Raises IdentityTokenExpiredError or
    IdentityTokenInvalidError.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=AUDIENCE,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["sub", "exp", "aud"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise IdentityTokenExpiredError(
            "This identity token has expired; the page must ask its server for a new one."
        ) from error
    except jwt.InvalidTokenError as error:
        raise IdentityTokenInvalidError(
            "This identity token is not valid; it must be a JWT signed with HS256 and the shared "
            "identity secret, with sub, exp and aud."
        ) from error
    latest = clock.now() + LONGEST_LIFE
    if int(claims["exp"]) > latest.timestamp() + _LEEWAY_SECONDS:
        raise IdentityTokenInvalidError(
            "This identity token's exp is more than a day away; the company's server has to make "
            "one for each page, good for some minutes."
        )
    external_id = str(claims["sub"])
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in external_id):
        # No database could be asked for it.
        raise IdentityTokenInvalidError("This identity token's sub holds characters of no name.")
    return external_id
