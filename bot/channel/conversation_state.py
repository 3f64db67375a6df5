"""A conversation as plain JSON: what the next turn needs to know, and no more.

Rasa's own memory grows with the talk. Here the last few turns are kept as events, for stories and
rules look back; all before them is folded into the values of the slots. Customers' words are cut
short and the bot's are left out: the gateway has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 1
TURNS_KEPT = 8
EVENTS_KEPT = 120
LONGEST_TEXT_KEPT = 200
MOST_ENTITIES_KEPT = 10


class ConversationStateError(Exception):
    """The state is not one that a turn answered."""


def restore(
    state: Mapping[str, Any] | None, conversation_id: str, domain: Domain
) -> DialogueStateTracker:
    """Rasa's view of the conversation, as it was after the last turn."""
    tracker = DialogueStateTracker(conversation_id, domain.slots)
    for event in _beginning() if state is None else _remembered(state, domain):
        # The time of an event stays what it was.
        tracker.update(event, domain)
    return tracker


def said_before(state: Mapping[str, Any] | None) -> dict[str, int]:
    """How often each response with several variants was said in this talk, by its name."""
    try:
        # A talk that was going on when this was not yet counted has none.
        return (
            {}
            if state is None
            else {str(name): int(n) for name, n in state.get("said", {}).items()}
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise ConversationStateError(f"The state cannot be read: {error!r}.") from error


def capture(
    tracker: DialogueStateTracker, domain: Domain, said: Mapping[str, int]
) -> dict[str, Any]:
    """The conversation's state, bounded in size however long the talk has been.

    `said` is what `said_before` shall answer in the next turn.
    """
    events = list(tracker.events)
    cut = _cut(events)
    before = DialogueStateTracker(tracker.sender_id, domain.slots)
    for event in events[:cut]:
        before.update(event, domain)
    return {
        "version": VERSION,
        "slots": {
            name: slot.value
            for name, slot in before.slots.items()
            if slot.value != slot.initial_value
        },
        "loop": before.active_loop_name,
        "paused": before.is_paused(),
        "said": dict(said),
        "events": [_kept(event) for event in events[cut:] if not isinstance(event, BotUttered)],
    }


def _beginning() -> list[Event]:
    return [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]


def _remembered(state: Mapping[str, Any], domain: Domain) -> list[Event]:
    if state.get("version") != VERSION:
        raise ConversationStateError(f"The state is of version {state.get('version')!r}.")
    known = {slot.name for slot in domain.slots}
    try:
        head: list[Event] = [
            SlotSet(name, value) for name, value in state["slots"].items() if name in known
        ]
        if state["loop"] is not None:
            head.append(ActiveLoop(state["loop"]))
        if state["paused"]:
            head.append(ConversationPaused())
        # A slot may have left the domain since; its old events mean nothing any more.
        events = [
            event
            for event in deserialise_events(state["events"])
            if not (isinstance(event, SlotSet) and event.key not in known)
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConversationStateError(f"The state cannot be read: {error!r}.") from error
    return [*head, *events]


def _cut(events: Sequence[Event]) -> int:
    """Where to fold: before the oldest turn kept, or after what an earlier fold left."""
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    for start in starts[-TURNS_KEPT:]:
        cut = _with_listening(events, start)
        if len(starts) <= TURNS_KEPT and start == starts[0]:
            cut = _after_head(events)
        if len(events) - cut <= EVENTS_KEPT or start == starts[-1]:
            return cut
    return _after_head(events)


def _with_listening(events: Sequence[Event], start: int) -> int:
    # A turn begins when Rasa starts to listen.
    for index in range(start - 1, -1, -1):
        if isinstance(events[index], ActionExecuted):
            return index
    return start


def _after_head(events: Sequence[Event]) -> int:
    for index, event in enumerate(events):
        if not isinstance(event, (SlotSet, ActiveLoop, ConversationPaused)):
            return index
    return len(events)


def _kept(event: Event) -> dict[str, Any]:
    if not isinstance(event, UserUttered):
        return dict(event.as_dict())
    text = (event.text or "")[:LONGEST_TEXT_KEPT]
    heard: dict[str, Any] = dict(event.parse_data or {})
    return {
        "event": UserUttered.type_name,
        "timestamp": event.timestamp,
        "text": text,
        "parse_data": {
            "text": text,
            "intent": heard.get("intent", {}),
            "intents": heard.get("intents", []),
            "source": heard.get("source"),
            "entities": [
                {"entity": entity.get("entity"), "value": _short(entity.get("value"))}
                for entity in event.entities[:MOST_ENTITIES_KEPT]
            ],
        },
        "input_channel": event.input_channel,
        "message_id": event.message_id,
        "metadata": event.metadata,
    }


def _short(value: Any) -> Any:
    return value[:LONGEST_TEXT_KEPT] if isinstance(value, str) else value
