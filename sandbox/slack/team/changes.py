"""Tells whoever listens that something has changed in the workspace."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sandbox.slack.model import Channel, Json, Message, User

Found = TypeVar("Found")
LIMIT_SECONDS = 20.0
"""How long is waited for what must happen."""


class Kind(StrEnum):
    """What happened."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    USER_CHANGED = "user_changed"


@dataclass(frozen=True)
class Change:
    """One thing that happened, as far as Slack has an event for it."""

    kind: Kind
    channel: Channel | None = None
    message: Message | None = None
    before: Json | None = None
    """The message as it was, for an edit or a deletion."""
    user: User | None = None
    reaction: str = ""


class Changes:
    """Listeners are called at once; waiters look again after every change. One event loop only."""

    def __init__(self) -> None:
        self.count = 0
        """How many changes there were, events or not."""
        self._listeners: list[Callable[[Change], None]] = []
        self._waiters: set[asyncio.Event] = set()

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call this for every change from now on."""
        self._listeners.append(listener)

    def tell(self, change: Change) -> None:
        """Something happened that Slack has an event for."""
        for listener in self._listeners:
            listener(change)
        self.touch()

    def touch(self) -> None:
        """Something else changed: whoever waits may look again."""
        self.count += 1
        for waiter in self._waiters:
            waiter.set()

    def beyond(self, count: int) -> bool:
        """Whether something has changed since there were so many changes."""
        return self.count != count

    async def until(self, predicate: Callable[[], Found], seconds: float = LIMIT_SECONDS) -> Found:
        """Wait until this is true, and return it. Raises TimeoutError."""
        news = asyncio.Event()
        self._waiters.add(news)
        try:
            async with asyncio.timeout(seconds):
                while not (found := predicate()):
                    await news.wait()
                    news.clear()
        finally:
            self._waiters.discard(news)
        return found
