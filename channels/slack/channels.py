"""From a channel's name, as policy has it, to Slack's id of it."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

_PAGE = 200
_NOT_FOUND = "channel_not_found"


class Channels:
    """Looks names up once, and again when one is not known."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    async def identifier(self, channel: str) -> str:
        """The id of a channel; an id stays as it is.

        Raises SlackApiError (channel_not_found) for a name that is not there.
        """
        if not channel.startswith("#"):
            return channel
        if channel not in self._ids:
            self._ids = await self.all()
        try:
            return self._ids[channel]
        except KeyError:
            answer = {"ok": False, "error": _NOT_FOUND}
            sentence = f"there is no channel {channel}"
            raise SlackApiError(sentence, answer) from None  # type: ignore[no-untyped-call]

    async def all(self) -> dict[str, str]:
        """Every channel that can be seen, by #name, with its id. Raises SlackApiError."""
        found: dict[str, str] = {}
        cursor = ""
        while True:
            response = await self._client.conversations_list(
                limit=_PAGE,
                cursor=cursor,
                exclude_archived=False,
                types="public_channel,private_channel",
            )
            for channel in response.get("channels") or ():
                found[f"#{channel['name']}"] = str(channel["id"])
            cursor = (response.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found
