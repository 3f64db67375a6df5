"""Finding rows by an encrypted value: by its mark, which is equal where the whole value is.

Parts of a value, such as the beginning of a name, can't be looked for.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from offboarding.encryption.columns import Encrypted
from offboarding.encryption.errors import NotEncryptedError
from offboarding.encryption.keyring import Keyring


def is_value(
    session: Session, attribute: InstrumentedAttribute[Any], value: str
) -> sa.ColumnElement[bool]:
    """Whether an encrypted attribute (`Customer.email`) is this, but for upper and lower case."""
    return is_among(session, attribute, [value])


def is_among(
    session: Session, attribute: InstrumentedAttribute[Any], values: Collection[str]
) -> sa.ColumnElement[bool]:
    """Whether an encrypted attribute is one of these, but for upper and lower case."""
    kind = attribute.type
    if not isinstance(kind, Encrypted) or kind.mark is None:
        raise NotEncryptedError(f"{attribute} has no marks to look it up by.")
    keyring = Keyring.of(session.get_bind().dialect)
    marks = sorted(keyring.mark(kind.place, value) for value in values)
    column: InstrumentedAttribute[str | None] = getattr(attribute.class_, kind.mark)
    return column == marks[0] if len(marks) == 1 else column.in_(marks)
