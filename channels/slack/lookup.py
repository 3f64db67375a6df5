"""Looking in Slack for a message of ours whose fate is not known."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import METADATA_EVENT

_PAGE = 200
_MOST_PAGES = 20


async def left_there(client: AsyncWebClient, key: str, arguments: dict[str, Any]) -> str | None:
    """The ts of the message of this key, in its thread or, for a card, in the channel.

    Raises SlackApiError.
    """
    where: dict[str, Any] = {
        "channel": arguments["channel"],
        "limit": _PAGE,
        "include_all_metadata": True,
    }
    cursor = ""
    for _ in range(_MOST_PAGES):
        if "thread_ts" in arguments:
            page = await client.conversations_replies(
                **where, ts=arguments["thread_ts"], cursor=cursor
            )
        else:
            page = await client.conversations_history(**where, cursor=cursor)
        for message in page.get("messages") or ():
            if _key(message) == key:
                return str(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return None


def _key(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA_EVENT:
        return None
    found = (metadata.get("event_payload") or {}).get("key")
    return str(found) if found is not None else None
