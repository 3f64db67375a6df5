"""What a copy of a customer's data holds, and from where: the shape of policy/exports.yml."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.core import get_global
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from sqlalchemy.sql.elements import TextClause

from offboarding.policies.reading import PolicyModel
from offboarding.policies.teams import mistake_at

PARAMETERS = ("customer_id", "account_id", "external_id")
"""What a query may be told of the customer."""

_NAME = re.compile(r"\w[\w -]{0,38}\w|\w")
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
"""No file can have these names on Windows, whatever comes after a dot."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_READS = re.compile(
    r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*(?:select|with)\b", re.IGNORECASE | re.DOTALL
)
_KINDS = ("tables", "sql", "http")


class OwnData(StrEnum):
    """What the application itself keeps of customers."""

    PROFILE = "profile"
    SUBSCRIPTIONS = "subscriptions"
    LEDGER = "ledger"
    CANCELLATIONS = "cancellations"
    OFFERS = "offers"
    SURVEY = "survey"
    RECEIPTS = "receipts"
    CONVERSATIONS = "conversations"


class CountKind(StrEnum):
    """How far a source's own count is to be believed."""

    EXACT = "exact"
    ESTIMATE = "estimate"


class Proof(StrEnum):
    """What shows an HTTP source that it is us who ask."""

    BEARER = "bearer"
    SIGNATURE = "signature"
    """By https://www.standardwebhooks.com."""


def _file_name(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(normal):
        raise ValueError(
            "a name becomes a file's name: write 1 to 40 letters, digits, hyphens or underscores"
        )
    if _RESERVED.fullmatch(normal):
        raise ValueError(f"no file can be called {name} on Windows. Choose another name")
    return normal


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(
            f"there is no time zone {name}. Write one such as Europe/Berlin"
        ) from error
    return name


def _query(text: str) -> str:
    if not _READS.match(text):
        raise ValueError("a query begins with SELECT or WITH; it can only read")
    asked = parameters_of(sa.text(text))
    unknown = sorted(asked - set(PARAMETERS))
    known = ", ".join(f":{name}" for name in PARAMETERS)
    if unknown:
        raise ValueError(
            f"there is no parameter :{unknown[0]}. Those that there are: {known}. "
            "A colon that begins no parameter is written \\:"
        )
    if not asked:
        raise ValueError(
            f"this query asks for everybody's data. Name the customer in it by one of {known}"
        )
    return text.strip().removesuffix(";").rstrip()


def parameters_of(query: TextClause) -> set[str]:
    """The parameters that a query has."""
    return set(query.compile().params)


Name = Annotated[str, AfterValidator(_file_name)]
About = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
ConnectionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""Names an entry of OFFBOARD_EXPORT_CONNECTIONS."""


class _Source(PolicyModel):
    """What every source has."""

    name: Name
    about: About
    """What it is, as the customer reads it."""


class OwnSource(_Source):
    """What the application itself keeps."""

    kind: Literal["tables"]
    data: OwnData


class _Foreign(_Source):
    """What another system keeps."""

    connection: ConnectionName
    count: CountKind = CountKind.EXACT
    columns: Mapping[str, About] = {}
    """What the columns are, for the data dictionary."""
    money: Mapping[str, str] = {}
    """Columns with amounts in minor units, each with its currency: a column, or a code (EUR)."""
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    """Of times that say none."""

    @model_validator(mode="after")
    def _has_currencies(self) -> Self:
        known = get_global("all_currencies")
        for amount, currency in self.money.items():
            if _CURRENCY.fullmatch(currency) and currency not in known:
                raise mistake_at(
                    ("money", amount), f"there is no currency {currency}. Write one such as EUR"
                )
        return self


class SqlSource(_Foreign):
    """What one query finds in a database."""

    kind: Literal["sql"]
    query: Annotated[str, AfterValidator(_query)]


class HttpSource(_Foreign):
    """What a system answers over HTTP; docs/exports.md has the contract."""

    kind: Literal["http"]
    proof: Proof = Proof.SIGNATURE
    secret: ConnectionName
    """The entry of OFFBOARD_EXPORT_CONNECTIONS that has the key or token."""
    most_megabytes: Annotated[int, Field(ge=1, le=100_000)] = 1024
    most_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900


def _says_its_kind(written: Any) -> Any:
    if isinstance(written, dict) and written.get("kind") not in _KINDS:
        raise ValueError(
            f"say what kind of source this is. Write kind: {', '.join(_KINDS[:-1])} or {_KINDS[-1]}"
        )
    return written


SourcePolicy = Annotated[
    Annotated[OwnSource | SqlSource | HttpSource, Field(discriminator="kind")],
    BeforeValidator(_says_its_kind),
]


class ExportPolicy(PolicyModel):
    """policy/exports.yml."""

    version: date
    reviewed_by: str
    most_downloads: Annotated[int, Field(ge=1, le=1000)]
    """How often one copy may be downloaded."""
    sources: Annotated[tuple[SourcePolicy, ...], Field(min_length=1)]
    """In the order in which the customer reads them."""

    @model_validator(mode="after")
    def _names_each_file_once(self) -> Self:
        known: set[str] = set()
        for number, source in enumerate(self.sources):
            # Windows and macOS take names that differ in case alone for the same.
            if source.name.casefold() in known:
                raise mistake_at(
                    ("sources", number, "name"),
                    f"there are two sources named {source.name}; give each its own name",
                )
            known.add(source.name.casefold())
        return self
