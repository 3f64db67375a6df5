"""Doing what may wait, for the database mostly, in a thread beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the work returns. Who is cancelled meanwhile ends when it ends, and not before.

    A thread can't be stopped. Without this, a part that was stopped would still write while the
    database behind it is closed.
    """
    running = asyncio.ensure_future(run_in_threadpool(work, *given, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # looked at, so that nobody reports it as forgotten
        raise
