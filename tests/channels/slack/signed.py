"""Requests as Slack signs them, made by hand: right, forged, old, repeated."""

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.slack.delivery.http import EVENTS_PATH, signature
from sandbox.slack.people import APP_ID, TEAM_ID
from tests.channels.slack.desk_house import DeskHouse

_NUMBERS = itertools.count(1)


def now() -> str:
    """The moment, as Slack writes it."""
    microseconds = time.time_ns() // 1_000
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def reply(channel: str, thread_ts: str, user: str, text: str, **more: Any) -> dict[str, Any]:
    """The event of a message in a thread, written now."""
    ts = now()
    return {
        "type": "message",
        "channel": channel,
        "channel_type": "channel",
        "user": user,
        "text": text,
        "ts": ts,
        "event_ts": ts,
        "thread_ts": thread_ts,
        **more,
    }


def wrapped(event: Mapping[str, Any], event_id: str = "", team_id: str = TEAM_ID) -> dict[str, Any]:
    """An event as it is sent."""
    return {
        "type": "event_callback",
        "token": "unused",
        "team_id": team_id,
        "api_app_id": APP_ID,
        "event_id": event_id or f"EvByHand{next(_NUMBERS)}",
        "event_time": int(time.time()),
        "event": dict(event),
    }


async def deliver(
    house: DeskHouse, body: Mapping[str, Any], retry: int = 0, **how: Any
) -> httpx.Response:
    """Send an event; `how` as in `send`."""
    headers = {"Content-Type": "application/json"}
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    return await send(house, json.dumps(body).encode(), headers, **how)


async def press(house: DeskHouse, payload: Mapping[str, Any], **how: Any) -> httpx.Response:
    """Send a press of a button."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await send(house, urlencode({"payload": json.dumps(payload)}).encode(), headers, **how)


async def send(
    house: DeskHouse,
    body: bytes,
    headers: Mapping[str, str],
    *,
    secret: str | None = None,
    age_seconds: int = 0,
    signed: bool = True,
) -> httpx.Response:
    """Post to the desk's address, signed now with the right secret unless said otherwise."""
    moment = str(int(time.time()) - age_seconds)
    proof = {
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": signature(
            secret or house.slack.credentials.signing_secret, moment, body
        ),
    }
    return await house.http.post(
        EVENTS_PATH, content=body, headers={**headers, **(proof if signed else {})}
    )


def block_action(
    action_id: str, value: str, *, user: str, channel: str, ts: str, team_id: str = TEAM_ID
) -> dict[str, Any]:
    """The payload of a press on a card."""
    return {
        "type": "block_actions",
        "team": {"id": team_id, "domain": "larkspur-notes"},
        "user": {"id": user, "username": "sam", "name": "sam", "team_id": team_id},
        "api_app_id": APP_ID,
        "token": "unused",
        "container": {"type": "message", "message_ts": ts, "channel_id": channel},
        "trigger_id": "1.2.3",
        "channel": {"id": channel, "name": "offboarding-support"},
        "message": {"ts": ts, "thread_ts": ts, "text": "", "bot_id": "B0OFFBOARD"},
        "response_url": "https://hooks.slack.example/none",
        "actions": [
            {
                "type": "button",
                "action_id": action_id,
                "block_id": "b",
                "value": value,
                "action_ts": now(),
            }
        ],
    }
