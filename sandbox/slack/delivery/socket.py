"""Socket Mode: deliveries over WebSockets that the app opens, answered by acknowledgements."""

import asyncio
import json
import secrets
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from aiohttp import WSMsgType, web

from sandbox.slack.delivery.transport import ANSWER_SECONDS, NotAnsweredError, Parcel
from sandbox.slack.model import Json
from sandbox.slack.people import APP_ID
from sandbox.slack.team.changes import Changes

log = structlog.get_logger(__name__)
HOST = "127.0.0.1"
MOST_CONNECTIONS = 10


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    deaf: bool = False
    leaving: bool = False
    """It was told to come back anew, and gets nothing more."""
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)


class SocketTransport:
    """Listens on a port of its own, where nothing stands between it and the connections.

    That way a connection can go deaf as Slack's do: open, but without pongs.
    """

    def __init__(self, changes: Changes, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._changes = changes
        self.answer_seconds = answer_seconds
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = 0
        self._runner: web.AppRunner | None = None
        self._address = ""

    @property
    def connected(self) -> int:
        """How many connections are open, deaf ones too."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen for connections."""
        application = web.Application()
        application.router.add_get("/link", self._accept)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listening = socket.create_server((HOST, 0))
        self._address = f"ws://{HOST}:{listening.getsockname()[1]}/link"
        await web.SockSite(self._runner, listening).start()

    async def stop(self) -> None:
        """Break every connection, and listen no more."""
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def url(self) -> str:
        """An address that one connection may be opened at."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return f"{self._address}?ticket={ticket}&app_id={APP_ID}"

    async def send(self, parcel: Parcel, payload: Json, attempt: int = 0, reason: str = "") -> Json:
        """See Transport; the connections take turns."""
        able = [each for each in self._connections if not each.leaving]
        if not able:
            raise NotAnsweredError("connection_failed")
        self._turn += 1
        connection = able[self._turn % len(able)]
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": parcel.value,
            "payload": payload,
            "accepts_response_payload": parcel is not Parcel.EVENT,
        }
        if parcel is Parcel.EVENT:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        try:
            async with asyncio.timeout(self.answer_seconds):
                if not connection.deaf:
                    await connection.socket.send_str(json.dumps(envelope))
                return await answer
        except TimeoutError:
            raise NotAnsweredError("timeout") from None
        except ConnectionError:
            raise NotAnsweredError("connection_failed") from None
        finally:
            connection.waiting.pop(envelope_id, None)

    def deafen(self) -> None:
        """See Faults."""
        for connection in self._connections:
            connection.deaf = True

    def drop(self) -> None:
        """See Faults."""
        for connection in self._connections:
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def refresh(self) -> None:
        """See Faults."""
        for connection in list(self._connections):
            connection.leaving = True
            await self._tell(connection, {"type": "disconnect", "reason": "refresh_requested"})
        self._changes.touch()

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        # Pings are answered by hand, so that a deaf connection leaves them unanswered.
        connected = web.WebSocketResponse(autoping=False)
        await connected.prepare(request)
        connection = _Connection(connected, request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await self._tell(connection, {"type": "disconnect", "reason": "too_many_websockets"})
            return connected
        self._connections.append(connection)
        try:
            await self._greet(connection)
            await self._listen(connection)
        finally:
            self._connections.remove(connection)
            for answer in connection.waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError())
            self._changes.touch()
        return connected

    async def _greet(self, connection: _Connection) -> None:
        hello: Json = {
            "type": "hello",
            "num_connections": len(self._connections),
            "connection_info": {"app_id": APP_ID},
        }
        await self._tell(connection, hello)
        self._changes.touch()

    async def _listen(self, connection: _Connection) -> None:
        async for message in connection.socket:
            if connection.deaf:
                continue
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledged(connection, message.data)

    def _acknowledged(self, connection: _Connection, text: str) -> None:
        try:
            told = json.loads(text)
            answer = connection.waiting.get(told["envelope_id"])
        except (ValueError, KeyError, TypeError):
            log.warning("sandbox_slack_frame_not_understood", frame=text[:200])
            return
        if answer is not None and not answer.done():
            payload = told.get("payload")
            words = {"text": payload} if isinstance(payload, str) and payload else {}
            answer.set_result(payload if isinstance(payload, dict) else words)

    async def _tell(self, connection: _Connection, frame: Json) -> None:
        debug = {"host": "stand-in", "approximate_connection_time": 3600}
        with suppress(ConnectionError):
            await connection.socket.send_str(json.dumps({**frame, "debug_info": debug}))
