"""Deliveries by signed HTTP requests to the app's one address."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

import httpx

from sandbox.slack.delivery.transport import ANSWER_SECONDS, NotAnsweredError, Parcel
from sandbox.slack.model import Json

EVENTS_PATH = "/slack/events"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a request, version 0."""
    content = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    """The headers that prove a request made now."""
    timestamp = str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }


class HttpTransport:
    """Posts to `<app's address>/slack/events`, as one request URL for everything."""

    def __init__(
        self,
        app_url: Callable[[], str],
        secret: str,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._app_url = app_url
        self._secret = secret
        self.answer_seconds = answer_seconds
        self._client = httpx.AsyncClient(trust_env=False)

    async def send(self, parcel: Parcel, payload: Json, attempt: int = 0, reason: str = "") -> Json:
        """See Transport."""
        body, kind = _written(parcel, payload)
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (stand-in)"}
        headers |= signed_headers(self._secret, body)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        try:
            response = await self._client.post(
                self._app_url() + EVENTS_PATH,
                content=body,
                headers=headers,
                timeout=self.answer_seconds,
            )
        except httpx.TimeoutException:
            raise NotAnsweredError("http_timeout") from None
        except httpx.HTTPError:
            raise NotAnsweredError("connection_failed") from None
        if not response.is_success:
            final = response.headers.get("x-slack-no-retry") == "1"
            raise NotAnsweredError("http_error", final=final)
        return _read(response.text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _written(parcel: Parcel, payload: Json) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if parcel is Parcel.EVENT:
        return json.dumps(payload).encode(), "application/json"
    if parcel is Parcel.INTERACTION:
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return urlencode(payload).encode(), form


def _read(body: str) -> Json:
    """What the app answered: an object, or words for a command."""
    try:
        found = json.loads(body)
    except ValueError:
        return {"text": body} if body.strip() else {}
    return found if isinstance(found, dict) else {}
