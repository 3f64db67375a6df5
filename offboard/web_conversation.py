"""One conversation through the web API of docs/contracts.md, shown in the terminal."""

import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import httpx
from rich.markup import escape

from offboard.console import output
from offboarding.errors import ConfigurationError, OffboardingError

QUIET_SECONDS = 0.6
"""After the last message for so long, it is the customer's turn."""
ANSWER_SECONDS = 20.0


class RefusedError(OffboardingError):
    """The application refused what was sent; the sentence is the application's own."""

    word = "refused"


class Talk:
    """What the application has said so far; written by the listening thread."""

    def __init__(self) -> None:
        self.quick_replies: list[dict[str, str]] = []
        self.ended = False
        self._answered_up_to = 0
        self._typing = False
        self._news = threading.Condition()

    def wait_for_answer(self, *, after: int) -> None:
        """Wait until a message with a higher number is here and no more follow."""
        with self._news:
            self._news.wait_for(
                lambda: self.ended or (self._answered_up_to > after and not self._typing),
                ANSWER_SECONDS,
            )
        self.wait_until_quiet()

    def wait_until_quiet(self) -> None:
        """Wait until nothing has been said for a moment."""
        with self._news:
            while self._news.wait(QUIET_SECONDS) and not self.ended:
                pass

    def take(self, event: str, content: dict[str, Any]) -> None:
        """Show one event of the stream."""
        if event == "message" and content["author"] != "customer":
            self._show(content)
        if event == "state" and content["state"] != "bot":
            output.print(f"[dim]({escape(content['state'])})[/dim]")
        with self._news:
            if event == "typing":
                self._typing = content["typing"]
            if event == "message" and content["author"] != "customer":
                self._answered_up_to = content["sequence"]
                self.quick_replies = content.get("quick_replies") or []
            self._news.notify_all()

    def end(self) -> None:
        """Note that no more will come."""
        with self._news:
            self.ended = True
            self._news.notify_all()

    @staticmethod
    def _show(message: dict[str, Any]) -> None:
        if message["text"]:
            output.print(f"[bold]{escape(message['author'])}:[/bold] {escape(message['text'])}")
        card = message.get("card") or {}
        if card:
            output.print(f"  [bold]{escape(card.get('title') or '')}[/bold]")
        for row in card.get("rows") or []:
            output.print(f"    {row['label']}: {row['value']}", markup=False)
        for link in card.get("links") or []:
            output.print(f"    {link['title']}: {link['url']}", markup=False)
        if card.get("note"):
            output.print(f"    {card['note']}", markup=False)
        for number, reply in enumerate(message.get("quick_replies") or [], 1):
            output.print(f"  {number}. {reply['title']}", markup=False, style="cyan")


class WebConversation:
    """A new conversation, spoken as the widget speaks it."""

    def __init__(self, address: str, identity_token: str = "") -> None:
        self._address = address
        self._client = httpx.Client(base_url=address, trust_env=False, timeout=30)
        begun = self._post(
            "/api/conversations", {"identity_token": identity_token} if identity_token else {}
        )
        self._path = f"/api/conversations/{begun['conversation_id']}"
        self._client.headers["Authorization"] = f"Bearer {begun['session_token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def listen(self) -> Talk:
        """Start to show what is said."""
        talk = Talk()
        threading.Thread(target=self._listen, args=(talk,), daemon=True).start()
        return talk

    def send(self, message: dict[str, str]) -> int:
        """Send one message; return its number."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        sequence: int = self._post(f"{self._path}/messages", message, key)["sequence"]
        return sequence

    def _post(
        self, path: str, body: dict[str, str], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            answer = self._client.post(path, json=body, headers=headers)
            content: dict[str, Any] = answer.json()
        except httpx.TransportError:
            raise ConfigurationError(
                f"No application answers at {self._address}: start one with `make run` in another "
                f"terminal, or name another with --url."
            ) from None
        except ValueError:
            raise ConfigurationError(
                f"What answers at {self._address} is not this application: name it with --url."
            ) from None
        if answer.is_error:
            raise RefusedError(str(content.get("detail") or content.get("title") or content))
        return content

    def _listen(self, talk: Talk) -> None:
        try:
            with self._client.stream(
                "GET", f"{self._path}/events", headers={"Last-Event-ID": "0"}, timeout=None
            ) as stream:
                for event, content in events(stream.iter_lines()):
                    talk.take(event, content)
        except (httpx.HTTPError, RuntimeError):  # RuntimeError: closed at the end of the talk
            pass
        finally:
            talk.end()


def events(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each event of a stream of server-sent events."""
    event, data = "message", ""
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            event = value
        elif field == "data":
            data += value
        elif not line:
            if data:
                yield event, json.loads(data)
            event, data = "message", ""
