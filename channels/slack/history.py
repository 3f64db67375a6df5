"""The whole conversation, in a window of its own."""

from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from channels.conversations.messages import read_after
from channels.in_thread import in_thread
from channels.slack.opening import open_at_once
from channels.slack.transcript import said_by, words
from channels.slack.words import plain_context, plain_sections
from offboarding.database import Database
from offboarding.handoffs.model import HandOff

MOST_BLOCKS = 98
_MOST_MESSAGES = 2_000
_LONGEST = 60_000
_LOADING = "Just a moment …"
_GONE = "There is no such conversation any more."


class History:
    """Shows it, newest last; of a very long one the newest part."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, client: AsyncWebClient, trigger_id: str, hand_off_id: str) -> None:
        """Open the window at once, for its ticket lasts three seconds, and fill it then."""
        view_id = await open_at_once(client, trigger_id, _view([plain_context(_LOADING)]))
        blocks = await in_thread(self._blocks, hand_off_id)
        await client.views_update(view_id=view_id, view=_view(blocks))

    def _blocks(self, hand_off_id: str) -> list[Block]:
        with self._database.read() as session:
            hand_off = session.get(HandOff, hand_off_id)
            if hand_off is None:
                return [plain_context(_GONE)]
            messages = read_after(session, hand_off.conversation_id, 0, most=_MOST_MESSAGES)
        blocks: list[Block] = []
        for message in messages:
            moment = f"{message.created_at:%d %b %Y, %H:%M} UTC"
            blocks += [plain_context(f"{said_by(message)} · {moment}")]
            blocks += plain_sections(words(message), _LONGEST)
        if len(blocks) > MOST_BLOCKS:
            blocks = [plain_context("Earlier messages are left out."), *blocks[-MOST_BLOCKS:]]
        return blocks or [plain_context("Nothing was said yet.")]


def _view(blocks: list[Block]) -> dict[str, Any]:
    return View(type="modal", title="Full history", close="Close", blocks=blocks).to_dict()
