"""The event stream of a conversation: what was missed, then what comes, without a gap between."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

from sse_starlette import EventSourceResponse, ServerSentEvent

from channels.conversations.messages import ShownMessage
from channels.conversations.view import View
from channels.fallbacks import CANCEL_PAGE_CARD
from channels.gateway import Gateway
from channels.in_thread import in_thread
from channels.web.models import Message
from offboarding.errors import OffboardingError

PING_SECONDS = 15
_SEND_SECONDS = 60
"""How long a client may leave its stream unread before it is taken for gone."""

_POSITION = re.compile(r"[0-9]{1,9}")
_LINE_END = "\n"


class InvalidPositionError(OffboardingError):
    """The number of the last message seen is none, or none that was ever given."""

    word = "invalid_position"

    def __init__(self) -> None:
        super().__init__("The last message seen isn't one of this chat. Please load it anew.")


def read_position(last_event_id: str | None, after: str | None) -> int:
    """The number of the last message seen: as the header says, else the query, else 0."""
    given = last_event_id if last_event_id is not None else after
    if given is None:
        return 0
    if _POSITION.fullmatch(given) is None:
        raise InvalidPositionError
    return int(given)


async def follow(gateway: Gateway, conversation_id: str, after: int) -> EventSourceResponse:
    """The stream of everything after the message numbered `after`.

    Raises UnknownConversationError, or InvalidPositionError when there is no such number yet.
    """
    if after > (await gateway.look(conversation_id)).last_sequence:
        raise InvalidPositionError
    return EventSourceResponse(
        _events(gateway, conversation_id, after),
        ping=PING_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="open", sep=_LINE_END),
        send_timeout=_SEND_SECONDS,
        sep=_LINE_END,
        headers={"Cache-Control": "no-store"},
    )


async def _events(
    gateway: Gateway, conversation_id: str, after: int
) -> AsyncIterator[ServerSentEvent]:
    shown: View | None = None
    with gateway.listeners.listen(conversation_id) as news:
        while True:
            # Cleared before the look: what is written after the look sets it again.
            news.clear()
            view, changes = await in_thread(_look, gateway, conversation_id, after, shown)
            for event in changes:
                yield event
            if view.messages:
                after = view.messages[-1].sequence
            shown = view
            if view.complete:
                await news.wait()


def _look(
    gateway: Gateway, conversation_id: str, after: int, shown: View | None
) -> tuple[View, list[ServerSentEvent]]:
    view = gateway.look_now(conversation_id, after)
    return view, _changes(gateway, shown, view)


def _changes(gateway: Gateway, shown: View | None, view: View) -> list[ServerSentEvent]:
    changes = []
    if shown is None or (shown.state, shown.identified) != (view.state, view.identified):
        changes.append(_event("state", {"state": view.state, "identified": view.identified}))
    changes += [_message(gateway, view.conversation_id, message) for message in view.messages]
    if shown is None or shown.typing != view.typing:
        changes.append(_event("typing", {"typing": view.typing}))
    return changes


def _event(name: str, data: dict[str, object]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), event=name, sep=_LINE_END)


def _message(gateway: Gateway, conversation_id: str, message: ShownMessage) -> ServerSentEvent:
    if message.card is not None and message.card["kind"] == CANCEL_PAGE_CARD:
        link = {"title": message.card["title"], "url": gateway.cancel_page_link(conversation_id)}
        message = replace(message, card={**message.card, "links": [link]})
    return ServerSentEvent(
        Message.of(message).model_dump_json(),
        event="message",
        id=str(message.sequence),
        sep=_LINE_END,
    )
