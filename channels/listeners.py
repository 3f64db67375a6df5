"""Waking those who follow a conversation when there is something new in it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Listeners:
    """Wakes listeners of this process, from any thread. What is new they look up themselves.

    A wake-up carries nothing, so one that comes twice, or for nothing, does no harm.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: dict[str, set[asyncio.Event]] = {}

    def start(self) -> None:
        """Belong to the event loop that runs now."""
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the conversation may have something new."""
        event = asyncio.Event()
        self._events.setdefault(conversation_id, set()).add(event)
        try:
            yield event
        finally:
            events = self._events[conversation_id]
            events.discard(event)
            if not events:
                del self._events[conversation_id]

    def listened(self) -> tuple[str, ...]:
        """The conversations somebody follows now."""
        return tuple(self._events)

    def wake(self, conversation_id: str) -> None:
        """Wake those who follow this conversation. May be called from any thread."""
        if self._loop is None or self._loop.is_closed():
            return  # nobody can be listening
        self._loop.call_soon_threadsafe(self._set, conversation_id)

    def _set(self, conversation_id: str) -> None:
        for event in self._events.get(conversation_id, ()):
            event.set()
