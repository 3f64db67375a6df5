"""Waking those who follow a conversation when there is something new in it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OWN_WORDS_SECONDS = 0.1
"""How long listeners wait for a customer's own words, and to see that somebody is typing."""


class Listeners:
    """Wakes listeners of this process, from any thread. What is new they look up themselves.

    A wake-up carries nothing, so one that comes twice, or for nothing, does no harm.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: dict[str, set[asyncio.Event]] = {}
        self._soon: dict[str, asyncio.TimerHandle] = {}
        self._watchers: list[Callable[[str], None]] = []

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

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Have `watcher` told, in the event loop, of every conversation with something new."""
        self._watchers.append(watcher)

    def listened(self) -> tuple[str, ...]:
        """The conversations somebody follows now."""
        return tuple(self._events)

    def wake(self, conversation_id: str) -> None:
        """Wake those who follow this conversation. May be called from any thread."""
        if self._loop is None or self._loop.is_closed():
            return  # nobody can be listening
        self._loop.call_soon_threadsafe(self._set, conversation_id)

    def wake_soon(self, conversation_id: str) -> None:
        """Wake those who follow this conversation in a moment, unless they are woken before.

        Who writes knows what they wrote; mostly the answer is there by then, and listeners look
        once for both. To be called in the event loop.
        """
        self._tell_watchers(conversation_id)
        if conversation_id in self._events and conversation_id not in self._soon:
            loop = asyncio.get_running_loop()
            self._soon[conversation_id] = loop.call_later(
                OWN_WORDS_SECONDS, self._set, conversation_id
            )

    def _set(self, conversation_id: str) -> None:
        waiting = self._soon.pop(conversation_id, None)
        if waiting is not None:
            waiting.cancel()
        for event in self._events.get(conversation_id, ()):
            event.set()
        self._tell_watchers(conversation_id)

    def _tell_watchers(self, conversation_id: str) -> None:
        for watcher in self._watchers:
            watcher(conversation_id)
