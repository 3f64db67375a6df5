"""What a turn is made of: the request as the gateway sends it, and the answer it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

CHANNELS = frozenset({"web", "sms"})
LONGEST_TEXT = 20_000
LONGEST_NAME = 200


class TurnRequestError(Exception):
    """The request is malformed; the text says how."""


@dataclass(frozen=True)
class ButtonIntent:
    """What a button stood for, as the server sent it."""

    name: str
    entities: Mapping[str, Any]


@dataclass(frozen=True)
class TurnRequest:
    """One customer message and what Rasa knew of the talk before it."""

    conversation_id: str
    message_id: str
    channel: str
    text: str | None
    intent: ButtonIntent | None
    state: Mapping[str, Any] | None
    day: str | None = None
    """The customer's calendar day, as ISO writes it; None where nobody knows it."""
    overtaken: bool = False
    """Whether it was written before what the assistant said last."""

    @classmethod
    def parse(cls, body: Any) -> TurnRequest:
        """Read the JSON body of a request."""
        if not isinstance(body, dict):
            raise TurnRequestError("The body must be a JSON object.")
        text, intent = body.get("text"), body.get("intent")
        if (text is None) == (intent is None):
            raise TurnRequestError("Exactly one of text and intent must be given.")
        if text is not None and not (isinstance(text, str) and len(text) <= LONGEST_TEXT):
            raise TurnRequestError(f"text must be a string of at most {LONGEST_TEXT} characters.")
        channel, state = body.get("channel"), body.get("state")
        if channel not in CHANNELS:
            raise TurnRequestError("channel must be web or sms.")
        if not (state is None or isinstance(state, dict)):
            raise TurnRequestError("state must be null or what the last turn answered.")
        day = body.get("day")
        if not (day is None or _is_day(day)):
            raise TurnRequestError("day must be null or a date such as 2026-11-24.")
        overtaken = body.get("overtaken", False)
        if not isinstance(overtaken, bool):
            raise TurnRequestError("overtaken must be true or false.")
        return cls(
            conversation_id=_name(body, "conversation_id"),
            message_id=_name(body, "message_id"),
            channel=channel,
            text=text,
            intent=None if intent is None else _button_intent(intent),
            state=state,
            day=day,
            overtaken=overtaken,
        )


@dataclass(frozen=True)
class TurnAnswer:
    """What the customer is to read, what to remember, and what was understood."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    intents: list[str] = field(default_factory=list)
    confidence: float = 0.0
    responses: list[str | None] = field(default_factory=list)
    """What domain.yml calls each message; only who looks into the dialogue wants to know."""

    def as_json(self) -> dict[str, Any]:
        """The body of the response."""
        return {
            "messages": self.messages,
            "state": self.state,
            "understood": {"intents": self.intents, "confidence": round(self.confidence, 4)},
        }


def _name(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise TurnRequestError(f"{key} must be a string of 1 to {LONGEST_NAME} characters.")
    return value


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def _button_intent(value: Any) -> ButtonIntent:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        raise TurnRequestError("intent must have a name.")
    entities = value.get("entities") or {}
    if not isinstance(entities, dict):
        raise TurnRequestError("intent.entities must be an object.")
    return ButtonIntent(value["name"], entities)
