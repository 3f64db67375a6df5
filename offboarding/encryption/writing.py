"""Telling the values of mapped objects whose they are, just before they are written.

Listens to every mapped class that has encrypted columns: see `listen_to`.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Mapper

from offboarding.encryption.columns import (
    ClearDocument,
    ClearText,
    Encrypted,
    OwnedDocument,
    OwnedText,
    owned_by,
    plain,
)
from offboarding.encryption.errors import DataTamperedError, NotEncryptedError
from offboarding.encryption.keyring import Keyring


def listen_to(base: type) -> None:
    """Seal and open the encrypted columns of every class that is mapped under `base`."""
    for moment, listener in (
        ("before_insert", _seal_all),
        ("before_update", _seal_changed),
        ("after_insert", _unwrap),
        ("after_update", _unwrap),
        ("load", _check_loaded),
        ("refresh", _check_refreshed),
    ):
        sa.event.listen(base, moment, listener, propagate=True)


@cache
def encrypted_columns(mapper: Mapper[Any]) -> tuple[tuple[str, Encrypted[Any]], ...]:
    """The encrypted attributes of a mapped class, each with its type."""
    return tuple(
        (attribute.key, attribute.columns[0].type)
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, Encrypted)
    )


def _seal_all(mapper: Mapper[Any], connection: sa.Connection, target: Any) -> None:
    for key, kind in encrypted_columns(mapper):
        _prepare(mapper, connection, target, key, kind)


def _seal_changed(mapper: Mapper[Any], connection: sa.Connection, target: Any) -> None:
    state: InstanceState[Any] = sa.inspect(target)
    for key, kind in encrypted_columns(mapper):
        if state.attrs[key].history.added:
            _prepare(mapper, connection, target, key, kind)


def _prepare(
    mapper: Mapper[Any], connection: sa.Connection, target: Any, key: str, kind: Encrypted[Any]
) -> None:
    value = target.__dict__.get(key)
    keyring = Keyring.of(connection.dialect)
    if kind.mark is not None:
        setattr(target, kind.mark, keyring.mark(kind.place, value) if value else None)
    if value is None or value == "" or isinstance(value, ClearText | ClearDocument):
        return
    owner_id = _owner(mapper, target, kind)
    keyring.ensure(owner_id, connection)
    setattr(target, key, owned_by(owner_id, plain(value)))


def _owner(mapper: Mapper[Any], target: Any, kind: Encrypted[Any]) -> str:
    """Whose a value is; the row's own identifier is made now, where it is that."""
    owner_id = getattr(target, kind.owner)
    if owner_id is None:
        default = mapper.columns[kind.owner].default
        if not isinstance(default, sa.ColumnDefault) or not default.is_callable:
            raise NotEncryptedError(f"{kind.place} belongs to nobody: set {kind.owner} first.")
        owner_id = default.arg(None)
        setattr(target, kind.owner, owner_id)
    return str(owner_id)


def _unwrap(mapper: Mapper[Any], _connection: sa.Connection, target: Any) -> None:
    """Objects hold plain values, whatever is done with them later."""
    for key, _ in encrypted_columns(mapper):
        value = target.__dict__.get(key)
        if isinstance(value, OwnedText | OwnedDocument | ClearText | ClearDocument):
            target.__dict__[key] = plain(value)


def _check_loaded(target: Any, _context: Any) -> None:
    _check(target)


def _check_refreshed(target: Any, _context: Any, _attributes: Any) -> None:
    _check(target)


def _check(target: Any) -> None:
    """Raises DataTamperedError for a value that was moved here from somebody else's row."""
    values = target.__dict__
    for key, kind in encrypted_columns(sa.inspect(type(target))):
        value = values.get(key)
        if isinstance(value, OwnedText | OwnedDocument):
            if kind.bound and value.owner_id != values.get(kind.owner, value.owner_id):
                raise DataTamperedError(kind.place)
            values[key] = plain(value)
