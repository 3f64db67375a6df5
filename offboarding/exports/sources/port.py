"""What an export asks of a source of data."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from offboarding.accounts.model import Customer

Row = Sequence[object]
"""Values in the order of the columns."""


@dataclass(frozen=True)
class Subject:
    """Whose data is asked for: all that a query or a request may be told of a customer."""

    customer_id: str
    account_id: str
    external_id: str
    """The company's own name for the customer."""

    def parameters(self) -> dict[str, str]:
        """By the names that a query of policy/exports.yml has for them."""
        return {
            "customer_id": self.customer_id,
            "account_id": self.account_id,
            "external_id": self.external_id,
        }


def subject_of(customer: Customer) -> Subject:
    """The customer as sources know them."""
    return Subject(customer.id, customer.account_id, customer.external_id)


@dataclass(frozen=True)
class Column:
    """One column, as the data dictionary explains it."""

    name: str
    about: str = ""


@dataclass(frozen=True)
class Description:
    """What a source is, before it is asked for anything."""

    name: str
    """Names its files, too."""
    about: str
    """What it is, in the customer's words."""
    kind: str
    estimated: bool = False
    """Whether its count is an estimate, so that another number of rows is no fault."""
    money: Mapping[str, str] = field(default_factory=dict)
    """Columns with amounts in minor units, and for each its currency: a column, or a code."""
    time_zone: ZoneInfo | None = None
    """Of times that say none; None where there must not be any."""


@dataclass(frozen=True)
class OpenSource:
    """A source that is being read. Rows come in the same order each time the data are the same."""

    columns: Sequence[Column]
    """No two have the same name."""
    counted: int | None
    """How many rows there are, by the source's own count; None when it gives no estimate."""
    rows: Iterator[Row]


class Source(Protocol):
    """Something that has data of customers."""

    @property
    def description(self) -> Description:
        """What it is."""

    def open(self, subject: Subject) -> AbstractContextManager[OpenSource]:
        """Begin to read what it has of one customer, and nothing of anybody else.

        Count and rows are of one moment where the source can give that. Whatever it cannot do is
        raised, on opening or from `rows`; a source that ends early without an error is told by the
        count. It holds no more than a few rows in memory.
        """


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, each once: a second `id` is `id_2`, and an empty one is called after its place."""
    taken: set[str] = set()
    given: list[str] = []
    for place, name in enumerate(names, start=1):
        base = name or f"column_{place}"
        unique, number = base, 1
        while unique in taken or (number > 1 and unique in names):
            number += 1
            unique = f"{base}_{number}"
        taken.add(unique)
        given.append(unique)
    return given
