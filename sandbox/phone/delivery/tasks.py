"""What is on its way: begun in one event loop, and dropped when the stand-in ends."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """Every task is known until it ends. `tell` is called whenever one does."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._tasks

    def start(self) -> None:
        """Take tasks from now on."""
        self._running = True

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Do this beside everything else; None, and nothing is done, when all has ended."""
        if not self._running:
            work.close()
            return None
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def drop(self) -> list[asyncio.Task[None]]:
        """Give up what is on its way; the tasks that are ending."""
        dropped = list(self._tasks)
        for task in dropped:
            task.cancel()
        return dropped

    async def stop(self) -> None:
        """Take no more, and give up what is on its way."""
        self._running = False
        await asyncio.gather(*self.drop(), return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._tell()
        if not task.cancelled() and task.exception() is not None:
            task.get_loop().call_exception_handler(
                {
                    "message": "A delivery of the sandbox's phone failed",
                    "exception": task.exception(),
                }
            )
