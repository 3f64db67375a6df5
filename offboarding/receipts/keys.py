"""The keys that receipts are signed with: one signs at a time, all that ever signed are published.

They live in one folder: `keys.json`, a JWK Set (RFC 7517) of the public halves, published as it is,
and a PEM file for each private half, needed only while that key signs. A key is named by its
thumbprint (RFC 7638), so that no name can stand for another key.
"""

import base64
import binascii
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from offboarding import clock
from offboarding.errors import ConfigurationError, NotFoundError
from offboarding.settings import Settings

PUBLISHED = "keys.json"
_NEW_KEY = "`offboard receipt new-key` makes one"


class PublishedKey(BaseModel):
    """One public key as it is published: a JWK (RFC 8037), and when it signed.

    Unknown members are refused: a private half among them would be published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kid: str
    x: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"
    signs_from: AwareDatetime
    signs_until: AwareDatetime | None = None
    """From then on it is retired: what it signed before still counts."""
    revoked_at: AwareDatetime | None = None
    """From then on nothing that it signed counts, for somebody else may have it."""

    @model_validator(mode="after")
    def _is_named_by_its_thumbprint(self) -> "PublishedKey":
        try:
            content = base64.b64decode(self.x + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("x is no base64url") from error
        if len(content) != 32 or self.kid != _thumbprint(content):
            raise ValueError("kid is not the thumbprint of the key")
        return self

    @property
    def public(self) -> Ed25519PublicKey:
        """The key itself."""
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(self.x + "="))

    def signs_at(self, moment: datetime) -> bool:
        """Whether it is, or was, the key to sign with at an instant."""
        return self.signs_from <= moment and (self.signs_until is None or moment < self.signs_until)


class KeyRing(BaseModel):
    """All published keys: a JWK Set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[PublishedKey, ...] = ()

    def find(self, key_id: str) -> PublishedKey | None:
        """The key of that name, if it was ever published."""
        return next((key for key in self.keys if key.kid == key_id), None)

    def signing(self, moment: datetime) -> PublishedKey | None:
        """The key to sign with at an instant."""
        usable = [key for key in self.keys if key.signs_at(moment) and key.revoked_at is None]
        return max(usable, key=lambda key: key.signs_from, default=None)

    def as_json(self) -> str:
        """As it is published."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"


def key_ring(text: str, place: str) -> KeyRing:
    """The keys in a JWK Set that was published. Raises ConfigurationError naming its `place`."""
    try:
        return KeyRing.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(
            f"{place} is not the list of receipt keys that was published: {where}: {first['msg']}. "
            "Put back the file as it was, for instance from <public URL>/receipts/keys."
        ) from error


class KeyDirectory:
    """The folder of the keys, read at every use, so that a new key needs no new start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ring(self) -> KeyRing:
        """The published keys; none before the first was made. Raises ConfigurationError."""
        path = self.folder / PUBLISHED
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return KeyRing()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} can't be read ({error}).") from error
        return key_ring(text, str(path))

    def signer(self, moment: datetime) -> tuple[str, Ed25519PrivateKey]:
        """The name and the private half of the key to sign with. Raises ConfigurationError."""
        key = self.ring().signing(moment)
        if key is None:
            raise ConfigurationError(
                f"There is no key to sign receipts with in {self.folder}: {_NEW_KEY}."
            )
        path = self.private_path(key.kid)
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:  # TypeError: it has a password
            raise ConfigurationError(
                f"The key that signs receipts can't be read from {path} ({error}). Put that file "
                f"back as it was; if it is lost: {_NEW_KEY}."
            ) from error
        if not isinstance(private, Ed25519PrivateKey) or _key_id(private) != key.kid:
            raise ConfigurationError(f"{path} holds another key. Put back the one it is named for.")
        return key.kid, private

    def private_path(self, key_id: str) -> Path:
        """Where the private half of a key lies."""
        return self.folder / f"key.{key_id}.pem"

    def add(self, signs_from: datetime | None = None) -> PublishedKey:
        """Make a key that signs from an instant on (default: now), when the one before retires.

        Raises ConfigurationError for an instant that is past, or before another key's start.
        """
        with self._changing() as known:
            return self._add(known, signs_from)

    def make_first(self) -> None:
        """Make a key if there never was one, whoever else does so in the same instant."""
        if (self.folder / PUBLISHED).exists():
            return
        with self._changing() as known:
            if not known.keys:
                self._add(known, None)

    def revoke(self, key_id: str) -> PublishedKey:
        """Let nothing count any more that a key signed. Raises NotFoundError.

        Harmless when it was revoked before. No other key takes its place: make one first.
        """
        with self._changing() as known:
            key = known.find(key_id)
            if key is None:
                raise NotFoundError(f"There is no key {key_id}; `offboard receipt keys` lists all.")
            if key.revoked_at is None:
                key = key.model_copy(update={"revoked_at": clock.now()})
                self._publish([key if each.kid == key_id else each for each in known.keys])
            return key

    def _add(self, known: KeyRing, signs_from: datetime | None) -> PublishedKey:
        moment = clock.now()
        start = signs_from or moment
        if start < moment:
            raise ConfigurationError("A new key can't have signed before now; give a later time.")
        if any(key.signs_from >= start for key in known.keys):
            raise ConfigurationError("Another key starts then or later; give a later time.")
        private = Ed25519PrivateKey.generate()
        public = _public_bytes(private)
        added = PublishedKey(kid=_thumbprint(public), x=_base64url(public), signs_from=start)
        # The private half first: a key that is published and can't sign would be worse.
        self._write_private(added.kid, private)
        retiring = {"signs_until": start}
        self._publish(
            [
                *(
                    key.model_copy(update=retiring if key.signs_at(start) else {})
                    for key in known.keys
                ),
                added,
            ]
        )
        return added

    def _write_private(self, key_id: str, private: Ed25519PrivateKey) -> None:
        content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self.private_path(key_id), flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _publish(self, keys: Sequence[PublishedKey]) -> None:
        """Whoever reads meanwhile sees the list before or after, never half of it."""
        descriptor, made = tempfile.mkstemp(prefix=PUBLISHED, dir=self.folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(KeyRing(keys=tuple(keys)).as_json())
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(self.folder / PUBLISHED)

    @contextmanager
    def _changing(self) -> Iterator[KeyRing]:
        """The keys as they are, while nobody else changes them."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield self.ring()
        except OSError as error:
            raise ConfigurationError(
                f"The keys in {self.folder} can't be changed ({error.strerror})."
            ) from error


def receipt_keys(settings: Settings) -> KeyDirectory:
    """The keys of this company; in the sandbox the first is made when it is needed."""
    keys = KeyDirectory(settings.receipt_keys)
    if settings.sandbox:
        keys.make_first()
    return keys


def _key_id(private: Ed25519PrivateKey) -> str:
    return _thumbprint(_public_bytes(private))


def _public_bytes(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _thumbprint(public: bytes) -> str:
    """RFC 7638: the members that make the key, by name, without spaces; SHA-256."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
