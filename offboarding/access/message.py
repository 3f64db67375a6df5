"""What a system reads: the body of a webhook, the same at every try."""

import json
from datetime import UTC, datetime
from typing import Any

from offboarding.access.model import AccessEvent

PING = "ping"
"""The type that changes nothing; `offboard access check` sends it."""


def body_of(event: AccessEvent) -> bytes:
    """An event as JSON: identifiers as the company knows them, and nothing else of the customer."""
    return _body(
        event.kind.value,
        event.created_at,
        {
            "sequence": event.sequence,
            "effective_at": _text(event.effective_at),
            "case": event.case.number,
            "account_id": event.account_id,
            "customer_id": event.customer_external_id,
            "subscription_id": event.subscription_id,
        },
    )


def ping(moment: datetime) -> bytes:
    """A body that asks only whether anybody is there."""
    return _body(PING, moment, {})


def _body(kind: str, moment: datetime, data: dict[str, Any]) -> bytes:
    content = {"type": kind, "timestamp": _text(moment), "data": data}
    return json.dumps(content, separators=(",", ":")).encode()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
