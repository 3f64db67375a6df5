"""Column types for personal data, which are sealed on their way in and opened on their way out.

Values are written through mapped objects only: what does not know whose it is, such as a value in
`sa.insert` or a comparison, is refused, so that nothing is kept in clear or compared in vain. To
look something up by its value see `offboarding.encryption.lookup`.
"""

import json
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import operators

from offboarding.encryption.errors import NotEncryptedError
from offboarding.encryption.keyring import PREFIX, Keyring

ERASED = "(erased)"
"""Stands for a text whose key was destroyed; for a document, `{}` does. Both are met only where a
copy of the data from before the erasure was put back."""

Kept = TypeVar("Kept", str, dict[str, Any])


class OwnedText(str):
    """A text that knows whose it is."""

    __slots__ = ("owner_id",)
    owner_id: str


class OwnedDocument(dict[str, Any]):
    """A document that knows whose it is."""

    __slots__ = ("owner_id",)
    owner_id: str


class ClearText(str):
    """A text that tells nothing of anybody; see `in_clear`."""

    __slots__ = ()


class ClearDocument(dict[str, Any]):
    """A document that tells nothing of anybody; see `in_clear`."""

    __slots__ = ()


def in_clear(value: Kept) -> Kept:
    """A value for an encrypted column that is kept as it is.

    For what stays once somebody's data were erased and their key is destroyed.
    """
    return ClearText(value) if isinstance(value, str) else ClearDocument(value)


def owned_by(owner_id: str, value: Kept) -> Kept:
    """A value for an encrypted column, to be sealed with its owner's key."""
    owned = OwnedText(value) if isinstance(value, str) else OwnedDocument(value)
    owned.owner_id = owner_id
    return owned


def plain(value: Any) -> Any:
    """A value without what it knows of its owner."""
    if isinstance(value, OwnedText | ClearText):
        return str(value)
    return dict(value) if isinstance(value, OwnedDocument | ClearDocument) else value


class _Refusing(sa.types.TypeDecorator.Comparator[Any]):
    """Lets an encrypted column be asked whether there is anything in it, and nothing else."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """See SQLAlchemy. Raises NotEncryptedError."""
        about_nothing = other and (other[0] is None or isinstance(other[0], sa.Null))
        if op in {operators.is_, operators.is_not, operators.eq, operators.ne} and about_nothing:
            return super().operate(op, *other, **kwargs)
        raise NotEncryptedError(
            f"{self.expr} is encrypted: it can be neither compared nor sorted. Look it up with "
            "offboarding.encryption.lookup."
        )

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """See SQLAlchemy. Raises NotEncryptedError."""
        return self.operate(op, other, **kwargs)


class Encrypted(sa.TypeDecorator[Kept], Generic[Kept]):
    """What text and documents have in common."""

    impl = sa.Text
    cache_ok = True
    comparator_factory = _Refusing

    def __init__(self, place: str, *, owner: str, mark: str | None = None, bound: bool = True):
        """Describe a column that is named `place` (`table.column`).

        `owner` is the attribute of its row that says whose it is, and `mark` the one that holds its
        blind index. Unless `bound` is False, a value that was sealed for another owner than its
        row has is not given out.
        """
        super().__init__()
        self.place = place
        self.owner = owner
        self.mark = mark
        self.bound = bound

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Seal a value. Raises NotEncryptedError for one that does not know whose it is."""
        if value is None:
            return None
        if isinstance(value, OwnedText | OwnedDocument):
            return Keyring.of(dialect).seal(self.place, value.owner_id, self._as_text(value))
        text = self._as_text(value)
        if isinstance(value, ClearText | ClearDocument) or value == "":
            if text.startswith(PREFIX):
                raise NotEncryptedError(f"This would be taken for a sealed value of {self.place}.")
            return text
        raise NotEncryptedError(
            f"{self.place} is encrypted, and this value does not know whose it is: write it "
            "through a mapped object."
        )

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Open a value. What was kept before there was encryption is given as it is."""
        if value is None:
            return None
        if not value.startswith(PREFIX):
            return self._of_text(value)
        owner_id, text = Keyring.of(dialect).open(self.place, value)
        return owned_by(owner_id, self._erased() if text is None else self._of_text(text))

    def _as_text(self, value: Any) -> str:
        raise NotImplementedError

    def _of_text(self, text: str) -> Any:
        raise NotImplementedError

    def _erased(self) -> Any:
        raise NotImplementedError


class EncryptedText(Encrypted[str]):
    """A text."""

    cache_ok = True

    def _as_text(self, value: Any) -> str:
        return str(value)

    def _of_text(self, text: str) -> str:
        return text

    def _erased(self) -> str:
        return ERASED


class EncryptedDocument(Encrypted[dict[str, Any]]):
    """A JSON object."""

    cache_ok = True

    def _as_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def _of_text(self, text: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(text)
        return found

    def _erased(self) -> dict[str, Any]:
        return {}
