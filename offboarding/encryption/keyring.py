"""Sealing and opening values with the key of their owner.

A sealed value says how it is to be opened: a prefix, the owner's id, and the AES-GCM ciphertext
after its nonce. Column and owner are authenticated with it, so that it opens nowhere else.
"""

import base64
import secrets
from collections import OrderedDict
from collections.abc import Collection
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offboarding.encryption.errors import (
    DataTamperedError,
    KeyDestroyedError,
    KeyMissingError,
    NotEncryptedError,
)
from offboarding.encryption.keys import KEY_BYTES, NONCE_BYTES, DataKeys
from offboarding.encryption.store import Holdings, KeyStore, StoredKey

PREFIX = "\x02e1:"
"""Begins what is sealed, in the first version of its form. What customers write is kept without
control characters, so nothing else begins so."""
MOST_CACHED = 20_000
"""How many keys are held in memory, some 10 MB."""


class Keyring:
    """The keys of one database's data. One for each `Database`."""

    def __init__(self, keys: DataKeys, store: KeyStore) -> None:
        self._keys = keys
        self._store = store
        self._known: OrderedDict[str, AESGCM] = OrderedDict()
        self._lock = Lock()
        self._sure: WeakKeyDictionary[sa.Transaction, set[str]] = WeakKeyDictionary()
        """Owners whose key was looked at in a transaction, which need not be done twice."""

    @staticmethod
    def of(dialect: sa.Dialect) -> "Keyring":
        """The keys for the database behind a connection. Raises NotEncryptedError without any."""
        found = getattr(dialect, _ON_DIALECT, None)
        if not isinstance(found, Keyring):
            raise NotEncryptedError(
                "This engine has no keys for encrypted columns: it was not made by `Database`."
            )
        return found

    def serve(self, dialect: sa.Dialect) -> None:
        """Let the encrypted columns of this dialect's engine find these keys."""
        setattr(dialect, _ON_DIALECT, self)

    def ensure(self, owner_id: str, connection: sa.Connection) -> None:
        """Have a key for an owner to write with, made now if there was none.

        The store is asked, once in a transaction, whatever is in memory: another process may have
        destroyed the key. Raises KeyDestroyedError.
        """
        if self.ensure_many([owner_id], connection):
            raise KeyDestroyedError(owner_id)

    def ensure_many(self, owner_ids: Collection[str], connection: sa.Connection) -> set[str]:
        """`ensure` for many owners, by one query and one commit of the store.

        Those whose keys were destroyed, which stay so.
        """
        transaction = connection.get_transaction()
        with self._lock:
            sure = self._sure.setdefault(transaction, set()) if transaction is not None else set()
        asked = sorted(set(owner_ids) - sure)
        if not asked:
            return set()
        stored = self._store.find(asked)
        lacking = [owner_id for owner_id in asked if owner_id not in stored]
        if lacking:
            self._forget(lacking)
            made = {each: self._keys.wrap(each, secrets.token_bytes(KEY_BYTES)) for each in lacking}
            stored |= self._store.add(made, self._keys.first)
        destroyed = {owner_id for owner_id in asked if stored[owner_id].wrapped is None}
        self._forget(destroyed)
        for owner_id in asked:
            if owner_id not in destroyed and owner_id not in self._known:
                self._remember(owner_id, stored[owner_id])
        sure.update(set(asked) - destroyed)
        return destroyed

    def seal(self, place: str, owner_id: str, text: str) -> str:
        """A value as it is kept in a column (`table.column`); the owner has a key: see `ensure`."""
        cipher = self._cipher(owner_id)
        if cipher is None:
            raise KeyDestroyedError(owner_id)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = cipher.encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), _bound(place, owner_id)
        )
        return f"{PREFIX}{owner_id}:{base64.b64encode(nonce + sealed).decode('ascii')}"

    def open(self, place: str, sealed: str) -> tuple[str, str | None]:
        """Owner and value of what is kept in a column; None when its key was destroyed.

        Raises DataTamperedError and KeyMissingError.
        """
        owner_id, _, content = sealed.removeprefix(PREFIX).rpartition(":")
        cipher = self._cipher(owner_id)
        if cipher is None:
            return owner_id, None
        try:
            whole = base64.b64decode(content, validate=True)
            text = cipher.decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], _bound(place, owner_id))
        except (InvalidTag, ValueError):
            raise DataTamperedError(place) from None
        return owner_id, text.decode("utf-8", "surrogatepass")

    def mark(self, place: str, value: str) -> str:
        """See DataKeys."""
        return self._keys.mark(place, value)

    def fetch(self, owner_ids: Collection[str]) -> None:
        """Have the keys of many owners at hand, by one query, before their rows are read."""
        unknown = set(owner_ids) - self._known.keys()
        if not unknown:
            return
        for owner_id, stored in self._store.find(sorted(unknown)).items():
            if stored.wrapped is not None:
                self._remember(owner_id, stored)

    def destroy(self, owner_ids: Collection[str]) -> int:
        """Make all that these owners' keys opened unreadable for good, wherever copies of it lie.

        How many keys there were; harmless the second time.
        """
        destroyed = self._store.destroy(owner_ids)
        self._forget(owner_ids)
        return destroyed

    def begin_anew(self) -> None:
        """Where all business was thrown away, as the sandbox's may be: nobody was erased in it."""
        self._store.forget_destroyed()

    def check(self) -> None:
        """Raises ConfigurationError when the keys that were set do not open what is kept.

        Or when the store of keys can't be used.
        """
        self._store.open()
        for name in self._store.holdings().by_wrapping:
            tried = self._store.one_under(name)
            if tried is not None and tried[1].wrapped is not None:
                self._keys.unwrap(tried[0], tried[1].wrapped, name)

    def rotate(self) -> int:
        """Wrap every key with the first wrapping key; how many were wrapped by another.

        It may be ended and begun again at any point.
        """
        count = 0
        while some := self._store.under_others(self._keys.first):
            rewrapped = []
            for owner_id, stored in some:
                if stored.wrapped is not None:
                    key = self._keys.unwrap(owner_id, stored.wrapped, stored.wrapped_by)
                    rewrapped.append((owner_id, stored.wrapped, self._keys.wrap(owner_id, key)))
            self._store.replace(rewrapped, self._keys.first)
            count += len(rewrapped)
        return count

    def holdings(self) -> Holdings:
        """How many keys there are, and under which wrapping key."""
        return self._store.holdings()

    @property
    def wrapping_names(self) -> tuple[str, ...]:
        """The wrapping keys that are set, the one that wraps first."""
        return self._keys.names

    def close(self) -> None:
        """Close the store's connections."""
        self._store.close()

    def _cipher(self, owner_id: str) -> AESGCM | None:
        """The key of an owner, or None when it was destroyed. Raises KeyMissingError."""
        with self._lock:
            known = self._known.get(owner_id)
            if known is not None:
                self._known.move_to_end(owner_id)
                return known
        stored = self._store.find([owner_id]).get(owner_id)
        if stored is None:
            raise KeyMissingError(owner_id)
        return None if stored.wrapped is None else self._remember(owner_id, stored)

    def _remember(self, owner_id: str, stored: StoredKey) -> AESGCM:
        cipher = AESGCM(self._keys.unwrap(owner_id, stored.wrapped or b"", stored.wrapped_by))
        with self._lock:
            self._known[owner_id] = cipher
            while len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)
        return cipher

    def _forget(self, owner_ids: Collection[str]) -> None:
        with self._lock:
            for owner_id in owner_ids:
                self._known.pop(owner_id, None)


_ON_DIALECT = "offboarding_keyring"


def _bound(place: str, owner_id: str) -> bytes:
    """What a value is bound to: neither name holds a line's end."""
    return f"{place}\n{owner_id}".encode()
