"""A text as it is kept, and the ways of its status."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

API_VERSION = "2010-04-01"
Json = dict[str, Any]


class Direction(StrEnum):
    """Who wrote it, in the words of Twilio's Message resource."""

    INBOUND = "inbound"
    """A phone."""
    API = "outbound-api"
    """The application, by REST."""
    REPLY = "outbound-reply"
    """The application in its answer to a webhook, or Twilio by itself."""


class Status(StrEnum):
    """How far it has got, in the words of Twilio's Message resource."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


STEPS: Mapping[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset(),
    Status.ACCEPTED: frozenset({Status.QUEUED, Status.FAILED}),
    Status.QUEUED: frozenset({Status.SENDING, Status.FAILED}),
    Status.SENDING: frozenset({Status.SENT, Status.UNDELIVERED, Status.FAILED}),
    Status.SENT: frozenset({Status.DELIVERED, Status.UNDELIVERED}),
    Status.DELIVERED: frozenset(),
    Status.UNDELIVERED: frozenset(),
    Status.FAILED: frozenset(),
}
"""What may follow on each."""


@dataclass
class Text:
    """One text; moments are seconds since 1970."""

    sid: str
    direction: Direction
    phone: str
    """The customer's number."""
    sender: str
    """The number of ours that it was sent to or from."""
    body: str
    status: Status
    segments: int
    alphabet: str
    created_at: float
    updated_at: float
    sent_at: float | None = None
    service_sid: str | None = None
    """The Messaging Service that chose the sender, or took it in."""
    callback: str = ""
    """Where Twilio is to tell what becomes of it."""
    error_code: int | None = None
    media: list[list[str]] = field(default_factory=list)
    """Address and content type of each picture or sound that came with it."""
    automatic: bool = False
    """Whether Twilio wrote it by itself."""
    repeats: str = ""
    """The text that a network delivered a second time as this one."""
    problem: str | None = None
    """What became of handing it on, for what came in: None while it is on its way, empty when the
    application has it, else Twilio's error code."""

    @property
    def inbound(self) -> bool:
        """Whether a phone wrote it."""
        return self.direction is Direction.INBOUND

    @property
    def settled(self) -> bool:
        """Whether nothing becomes of it any more."""
        return not STEPS[self.status]

    def as_row(self) -> Json:
        """As it is kept."""
        return asdict(self)


def text_of_row(row: Json) -> Text:
    """As it was kept."""
    status, direction = Status(row["status"]), Direction(row["direction"])
    return Text(**{**row, "status": status, "direction": direction})


@dataclass(frozen=True)
class Line:
    """The number that customers write to, as the operator has set it up at Twilio."""

    account_sid: str
    sender: str
    service_sid: str | None = None
    """The Messaging Service that it is in; None for a number by itself."""
    advanced_opt_out: bool = False
    """Then every word that Twilio takes for itself is handed on too, with what it means."""

    @property
    def scope(self) -> str:
        """What an opt-out holds for: all of the Messaging Service where there is one."""
        return self.service_sid or self.sender


@dataclass(frozen=True)
class Block:
    """A phone that wants no texts from a number or Messaging Service of ours."""

    phone: str
    scope: str
    word: str
    """What they wrote."""
    at: float
