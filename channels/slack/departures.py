"""An agent's account was deactivated: whom they talked with goes back to the team.

Slack says so once; while nobody listened, it is asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.desk.service import Desk, hand_off_in_charge
from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.queue import thread_of, update_card
from channels.slack.replies import outer_id
from offboarding.database import Database
from offboarding.handoffs.agents import claimed_by, deactivate, talking_agents

_LOG = structlog.get_logger(__name__)

Found = TypeVar("Found")

ASK_SECONDS = 300.0
"""How often Slack is asked whether those who talk with customers are still there."""


class Departures:
    """Deals with user_change events; its other news of a user are of no interest."""

    def __init__(self, desk: Desk, team_id: str) -> None:
        self._desk = desk
        self._team_id = team_id

    async def keep_asking(
        self, client: AsyncWebClient, database: Database, done: Callable[[], None]
    ) -> None:
        """Ask now and every few minutes, without an end; `done()` is called after each."""
        while True:
            for user in await self._guarded(in_thread(self._talking, database)) or ():
                await self._guarded(self._ask(client, database, user))
            done()
            await asyncio.sleep(ASK_SECONDS)

    async def _ask(self, client: AsyncWebClient, database: Database, user: str) -> None:
        answer = await client.users_info(user=user)
        await in_thread(self._heard, database, answer.get("user") or {})

    async def _guarded(self, work: Awaitable[Found]) -> Found | None:
        """What comes of it; None where it fails, which keeps nobody else from being asked about."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001 (it is asked again)
            _LOG.warning("slack_departures_unknown", **describe(error))
            return None

    def _talking(self, database: Database) -> Sequence[str]:
        ours = outer_id(self._team_id, "")
        with database.read() as session:
            agents = talking_agents(session)
            return [each.removeprefix(ours) for each in agents if each.startswith(ours)]

    def _heard(self, database: Database, user: Mapping[str, Any]) -> None:
        with database.write() as session:
            self.deal_with(session, {"user": user})

    def deal_with(self, session: Session, event: Mapping[str, Any]) -> None:
        """Release what the agent had claimed, in the caller's transaction."""
        user = event.get("user") or {}
        if not user.get("deleted"):
            return
        agent = deactivate(session, outer_id(self._team_id, str(user.get("id"))))
        if agent is None:
            return
        for hand_off_id in claimed_by(session, agent):
            hand_off = hand_off_in_charge(session, hand_off_id)
            if hand_off.agent_id != agent.id or not hand_off.open:
                continue
            self._desk.release(session, hand_off)
            thread = thread_of(session, hand_off.id)
            if thread is not None:
                update_card(session, thread)


def by_kind(
    deal_with: Mapping[str, Callable[[Session, Mapping[str, Any]], None]],
) -> Callable[[Session, Mapping[str, Any]], None]:
    """Whoever deals with events of a kind gets them; of other kinds nobody does."""

    def given(session: Session, event: Mapping[str, Any]) -> None:
        work = deal_with.get(str(event.get("type")))
        if work is not None:
            work(session, event)

    return given
