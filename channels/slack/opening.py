"""Opening a window from a press: at once, for its ticket lasts three seconds; then it is filled."""

from collections.abc import Callable

import structlog
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.acting import WENT_WRONG, Who
from channels.slack.windows.parts import LOADING, notice_view
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)


async def open_window(
    client: AsyncWebClient, trigger_id: str, title: str, view: Callable[[Who], View], who: Who
) -> None:
    """Open it and show what `view` makes, in a worker thread; where it can't, why."""
    opened = await client.views_open(
        trigger_id=trigger_id, view=notice_view(title, LOADING).to_dict()
    )
    try:
        shown = await in_thread(view, who)
    except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
        shown = notice_view(title, sentence_of(error))
    await client.views_update(view_id=opened["view"]["id"], view=shown.to_dict())


def sentence_of(error: Exception) -> str:
    """What an agent is told of an error; what nobody foresaw is logged."""
    if isinstance(error, OffboardingError):
        return error.sentence
    _LOG.error("slack_window_failed", **describe(error))
    return WENT_WRONG
