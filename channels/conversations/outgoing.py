"""What is about to be said to a customer, and what the buttons under it mean."""

import json
import re
from dataclasses import dataclass
from typing import Any

_PAYLOAD = re.compile(r"/(?P<intent>[A-Za-z_][A-Za-z0-9_]*)(?P<entities>\{.*\})?", re.DOTALL)


@dataclass(frozen=True)
class Intent:
    """What a button stands for: the name of an intent, and the entities it carries."""

    name: str
    entities: dict[str, Any]


@dataclass(frozen=True)
class Button:
    """A quick reply to be: its title for the customer, its payload for the server only."""

    title: str
    payload: str

    def __post_init__(self) -> None:
        parse_payload(self.payload)


@dataclass(frozen=True)
class Outgoing:
    """One message to be said; the text may be empty only beside a card."""

    text: str
    buttons: tuple[Button, ...] = ()
    card: dict[str, Any] | None = None


def parse_payload(payload: str) -> Intent:
    """The intent of a payload such as `/affirm{"option": "2"}`.

    Raises ValueError when it is none.
    """
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        raise ValueError("a button's payload must be an intent, such as /affirm")
    entities = json.loads(match["entities"] or "{}")
    return Intent(name=match["intent"], entities=entities)
