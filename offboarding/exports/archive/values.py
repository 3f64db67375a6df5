"""How values are written: exactly as JSON, and as CSV that no spreadsheet takes for a formula."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Json = None | bool | int | float | str | list[Any] | dict[str, Any]

TEXT = "text"
WHOLE = "whole number"
NUMBER = "number"
DECIMAL = "decimal number, written as text so that no digit is lost"
YES_OR_NO = "true or false"
INSTANT = "instant in UTC (ISO 8601)"
DATE = "date (ISO 8601)"
TIME = "time of day (ISO 8601)"
DURATION = "duration in seconds"
BINARY = "binary, written in base64 (RFC 4648)"
STRUCTURE = "JSON"

Written = tuple[str, Json]
"""What kind of value it is, for the data dictionary, and the value as JSON has it."""


class ZonelessTimeError(ValueError):
    """A time that could be any of twenty-four: nothing says of which zone it is."""


def written(value: object, zone: ZoneInfo | None) -> Written:
    """A value as JSON, and its kind. Nothing at all has the kind `""`.

    Raises ZonelessTimeError for a time without a zone where `zone` is None.
    """
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return simple(value)
    return _less_common(value, zone)


_SIMPLE: Mapping[type, Callable[[Any], Written]] = {
    type(None): lambda _: ("", None),
    str: lambda value: (TEXT, value),
    bool: lambda value: (YES_OR_NO, value),
    int: lambda value: (WHOLE, value),
    # JSON has neither infinity nor "not a number".
    float: lambda value: (NUMBER, value if math.isfinite(value) else str(value)),
    Decimal: lambda value: (DECIMAL, format(value, "f")),
    bytes: lambda value: (BINARY, base64.b64encode(value).decode()),
    UUID: lambda value: (TEXT, str(value)),
    timedelta: lambda value: (DURATION, value.total_seconds()),
}


_OTHERS: tuple[tuple[type | tuple[type, ...], str, Callable[[Any], Json]], ...] = (
    (date, DATE, lambda value: value.isoformat()),
    (time, TIME, lambda value: value.isoformat()),
    ((bytearray, memoryview), BINARY, lambda value: base64.b64encode(value).decode()),
)


def _less_common(value: object, zone: ZoneInfo | None) -> Written:
    match value:
        case Enum():
            return written(value.value, zone)
        case datetime():
            return INSTANT, _instant(value, zone)
        case Mapping():
            parts = {str(name): written(part, zone)[1] for name, part in value.items()}
            return STRUCTURE, parts
        case list() | tuple() | set() | frozenset():
            items = [written(part, zone)[1] for part in value]
            # A set has no order of its own, and the same data give the same bytes.
            return STRUCTURE, (
                sorted(items, key=str) if isinstance(value, set | frozenset) else items
            )
    for types, kind, write in _OTHERS:
        if isinstance(value, types):
            return kind, write(value)
    return TEXT, str(value)  # addresses, ranges and whatever else a driver knows


def _instant(value: datetime, zone: ZoneInfo | None) -> str:
    if value.tzinfo is None:
        if zone is None:
            raise ZonelessTimeError
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def json_line(names: list[str], values: list[Json]) -> bytes:
    """A row as one line of JSON. Control characters and lone surrogates are escaped."""
    row = dict(zip(names, values, strict=True))
    try:
        return (_ENCODER.encode(row) + "\n").encode()
    except UnicodeEncodeError:  # half a character: no UTF-8 has it, an escape does
        return (json.dumps(row) + "\n").encode()


def cell(kind: str, value: Json) -> str:
    """A value as a cell of CSV: numbers as they are, texts so that none can begin a formula."""
    if isinstance(value, str):
        return value if kind == DECIMAL else harmless(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return harmless(json.dumps(value, ensure_ascii=False))


_UNSEEN = "\\s\ufeff\u200b-\u200f\u2060"
_STARTS = "=+@\uff1d\uff0b\uff0d\uff20\\-"
"""What a spreadsheet may take for the start of a formula, in full width too."""
_START = re.compile(f"[{_UNSEEN}]*[{_STARTS}]|[\\t\\r\\n]")
_WITHIN = re.compile(f"([;\\t\\r\\n])(?=[{_STARTS}])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def harmless(text: str) -> str:
    """A text for a spreadsheet.

    An apostrophe goes before whatever could begin a formula: at the start of the cell and, as some
    spreadsheets part cells at semicolons, tabs or line breaks whatever the quotes say, after those
    (https://owasp.org/www-community/attacks/CSV_Injection). Control characters, which many
    programs stop at, become visible ones.
    """
    start = "'" if _START.match(text) else ""
    # Most texts are printable, and are spared a search that would take half of the whole time.
    plain = text.isprintable()
    if not plain or ";" in text:
        text = _WITHIN.sub(r"\1'", text)
    if not plain:
        text = _CONTROL.sub(_visible, text)
    return start + text


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's control pictures
    return "\u2421" if code == 0x7F else "\ufffd"


def readable(value: Json) -> str:
    """A value for a person to read on a page."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return _CONTROL.sub(_visible, json.dumps(value, ensure_ascii=False))
    return _CONTROL.sub(_visible, str(value))
