"""Work in a thread, and who waits for it."""

import asyncio
from threading import Event

import pytest

from channels.in_thread import in_thread


async def test_what_the_work_returns_or_raises_comes_back() -> None:
    assert await in_thread(lambda one, two: one + two, 1, two=2) == 3
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_who_is_cancelled_ends_when_the_thread_has_ended() -> None:
    begun, may_end, ended = Event(), Event(), Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    waiting = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_an_error_after_the_cancellation_is_nobodys() -> None:
    begun, may_end = Event(), Event()
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: reported.append(what))

    def work() -> None:
        begun.set()
        may_end.wait(10)
        raise ValueError

    waiting = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert reported == []
