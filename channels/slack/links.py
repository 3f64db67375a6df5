"""Links to threads, asked of Slack once for each."""

import asyncio
from collections.abc import Iterable

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.logs import describe
from channels.slack.model import SlackThread
from offboarding.handoffs.model import HandOff

_LOG = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0
"""So long is waited for them; a list is shown without those that did not come."""
_MOST_KEPT = 1_000

Place = tuple[str, str]
"""Channel and ts of a thread's first message."""


def places(session: Session, hand_offs: Iterable[HandOff]) -> dict[str, Place]:
    """Where the threads of hand-offs are, of those that have one."""
    threads = (session.get(SlackThread, each.id) for each in hand_offs)
    return {
        thread.hand_off_id: (thread.channel_id, thread.ts)
        for thread in threads
        if thread is not None and thread.channel_id is not None and thread.ts is not None
    }


class Links:
    """Permanent links; they never change, so each is kept."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[Place, str] = {}

    async def of(self, wanted: dict[str, Place]) -> dict[str, str]:
        """The links to these places, by the same names; those that Slack gives in time."""
        unknown = {place for place in wanted.values() if place not in self._known}
        tasks = [asyncio.create_task(self._ask(place)) for place in unknown]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
            for task in late:
                task.cancel()
        return {name: self._known[place] for name, place in wanted.items() if place in self._known}

    async def _ask(self, place: Place) -> None:
        channel, ts = place
        try:
            answer = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
        except Exception as error:  # noqa: BLE001 (a list is shown without the link)
            _LOG.warning("slack_link_unknown", **describe(error))
            return
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[place] = str(answer["permalink"])
