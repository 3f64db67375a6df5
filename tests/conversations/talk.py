"""A customer in a conversation, through the web API, as the widget does it."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from tests.house import WAIT_SECONDS, House


@dataclass(frozen=True)
class Reply:
    """What was answered to one message."""

    messages: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """Everything that was said, the cards included."""
        return "\n".join(_text(message) for message in self.messages)

    @property
    def buttons(self) -> dict[str, str]:
        """Titles and ids of the quick replies of the last message that has any."""
        for message in reversed(self.messages):
            if message["quick_replies"]:
                return {reply["title"]: reply["id"] for reply in message["quick_replies"]}
        return {}


class Talk:
    """One conversation."""

    def __init__(self, house: House, external_id: str | None = None) -> None:
        self._http = _client(house.address)
        token = {"identity_token": house.identity_token(external_id)} if external_id else {}
        opened = self._http.post("/api/conversations", json=token)
        assert opened.status_code == 201, opened.text
        self.id: str = opened.json()["conversation_id"]
        self.path = f"/api/conversations/{self.id}"
        self.headers = {"Authorization": f"Bearer {opened.json()['session_token']}"}
        self._seen = 0
        self.last = self.new_messages()

    def say(self, text: str, *, clear: bool = True) -> Reply:
        """Say something; the answer. Unless it is not `clear`, it has to be understood."""
        reply = self._send({"text": text})
        assert not clear or "not sure I got that" not in reply.text, reply.text
        return reply

    def press(self, title: str) -> Reply:
        """Press the quick reply with this title; the answer."""
        buttons = self.last.buttons
        assert title in buttons, f"no button {title!r} among {list(buttons)}"
        reply = self._send({"quick_reply": buttons[title]})
        assert "not sure I got that" not in reply.text, reply.text
        return reply

    def ask_for_person(self) -> Reply:
        """Use the widget's own control."""
        return self._send({"command": "talk_to_person"})

    def post(self, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        """The bare request."""
        headers = {**self.headers, "Idempotency-Key": key or uuid.uuid4().hex}
        return self._http.post(f"{self.path}/messages", json=body, headers=headers)

    def history(self) -> list[dict[str, Any]]:
        """Everything said so far."""
        return [data for name, data in self._events(0) if name == "message"]

    def new_messages(self) -> Reply:
        """What was said since the last look, once nobody is typing."""
        found = [data for name, data in self._events(self._seen) if name == "message"]
        if found:
            self._seen = found[-1]["sequence"]
        return Reply([message for message in found if message["author"] != "customer"])

    def wait_for_message(self, words: str) -> Reply:
        """What is said, up to a message with these words."""
        found: list[dict[str, Any]] = []
        for name, data in self._events(self._seen, until_quiet=False):
            if name == "message":
                found.append(data)
                self._seen = data["sequence"]
                if words in _text(data):
                    return Reply(found)
        raise AssertionError(f"never said: {words}")

    def _send(self, body: dict[str, Any]) -> Reply:
        sent = self.post(body)
        assert sent.status_code == 202, sent.text
        self.last = self.new_messages()
        assert self.last.messages, "silence"
        return self.last

    def _events(self, after: int, *, until_quiet: bool = True) -> Iterator[tuple[str, Any]]:
        """Events from a number on; ends when nobody is typing (any more)."""
        headers = {**self.headers, "Last-Event-ID": str(after)}
        limit = time.monotonic() + WAIT_SECONDS
        with self._http.stream("GET", f"{self.path}/events", headers=headers) as stream:
            name = ""
            for line in stream.iter_lines():
                assert until_quiet or time.monotonic() < limit, "it was never said"
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data = json.loads(value)
                    if until_quiet and name == "typing" and not data["typing"]:
                        return
                    yield name, data


@cache
def _client(address: str) -> httpx.Client:
    """One for all talks in a house: to make one takes longer than a turn."""
    return httpx.Client(base_url=address, timeout=WAIT_SECONDS, trust_env=False)


def _text(message: dict[str, Any]) -> str:
    parts = [str(message["text"])]
    card = message["card"]
    if card:
        parts.append(card.get("title") or "")
        parts += [f"{row['label']}: {row['value']}" for row in card.get("rows") or []]
        parts += [f"{link['title']} {link['url']}" for link in card.get("links") or []]
    return "\n".join(parts)
