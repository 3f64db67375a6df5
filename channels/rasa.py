"""The client of Rasa's turn API (docs/contracts.md, section 1)."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Self

import aiohttp
import tenacity
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from channels.conversations.card import Card
from channels.conversations.inbox import PendingTurn
from channels.conversations.outgoing import Button, Outgoing, parse_payload

_IDLE_SECONDS = 3.0
"""How long an idle connection is kept: below the 5 s after which Rasa's own server ends it."""
_LOOK_SECONDS = 2.0


class RasaUnavailableError(Exception):
    """Rasa gave no answer that could be used. `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Button(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=300)]
    payload: Annotated[str, Field(max_length=2_000)]

    @field_validator("payload")
    @classmethod
    def _is_an_intent(cls, payload: str) -> str:
        parse_payload(payload)
        return payload


class _Message(BaseModel):
    text: str = ""
    buttons: list[_Button] = []
    custom: Card | None = None

    @field_validator("custom", mode="before")
    @classmethod
    def _nothing_is_no_card(cls, custom: Any) -> Any:
        return None if custom == {} else custom

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and self.custom is None:
            raise ValueError("a message needs a text or a card")
        return self


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True)

    messages: Annotated[list[_Message], Field(min_length=1, max_length=50)]
    state: dict[str, Any]


@dataclass(frozen=True)
class TurnAnswer:
    """What Rasa says in a turn, and what it wants to be given back in the next."""

    messages: list[Outgoing]
    dialogue_state: dict[str, Any]


class RasaClient:
    """Asks Rasa for one turn at a time; keeps nothing but open connections."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._turn_url = f"{url.rstrip('/')}/webhooks/gateway/turn"
        self._health_url = f"{url.rstrip('/')}/webhooks/gateway/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def turn(self, pending: PendingTurn) -> TurnAnswer:
        """Rasa's answer to one message.

        Raises RasaUnavailableError when there is none in time, an error, or nothing to say.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status, content = await self._ask(_request(pending))
        except TimeoutError as error:
            raise RasaUnavailableError("too_slow") from error
        except aiohttp.ClientError as error:
            raise RasaUnavailableError("unreachable") from error
        if status != HTTPStatus.OK:
            raise RasaUnavailableError(f"status_{status}")
        return _read(content)

    async def model(self) -> str | None:
        """The name of the model that is loaded, or None while Rasa cannot answer."""
        try:
            async with (
                asyncio.timeout(_LOOK_SECONDS),
                self._http.get(self._health_url) as response,
            ):
                name = (await response.json())["model"] if response.ok else None
        except (TimeoutError, aiohttp.ClientError, ValueError, KeyError, TypeError):
            return None
        return name if isinstance(name, str) else None

    async def close(self) -> None:
        """Close the open connections."""
        if self._session is not None:
            await self._session.close()

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(aiohttp.ClientConnectorError),
        stop=tenacity.stop_after_attempt(2),
        wait=tenacity.wait_fixed(0.2),
        reraise=True,
    )
    async def _ask(self, request: dict[str, Any]) -> tuple[int, bytes]:
        # Only a refused connection is tried again: then Rasa has certainly not begun the turn.
        async with self._http.post(self._turn_url, json=request) as response:
            return response.status, await response.read()

    @property
    def _http(self) -> aiohttp.ClientSession:
        # Made at the first use, for a session belongs to the event loop that runs then.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=self._timeout_seconds),
                # Without limit: the turns of many conversations wait for Rasa at once.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
                trust_env=False,  # a proxy of the environment must not see the loopback
            )
        return self._session


def _request(pending: PendingTurn) -> dict[str, Any]:
    intent = pending.intent
    return {
        "conversation_id": pending.conversation_id,
        "message_id": pending.message_id,
        "channel": pending.channel,
        "text": pending.text,
        "intent": {"name": intent.name, "entities": intent.entities} if intent else None,
        "state": pending.dialogue_state,
        "day": pending.day.isoformat() if pending.day else None,
        "overtaken": pending.overtaken,
    }


def _read(content: bytes) -> TurnAnswer:
    try:
        answer = _Answer.model_validate_json(content)
    except (ValidationError, ValueError, RecursionError):
        # The error would quote what Rasa said, and so the customer: it goes no further.
        raise RasaUnavailableError("malformed") from None
    return TurnAnswer(
        messages=[_outgoing(message) for message in answer.messages], dialogue_state=answer.state
    )


def _outgoing(message: _Message) -> Outgoing:
    return Outgoing(
        text=message.text,
        buttons=tuple(Button(button.title, button.payload) for button in message.buttons),
        card=message.custom.model_dump() if message.custom else None,
    )
