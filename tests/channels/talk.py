"""A customer's side of the web API: opens a conversation, sends, follows the events."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.channels.stand_in import LIMIT_SECONDS

_KEYS = itertools.count(1)


@dataclass
class Event:
    name: str
    data: dict[str, Any]
    id: str | None


class Talk:
    """One conversation, seen from outside."""

    def __init__(self, http: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self._http = http
        self.id: str = opened["conversation_id"]
        self.token: str = opened["session_token"]
        self.identified: bool = opened["identified"]
        self.path = f"/api/conversations/{self.id}"
        self.headers = {"Authorization": f"Bearer {self.token}"}

    @classmethod
    async def begin(cls, http: httpx.AsyncClient, **wishes: Any) -> "Talk":
        response = await http.post("/api/conversations", json=wishes)
        assert response.status_code == 201, response.text
        return cls(http, response.json())

    async def send(self, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": key or f"key-{next(_KEYS):08}"}
        return await self._http.post(f"{self.path}/messages", json=body, headers=headers)

    async def say(self, text: str, key: str | None = None) -> int:
        return self._taken(await self.send(key, text=text))

    async def press(self, quick_reply: str) -> int:
        return self._taken(await self.send(quick_reply=quick_reply))

    async def ask_for_person(self) -> int:
        return self._taken(await self.send(command="talk_to_person"))

    async def status(self) -> dict[str, Any]:
        response = await self._http.get(self.path, headers=self.headers)
        assert response.status_code == 200
        return dict(response.json())

    async def until(self, last: int) -> list[dict[str, Any]]:
        """All messages, as soon as there is one with this number."""
        async with self.events() as events:
            messages = []
            async for event in events:
                if event.name == "message":
                    messages.append(event.data)
                    if event.data["sequence"] == last:
                        return messages
        raise AssertionError("the stream ended")

    @asynccontextmanager
    async def events(self, after: int | None = None) -> AsyncIterator[AsyncIterator[Event]]:
        headers = dict(self.headers)
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        async with (
            asyncio.timeout(LIMIT_SECONDS),
            self._http.stream("GET", f"{self.path}/events", headers=headers) as response,
        ):
            assert response.status_code == 200, await response.aread()
            assert response.headers["x-accel-buffering"] == "no"
            assert response.headers["cache-control"] == "no-store"
            yield read_events(response)

    def _taken(self, response: httpx.Response) -> int:
        assert response.status_code == 202, response.text
        return int(response.json()["sequence"])


async def read_events(response: httpx.Response) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}


async def next_event(events: AsyncIterator[Event], name: str) -> Event:
    """The next event of this name."""
    async for event in events:
        if event.name == name:
            return event
    raise AssertionError("the stream ended")
