"""What can go wrong with encrypted data."""

from offboarding.errors import OffboardingError


class KeyDestroyedError(OffboardingError):
    """Something should be kept of somebody whose data were erased."""

    word = "key_destroyed"

    def __init__(self, owner_id: str) -> None:
        super().__init__("What was kept here was erased, so nothing can be added to it any more.")
        self.owner_id = owner_id


class UnreadableError(OffboardingError):
    """A fault of ours: its sentence is for operators, and a customer never reads it."""


class KeyMissingError(UnreadableError):
    """Encrypted data are there, and the key that opens them is not, though nobody destroyed it."""

    word = "key_missing"

    def __init__(self, owner_id: str) -> None:
        super().__init__(
            f"The key of {owner_id} is missing. The store of keys is older than the data, or "
            "another one: put back the copy of it that belongs to them (docs/operate.md)."
        )


class DataTamperedError(UnreadableError):
    """What is stored was not written there by this application with the key it names."""

    word = "data_tampered"

    def __init__(self, place: str) -> None:
        super().__init__(
            f"A value of {place} can't be opened: it was changed, moved here from another row or "
            "column, or written under another key. Put back that row, or the store of keys, from a "
            "copy."
        )


class SameValueError(OffboardingError):
    """Two rows that were loaded past the application have the same, and only one may."""

    word = "same_value"

    def __init__(self, place: str, one: str, other: str) -> None:
        table = place.partition(".")[0]
        super().__init__(
            f"{one} and {other} in the table {table} have the same {place}, and only one of them "
            "can be found by it: give one another, or take one out, and start this again. What was "
            "encrypted until now stays so."
        )


class NotEncryptedError(UnreadableError):
    """Code tried to write, or to compare, an encrypted column by another way than its own.

    Only a developer ever reads it.
    """

    word = "not_encrypted"
