"""Every message of a workspace, found by its ts, its channel or its thread."""

from collections.abc import Iterator

from sandbox.slack.model import Message


class Messages:
    """In the order they came: a ts is later than all before, and unique in the workspace."""

    def __init__(self) -> None:
        self._all: dict[str, Message] = {}
        self._in_channel: dict[str, dict[str, Message]] = {}
        self._in_thread: dict[str, dict[str, Message]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, ts: str) -> bool:
        return ts in self._all

    def __getitem__(self, ts: str) -> Message:
        return self._all[ts]

    def __iter__(self) -> Iterator[Message]:
        return iter(self._all.values())

    def get(self, ts: str | None) -> Message | None:
        """A message, or None."""
        return self._all.get(ts or "")

    def add(self, message: Message) -> None:
        """Put a message at the end."""
        self._all[message.ts] = message
        self._in_channel.setdefault(message.channel, {})[message.ts] = message
        self._in_thread.setdefault(message.thread_ts or message.ts, {})[message.ts] = message

    def remove(self, message: Message) -> None:
        """Take a message away."""
        del self._all[message.ts]
        del self._in_channel[message.channel][message.ts]
        del self._in_thread[message.thread_ts or message.ts][message.ts]

    def in_channel(self, channel: str) -> list[Message]:
        """Everything in a channel, replies too."""
        return list(self._in_channel.get(channel, {}).values())

    def in_thread(self, ts: str) -> list[Message]:
        """A message and its replies."""
        return list(self._in_thread.get(ts, {}).values())
