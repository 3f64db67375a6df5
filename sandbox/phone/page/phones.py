"""The phones that there are to hold."""

from dataclasses import dataclass

import phonenumbers

from sandbox.customers import CUSTOMERS
from sandbox.phone.driver import STRANGER


@dataclass(frozen=True)
class KnownPhone:
    """A phone, and the customers who have its number on file."""

    number: str
    owners: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The number as people write it."""
        parsed = phonenumbers.parse(self.number)
        return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))

    @property
    def title(self) -> str:
        """Whose it is, in the list to choose from."""
        return " and ".join(self.owners) or "A number nobody knows"


def known_phones() -> list[KnownPhone]:
    """The demo customers' phones in their order, and one that is in nobody's account."""
    owners: dict[str, list[str]] = {}
    for customer in CUSTOMERS:
        if customer.phone is not None:
            owners.setdefault(customer.phone, []).append(customer.full_name)
    return [
        *(KnownPhone(number, tuple(names)) for number, names in owners.items()),
        KnownPhone(STRANGER),
    ]
