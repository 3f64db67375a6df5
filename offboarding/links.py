"""Addresses that nobody can guess, short enough for a text message.

An address ends with a token of 24 characters: some that find the row, more that prove the address
was made here. Its characters are those of Crockford's base 32, which has no letters that look alike
(https://www.crockford.com/base32.html): somebody may copy it from a phone by hand, in capitals too.
"""

import base64
import hmac

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from offboarding.errors import NotFoundError

TOKEN_CHARACTERS = 24
_FOUND_BY = 6
_PROVEN_BY = 9
"""Bytes of the identifier and of its proof; 15 bytes are 24 characters without a rest."""
_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_WRITE = str.maketrans(_RFC_4648, _CROCKFORD)
_READ = str.maketrans(_CROCKFORD + "oil", _RFC_4648 + "ABB")


class LinkTokens:
    """The tokens of one kind of thing; another kind's, or another secret's, lead nowhere."""

    def __init__(self, secret: str, kind: str) -> None:
        self._secret = secret.encode()
        self._kind = kind

    def token(self, identifier: str) -> str:
        """The token of an identifier of 32 hexadecimal digits, the same every time."""
        held = bytes.fromhex(identifier)[:_FOUND_BY] + self._proof(identifier)
        return base64.b32encode(held).decode().translate(_WRITE)

    def find(self, session: Session, column: InstrumentedAttribute[str], token: str) -> str:
        """The identifier in that column for which the token was made. Raises NotFoundError."""
        held = _read(token)
        start, proof = held[:_FOUND_BY].hex(), held[_FOUND_BY:]
        # Nearly always one at most; where two begin alike the proof tells them apart. A range, for
        # LIKE uses no index. No identifier has a "g".
        alike = sa.select(column).where(column >= start, column < start + "g")
        for identifier in session.scalars(alike):
            if hmac.compare_digest(self._proof(identifier), proof):
                return identifier
        raise _nowhere()

    def _proof(self, identifier: str) -> bytes:
        words = f"link:{self._kind}:{identifier}".encode()
        return hmac.digest(self._secret, words, "sha256")[:_PROVEN_BY]


def _read(token: str) -> bytes:
    try:
        held = base64.b32decode(token.lower().translate(_READ))
    except ValueError as error:
        raise _nowhere() from error
    if len(held) != _FOUND_BY + _PROVEN_BY:
        raise _nowhere()
    return held


def _nowhere() -> NotFoundError:
    return NotFoundError("This link leads nowhere.")
