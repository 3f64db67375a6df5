"""Rasa input channel: the HTTP side of a turn."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channel.conversation_state import ConversationStateError
from bot.channel.dialogue import take_turn
from bot.channel.turn import TurnRequest, TurnRequestError

logger = logging.getLogger(__name__)


class GatewayInput(InputChannel):
    """Serves `POST /webhooks/gateway/turn` and the health check."""

    def __init__(self, token: str) -> None:
        self._token = token

    @classmethod
    def name(cls) -> str:
        """Part of the address."""
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        """Read `credentials.yml`; a door without a lock is not opened."""
        token = (credentials or {}).get("token")
        if not isinstance(token, str) or not token or token.startswith("${"):
            raise InvalidConfigException("OFFBOARD_RASA_TOKEN must be set to a secret.")
        return cls(token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes; Rasa's own way of handling messages is not used."""
        routes = Blueprint("gateway")

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            # Two assistants on one machine must not take each other's Rasa for their own.
            if not self._is_authorized(request):
                return _error(401, "unauthorized", "The token is missing or wrong.")
            agent = _agent(request)
            if agent is None or not agent.is_ready():
                return _error(503, "not_ready", "No model is loaded.")
            return response.json({"status": "ok", "model": agent.processor.model_filename})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not self._is_authorized(request):
                return _error(401, "unauthorized", "The token is missing or wrong.")
            return await _turn(request)

        return routes

    def _is_authorized(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        expected = f"Bearer {self._token}"
        return hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), expected.encode("utf-8")
        )


async def _turn(request: Request) -> HTTPResponse:
    agent = _agent(request)
    if agent is None:
        return _error(503, "loading", "The model is being loaded.")
    if not agent.is_ready():
        return _error(409, "no_model", "No model is loaded.")
    try:
        return await _answer(agent, request.body)
    except json.JSONDecodeError:
        return _error(400, "malformed", "The body is not JSON.")
    except (TurnRequestError, ConversationStateError) as error:
        return _error(400, "malformed", str(error))


async def _answer(agent: Agent, body: bytes) -> HTTPResponse:
    asked = TurnRequest.parse(_json(body))
    try:
        answer = await take_turn(agent.processor, asked)
    except ConversationStateError:
        raise
    except Exception:
        # The customer's words are in no message of ours; a traceback shows code, not values.
        logger.exception("A turn failed")
        return _error(500, "turn_failed", "An action or the model failed; nothing was kept.")
    return response.json(answer.as_json())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except UnicodeDecodeError as error:
        raise TurnRequestError("The body is not UTF-8.") from error


def _agent(request: Request) -> Agent | None:
    return getattr(request.app.ctx, "agent", None)


def _error(status: int, word: str, sentence: str) -> HTTPResponse:
    return response.json({"error": word, "detail": sentence}, status=status)
