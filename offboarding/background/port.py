"""What the application asks of the engine that carries out tasks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

Handler = Callable[[str], None]
"""Does one task, given its subject's identifier. It is called again after an error or a crash, so
whatever it does must be harmless the second time. It raises to be called again later."""

FAILED = "task.failed"
"""The kind of the news that a task failed for good; its subject is that task."""

Handlers = Mapping[str, Handler]
"""Each kind of task with its handler."""


Look = Callable[[], None]
"""Looks, now and then, for what should have been scheduled and was not. Harmless at any time."""


class BackgroundEngine(Protocol):
    """Carries out the tasks of the outbox, at least once each, over crashes and restarts."""

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        """Begin; tasks that an earlier process left unfinished are taken up."""

    def wake(self) -> None:
        """Look into the outbox now instead of at the next look."""

    def healthy(self) -> bool:
        """Whether tasks are being carried out."""

    def stop(self) -> None:
        """End; what is unfinished is taken up at the next start."""
