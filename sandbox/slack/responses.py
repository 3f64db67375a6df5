"""Response URLs: what the app says to one thing that somebody did, without a token."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.slack.blocks import check_message_blocks
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json, Message
from sandbox.slack.people import BOT_USER_ID
from sandbox.slack.team.workspace import Workspace

PATH = "/sandbox/slack/respond/"
USES, SECONDS = 5, 30 * 60


@dataclass
class _Address:
    channel: str
    user: str
    message_ts: str | None
    made: float
    uses: int = USES


class Responses:
    """Gives out response URLs, and takes what is posted to them: five times within half an hour."""

    def __init__(self, workspace: Workspace, own_url: Callable[[], str]) -> None:
        self._workspace = workspace
        self._own_url = own_url
        self._addresses: dict[str, _Address] = {}

    def url(self, channel: str, user: str, message_ts: str | None = None) -> str:
        """A new address for the answer to what this person did there."""
        key = secrets.token_urlsafe(24)
        self._addresses[key] = _Address(channel, user, message_ts, time.monotonic())
        return self._own_url() + PATH + key

    def say(self, channel: str, user: str, content: Json, message_ts: str | None = None) -> None:
        """Carry out what the app answered: a new message, or a change of the one acted upon.

        Raises SlackRefusal.
        """
        original = self._workspace.messages.get(message_ts or "")
        if content.get("delete_original") and original:
            self._workspace.delete(original)
            return
        text, blocks = str(content.get("text") or ""), content.get("blocks") or []
        check_message_blocks(blocks)
        if not text and not blocks:
            raise SlackRefusal("no_text")
        if content.get("replace_original") and original:
            self._workspace.edit(original, text=text, blocks=blocks)
            return
        everybody = content.get("response_type") == "in_channel"
        self._workspace.post(
            self._workspace.channels[channel],
            BOT_USER_ID,
            text,
            blocks=blocks,
            thread_ts=content.get("thread_ts") or _thread_of(original),
            only_for=None if everybody else user,
        )

    def router(self) -> APIRouter:
        """The route of every response URL."""
        routes = APIRouter(include_in_schema=False)
        routes.add_api_route(PATH + "{key}", self._answer, methods=["POST"])
        return routes

    async def _answer(self, key: str, request: Request) -> JSONResponse:
        try:
            address = self._usable(key)
            content = await request.json()
            # As in Slack: an answer to a message replaces it, unless it says otherwise.
            content.setdefault("replace_original", "response_type" not in content)
            self.say(address.channel, address.user, content, address.message_ts)
        except SlackRefusal as refusal:
            return JSONResponse(refusal.answer, 404)
        address.uses -= 1
        return JSONResponse({"ok": True})

    def _usable(self, key: str) -> _Address:
        address = self._addresses.get(key)
        if address is None or time.monotonic() - address.made > SECONDS:
            raise SlackRefusal("expired_url")
        if address.uses == 0:
            raise SlackRefusal("used_url")
        return address


def _thread_of(message: Message | None) -> str | None:
    return message.thread_ts if message is not None and message.is_reply else None
