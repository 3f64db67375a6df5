"""Long answers in pages, with a cursor for the next."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from sandbox.slack.api.call import Call
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json

_MOST = 1000


def page(call: Call, found: Sequence[Any], name: str, default: int) -> Json:
    """The asked page of what was found, under that name. Raises SlackRefusal."""
    first = _position(call.text("cursor"))
    last = first + min(max(call.number("limit", default), 1), _MOST)
    more = last < len(found)
    cursor = base64.b64encode(f"next:{last}".encode()).decode() if more else ""
    return {
        name: list(found[first:last]),
        "has_more": more,
        "response_metadata": {"next_cursor": cursor},
    }


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackRefusal("invalid_cursor") from None
