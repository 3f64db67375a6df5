"""How fast a sender may send: so many segments a second, or Twilio's queue overflows (21611)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass
class Turn:
    """The right to send one text now."""

    segments: int = 0

    def takes(self, segments: int) -> None:
        """So many segments are sent."""
        self.segments = segments


class Pacing:
    """Gives turns to send: one after the other for each sender, as fast as it may."""

    def __init__(self, segments_per_second: float) -> None:
        self._rate = segments_per_second
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free_at: defaultdict[str, float] = defaultdict(float)
        """By the event loop's clock."""

    @asynccontextmanager
    async def turn(self, sender: str) -> AsyncIterator[Turn]:
        """Wait for the sender's turn; what it then takes is waited for by the next."""
        clock = asyncio.get_running_loop().time
        async with self._locks[sender]:
            while (seconds := self._free_at[sender] - clock()) > 0:  # noqa: ASYNC110 (a wait)
                await asyncio.sleep(seconds)  # it may have been made longer meanwhile
            turn = Turn()
            yield turn
            busy_until = clock() + turn.segments / self._rate
            self._free_at[sender] = max(self._free_at[sender], busy_until)

    def pause(self, sender: str, seconds: float) -> None:
        """Nothing of this sender for so long."""
        until = asyncio.get_running_loop().time() + seconds
        self._free_at[sender] = max(self._free_at[sender], until)
