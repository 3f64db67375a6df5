"""Who acts in Slack: their whole name, asked of Slack once in a while."""

import time

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.logs import describe

_LOG = structlog.get_logger(__name__)

KEPT_SECONDS = 600.0


class People:
    """Names of users, kept for ten minutes."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, tuple[float, str]] = {}

    async def full_name(self, user: str, otherwise: str) -> str:
        """The user's whole name; `otherwise` while Slack does not say."""
        known = self._known.get(user)
        if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        try:
            answer = await self._client.users_info(user=user)
        except Exception as error:  # noqa: BLE001 (a name must not stand in the way of a customer)
            _LOG.warning("slack_name_unknown", **describe(error))
            return known[1] if known is not None else otherwise
        found = answer.get("user") or {}
        profile = found.get("profile") or {}
        name = str(profile.get("real_name") or found.get("real_name") or otherwise)
        self._known[user] = (time.monotonic(), name)
        return name
