"""The secrets of the company: keys that wrap the keys of persons, and one for look-ups.

Written as `name=key,name=key,index=key`, each key 32 random bytes in base64url. The first wraps
what is made from now on; all unwrap, so that a new one can be put before the old (rotation).
`index` is no wrapping key: it makes the marks by which an address or a number is found again, and
stays.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offboarding.errors import ConfigurationError

INDEX = "index"
"""The name of the key that makes marks for look-ups."""
KEY_BYTES = 32
NONCE_BYTES = 12
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
_MEND = "`offboard keys new NAME` prints one"


class DataKeys:
    """The keys that a company has set. Neither printed nor logged."""

    def __init__(self, wrapping: Mapping[str, bytes], index: bytes) -> None:
        self._wrapping = dict(wrapping)
        derive = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"offboarding: marks for look-ups")
        self._index = derive.derive(index)
        self.first = next(iter(self._wrapping))
        """The name of the one that wraps what is made now."""

    @classmethod
    def read(cls, text: str, place: str) -> "DataKeys":
        """The keys in a setting or file. Raises ConfigurationError naming `place` and the mend."""
        found: dict[str, bytes] = {}
        for entry in filter(None, (each.strip() for each in re.split(r"[,\n]", text))):
            name, _, key = (part.strip() for part in entry.partition("="))
            if not _NAME.match(name):
                raise ConfigurationError(
                    f"{place} has an entry that is no name=key: write name=key,name=key, a name of "
                    f"letters, digits, '.', '_' and '-'; {_MEND}."
                )
            if name in found:
                raise ConfigurationError(f"{place} has two keys named {name}: rename one of them.")
            found[name] = _decoded(name, key, place)
        index = found.pop(INDEX, None)
        if index is None:
            raise ConfigurationError(
                f"{place} has no key named {INDEX}, by which addresses are found: put back the one "
                f"that it had. If there never was one, `offboard keys new {INDEX}` prints one."
            )
        if not found:
            raise ConfigurationError(f"{place} has no key that wraps: {_MEND}.")
        return cls(found, index)

    @property
    def names(self) -> tuple[str, ...]:
        """The wrapping keys, the one that wraps first."""
        return tuple(self._wrapping)

    def wrap(self, owner_id: str, key: bytes) -> bytes:
        """An owner's key, to be opened for this owner only, with the key named `first`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        wrapping = AESGCM(self._wrapping[self.first])
        return nonce + wrapping.encrypt(nonce, key, owner_id.encode())

    def unwrap(self, owner_id: str, wrapped: bytes, by: str) -> bytes:
        """An owner's key. Raises ConfigurationError when the wrapping key is not the right one."""
        wrapping = self._wrapping.get(by)
        if wrapping is None:
            raise ConfigurationError(
                f"OFFBOARD_DATA_KEYS lacks the key {by}, which opens data that are kept: put it "
                "back, after the one that wraps now (docs/operate.md)."
            )
        try:
            return AESGCM(wrapping).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner_id.encode()
            )
        except InvalidTag:
            raise ConfigurationError(
                f"The key {by} of OFFBOARD_DATA_KEYS is not the one that the data were encrypted "
                "under: put back the one that had this name (docs/operate.md)."
            ) from None

    def mark(self, place: str, value: str) -> str:
        """The blind index of a value in a column: the same for the same value, without telling it.

        Columns are told apart, so that equal values in two can't be matched. In 64 hexadecimal
        digits.
        """
        content = f"{place}\0{value.strip().lower()}".encode()
        return hmac.new(self._index, content, hashlib.sha256).hexdigest()


def new_key() -> str:
    """A random key, as it is written."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).rstrip(b"=").decode()


def first_keys() -> str:
    """What a company needs at first: one key that wraps, and the one for look-ups."""
    return f"first={new_key()},{INDEX}={new_key()}"


def _decoded(name: str, key: str, place: str) -> bytes:
    try:
        content = base64.b64decode(
            key.rstrip("=") + "=" * (-len(key.rstrip("=")) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"{place}: the key {name} is no base64url; {_MEND}.") from None
    if len(content) != KEY_BYTES:
        raise ConfigurationError(
            f"{place}: the key {name} has {len(content)} bytes and needs {KEY_BYTES}; {_MEND}."
        )
    return content
