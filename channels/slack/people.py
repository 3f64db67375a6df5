"""Who acts in Slack: their name, their time zone and whose they are, asked once in a while."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.logs import describe
from offboarding.wording import zone_of

_LOG = structlog.get_logger(__name__)

KEPT_SECONDS = 600.0
SILENT_SECONDS = 10.0
"""After Slack did not say, it is not asked again for so long."""
ASK_SECONDS = 1.5
"""Slack waits three seconds for the answer to a press, and this is asked before it."""


@dataclass(frozen=True)
class _Known:
    name: str
    time_zone: str | None
    guest: bool
    outsider: bool
    asked_at: float


class People:
    """What is known of users, kept for ten minutes. `team_id` is our workspace."""

    def __init__(self, client: AsyncWebClient, team_id: str) -> None:
        self._client = client
        self._team_id = team_id
        self._known: dict[str, _Known] = {}
        self._silent_until = 0.0

    async def full_name(self, user: str, otherwise: str) -> str:
        """The user's whole name; `otherwise` while Slack does not say."""
        known = await self._about(user)
        return known.name or otherwise if known is not None else otherwise

    async def time_zone(self, user: str) -> ZoneInfo:
        """Where the user's clocks are; UTC while Slack does not say."""
        known = await self._about(user)
        return zone_of(known.time_zone if known is not None else None)

    async def is_guest(self, user: str) -> bool:
        """Whether somebody sees only a part of our workspace; False while Slack does not say."""
        known = await self._about(user)
        return known is not None and known.guest

    async def is_outsider(self, user: str, *, otherwise: bool) -> bool:
        """Whether somebody belongs to another workspace; `otherwise` while Slack does not say."""
        known = await self._about(user)
        return known.outsider if known is not None else otherwise

    async def _about(self, user: str) -> _Known | None:
        known = self._known.get(user)
        if known is not None and time.monotonic() - known.asked_at < KEPT_SECONDS:
            return known
        if time.monotonic() < self._silent_until:
            return known
        try:
            async with asyncio.timeout(ASK_SECONDS):
                answer = await self._client.users_info(user=user)
        except Exception as error:  # noqa: BLE001 (a name must not stand in the way of a customer)
            _LOG.warning("slack_name_unknown", **describe(error))
            self._silent_until = time.monotonic() + SILENT_SECONDS
            return known
        found = answer.get("user") or {}
        profile = found.get("profile") or {}
        name = str(profile.get("real_name") or found.get("real_name") or "")
        self._known[user] = _Known(
            name,
            found.get("tz"),
            guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            outsider=bool(found.get("is_stranger")) or self._team_id not in _workspaces(found),
            asked_at=time.monotonic(),
        )
        return self._known[user]


def _workspaces(user: Mapping[str, Any]) -> list[str]:
    """Those a user belongs to; in an organisation of several they may come from another of them."""
    return [str(user.get("team_id")), *((user.get("enterprise_user") or {}).get("teams") or [])]
