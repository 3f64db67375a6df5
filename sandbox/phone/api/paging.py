"""Long answers in pages, as the API of 2010 has them: a token leads on from the last one seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.phone.errors import TwilioRefusal
from sandbox.phone.network.model import Json

USUAL_SIZE = 50
LARGEST_SIZE = 1000


@dataclass(frozen=True)
class Asked:
    """Which page of what is wanted: the query, and the address it was sent to."""

    path: str
    query: Mapping[str, str]


def page(asked: Asked, name: str, found: Sequence[Json]) -> Json:
    """The asked page of what was found, under that name. Raises TwilioRefusal."""
    size = min(max(_number(asked.query.get("PageSize"), USUAL_SIZE), 1), LARGEST_SIZE)
    number = _number(asked.query.get("Page"), 0)
    token = asked.query.get("PageToken", "")
    first = _after(token.removeprefix("PA"), found) if token else number * size
    shown = list(found[first : first + size])
    last = f"PA{shown[-1]['sid']}" if shown else ""
    more = first + size < len(found)
    return {
        name: shown,
        "end": first + max(len(shown) - 1, 0),
        "first_page_uri": _uri(asked, size, 0),
        "next_page_uri": _uri(asked, size, number + 1, last) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": _uri(asked, size, number - 1) if number > 0 else None,
        "start": first,
        "uri": _uri(asked, size, number, token),
    }


def _after(sid: str, found: Sequence[Json]) -> int:
    """The place behind the one with this name; new ones before it move nothing."""
    for place, each in enumerate(found):
        if each["sid"] == sid:
            return place + 1
    raise TwilioRefusal(20001, "This page token leads nowhere.")


def _uri(asked: Asked, size: int, number: int, token: str = "") -> str:
    filters = {
        name: value
        for name, value in asked.query.items()
        if name not in ("PageSize", "Page", "PageToken")
    }
    place = {"PageSize": size, "Page": number, **({"PageToken": token} if token else {})}
    return f"{asked.path}?{urlencode({**filters, **place})}"


def _number(given: str | None, usual: int) -> int:
    if not given:
        return usual
    if not (given.isascii() and given.isdigit()):
        raise TwilioRefusal(20001, "A page's size and number are whole numbers.")
    return int(given)
