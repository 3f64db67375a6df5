"""How much, and how fast, the web API takes: the size of a request, new conversations a minute."""

import ipaddress
import math
import time
from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.errors import MessageTooLongError, TooManyConversationsError
from channels.web.problems import STATUSES, problem

MOST_BODY_BYTES = 64 * 1024
CONVERSATIONS_PER_MINUTE = 120
"""For one address; behind one address there may be a whole office."""

_REMEMBERED_ADDRESSES = 10_000


class BodyLimit:
    """Refuses requests under `prefix` with larger bodies before they are read whole."""

    def __init__(self, app: ASGIApp, prefix: str, most_bytes: int = MOST_BODY_BYTES) -> None:
        self._app = app
        self._prefix = prefix
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, once it is known to be small enough."""
        if not self._has_body(scope):
            await self._app(scope, receive, send)
            return
        body = None if self._announced(scope) > self._most_bytes else await self._read(receive)
        if body is None:
            refusal = MessageTooLongError()
            # The connection stays open and the server throws the rest away as it comes: closed at
            # once, a browser would show a broken connection instead of this answer.
            answer = problem(STATUSES[refusal.word], refusal.word, refusal.sentence)
            await answer(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _has_body(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] not in {"GET", "HEAD", "OPTIONS"}
            and scope["path"].startswith(self._prefix)
        )

    def _announced(self, scope: Scope) -> int:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        return int(length) if length.isdigit() else 0

    async def _read(self, receive: Receive) -> list[Message] | None:
        """The messages that make the body up, or None as soon as they are too much."""
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._most_bytes:
                return None
            if message["type"] != "http.request" or not message.get("more_body", False):
                return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replayed() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replayed


class CreationLimit:
    """Lets each address open so many conversations a minute, by a bucket that refills steadily.

    Kept in this process: with two, an address gets twice as many. The addresses used least
    recently are forgotten first, so that it stays small.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one conversation. Raises TooManyConversationsError when there were too many."""
        network = _network(address)
        moment = time.monotonic()
        left, then = self._buckets.pop(network, (float(self._per_minute), moment))
        left = min(self._per_minute, left + (moment - then) * self._per_minute / 60)
        allowed = left >= 1
        self._buckets[network] = (left - 1 if allowed else left, moment)
        if len(self._buckets) > _REMEMBERED_ADDRESSES:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyConversationsError(math.ceil((1 - left) * 60 / self._per_minute))


def _network(address: str) -> str:
    """The address; of IPv6 its /64, which is what one subscriber is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
