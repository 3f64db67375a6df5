"""Opening a window from a press: at once, for its ticket lasts three seconds; then it is filled."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.acting import WENT_WRONG, Who
from channels.slack.windows.parts import LOADING, notice_view
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)

NOT_OPENED = "Slack did not open the window, and nothing was changed. Please press it once more."


class WindowNotOpenedError(OffboardingError):
    """Slack opened no window for a press: its ticket was used, or older than three seconds."""

    word = "window_not_opened"


async def open_at_once(
    client: AsyncWebClient, trigger_id: str, view: Mapping[str, Any] | View
) -> str:
    """Open a window and get its id. Raises WindowNotOpenedError, which `tell_not_opened` tells."""
    try:
        opened = await client.views_open(trigger_id=trigger_id, view=view)  # type: ignore[arg-type]
    except SlackApiError as error:
        _LOG.warning("slack_window_not_opened", because=str(error.response.get("error")))
        raise WindowNotOpenedError(NOT_OPENED) from None
    return str(opened["view"]["id"])


async def tell_not_opened(client: AsyncWebClient, body: Mapping[str, Any]) -> None:
    """Tell who pressed, and nobody else: where they pressed, or from the home tab by a message."""
    user = str((body.get("user") or {}).get("id") or body.get("user_id"))
    channel = (body.get("channel") or {}).get("id") or body.get("channel_id")
    message = body.get("message") or {}
    try:
        if channel is None:
            await client.chat_postMessage(channel=user, text=NOT_OPENED)
        else:
            thread = message.get("thread_ts") or message.get("ts")
            await client.chat_postEphemeral(
                channel=str(channel), user=user, text=NOT_OPENED, thread_ts=thread
            )
    except SlackApiError as error:
        _LOG.warning("slack_window_not_opened_not_told", because=str(error.response.get("error")))


async def open_window(
    client: AsyncWebClient, trigger_id: str, title: str, view: Callable[[Who], View], who: Who
) -> None:
    """Open it and show what `view` makes, in a worker thread; where it can't, why."""
    view_id = await open_at_once(client, trigger_id, notice_view(title, LOADING).to_dict())
    try:
        shown = await in_thread(view, who)
    except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
        shown = notice_view(title, sentence_of(error))
    await client.views_update(view_id=view_id, view=shown.to_dict())


def sentence_of(error: Exception) -> str:
    """What an agent is told of an error; what nobody foresaw is logged."""
    if isinstance(error, OffboardingError):
        return error.sentence
    _LOG.error("slack_window_failed", **describe(error))
    return WENT_WRONG
