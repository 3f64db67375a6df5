"""README.html: the archive explained to a person, with the first rows of each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from offboarding.exports.archive.manifest import DictionaryColumn
from offboarding.exports.archive.values import BINARY, Json, readable
from offboarding.exports.sources.port import Description
from offboarding.wording import money_text

SHOWN_ROWS = 10
"""So many rows of each part are shown; all of them are in its files."""
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Shown:
    """One part of the archive, as a person reads it."""

    description: Description
    columns: Sequence[DictionaryColumn]
    rows: int
    first: Sequence[Sequence[Json]]
    """The first rows, each value `shortened`."""


def readme(
    company_name: str, requested_at: datetime, locale: str, shown: Sequence[Shown], beyond: str
) -> bytes:
    """The page. It loads nothing from anywhere, and nothing in the data becomes markup."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = [
        {
            "name": part.description.name,
            "about": part.description.about,
            "rows": part.rows,
            "columns": part.columns,
            "first": [_cells(part, row, locale) for row in part.first],
        }
        for part in shown
    ]
    page = environment.get_template("readme.html").render(
        company=company_name,
        requested_at=f"{requested_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        parts=parts,
        beyond=beyond,
        shown_rows=SHOWN_ROWS,
    )
    return page.encode(errors="replace")


def shortened(value: Json) -> Json:
    """As much of a value as is shown; the whole of a long one need not be kept in memory."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = readable(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _cells(part: Shown, row: Sequence[Json], locale: str) -> list[str]:
    by_name = {column.name: value for column, value in zip(part.columns, row, strict=True)}
    return [
        _cell(column, value, by_name, locale)
        for column, value in zip(part.columns, row, strict=True)
    ]


def _cell(column: DictionaryColumn, value: Json, row: dict[str, Json], locale: str) -> str:
    if column.money_in is not None and isinstance(value, int):
        currency = row.get(column.money_in, column.money_in)
        if isinstance(currency, str) and len(currency) == 3:
            return money_text(value, currency, locale)
    if column.kinds == [BINARY] and value is not None:
        return "(binary)"
    return readable(value)
