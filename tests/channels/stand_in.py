"""Rasa's turn API on loopback, told by the test how to behave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

LIMIT_SECONDS = 20
"""How long a test waits for what must happen. Nothing is ever waited for to the end of it."""

TOKEN = "rasa-token-of-the-tests"
Behaviour = Callable[[dict[str, Any]], Awaitable[Response]]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield  # the test run keeps its own


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """The application on a free port of loopback; its address."""
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off", access_log=False)
    config.load()
    socket = config.bind_socket()
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        # Cut off, not shut down: an orderly end takes the server a fifth of a second each time.
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        socket.close()


def answered(
    *texts: str,
    buttons: list[dict[str, str]] | None = None,
    card: dict[str, Any] | None = None,
    state: dict[str, Any] | None = None,
) -> Response:
    messages: list[dict[str, Any]] = [{"text": text, "buttons": [], "custom": {}} for text in texts]
    messages[-1] |= {"buttons": buttons or [], "custom": card or {}}
    return JSONResponse(
        {
            "messages": messages,
            "state": {} if state is None else state,
            "understood": {"intents": ["greet"], "confidence": 0.9},
        }
    )


async def echo(request: dict[str, Any]) -> Response:
    """Says what it was asked, and counts the turns in the dialogue state."""
    turns = (request["state"] or {"turns": 0})["turns"] + 1
    heard = request["text"] if request["text"] is not None else f"/{request['intent']['name']}"
    return answered(f"heard {heard}", state={"turns": turns})


async def nothing(_request: dict[str, Any]) -> Response:
    return JSONResponse({"messages": [], "state": {}, "understood": {}})


async def bare_list(_request: dict[str, Any]) -> Response:
    return JSONResponse([])


async def nonsense(_request: dict[str, Any]) -> Response:
    return Response("<html>not JSON</html>")


async def nameless_button(_request: dict[str, Any]) -> Response:
    return answered("Choose", buttons=[{"title": "Yes", "payload": "yes"}])


async def failing(_request: dict[str, Any]) -> Response:
    return JSONResponse({"error": "action_failed", "detail": "An action failed."}, 500)


async def not_loaded(_request: dict[str, Any]) -> Response:
    return JSONResponse({"error": "no_model", "detail": "No model is loaded."}, 409)


async def never(_request: dict[str, Any]) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


class StandInRasa:
    """Behaves as `behaviour` says; remembers what it was asked."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = echo
        self.address = ""
        self.requests: list[dict[str, Any]] = []
        self._asked = asyncio.Condition()
        self.app = Starlette(
            routes=[
                Route("/webhooks/gateway/turn", self._turn, methods=["POST"]),
                Route("/webhooks/gateway/", self._health),
            ]
        )

    async def asked(self, times: int) -> None:
        """Wait until it was asked so many times."""
        async with asyncio.timeout(LIMIT_SECONDS), self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= times)

    def heard(self) -> list[str]:
        return [request["text"] for request in self.requests]

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "model": "a-model.tar.gz"})

    async def _turn(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        asked = json.loads(await request.body())
        async with self._asked:
            self.requests.append(asked)
            self._asked.notify_all()
        return await self.behaviour(asked)
