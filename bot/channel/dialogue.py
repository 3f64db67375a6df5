"""Runs one turn through Rasa's model, from state to state, and keeps nothing.

Rasa's own message loop loads and saves a tracker and swallows every failure of an action. This one
does the same steps in the same order on the tracker it is given, and lets failures through.
"""

from __future__ import annotations

from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import UserMessage
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channel.answer import AnswerCollector
from bot.channel.conversation_state import capture, restore, said_before
from bot.channel.turn import ButtonIntent, TurnAnswer, TurnRequest
from bot.channel.variants import in_order, times_said
from bot.dialogue.in_context import in_context, shown_choices
from bot.dialogue.open_question import OPEN_QUESTION, ends_turn
from bot.nlu.entities.message_day import DAY
from bot.nlu.text import clean, without_surrogates

CHOICES = "choices"
"""The slot that keeps the buttons of the last answer."""


class TurnError(Exception):
    """An action or the model failed; nothing of the turn may be kept."""


async def take_turn(processor: MessageProcessor, request: TurnRequest) -> TurnAnswer:
    """Answer one message."""
    domain = processor.domain
    tracker = restore(request.state, request.conversation_id, domain)
    collector = AnswerCollector(request.channel)
    heard = await _hear(processor, request, tracker)
    tracker.update(_uttered(request, heard), domain)
    await processor.run_action_extract_slots(collector, tracker)
    words = in_order(processor.nlg, said_before(request.state))
    await _act_until_listening(processor, tracker, collector, words)
    _remember_choices(tracker, collector, domain)
    return TurnAnswer(
        messages=collector.messages,
        state=capture(tracker, domain, times_said(words)),
        intents=list(heard["intents"]),
        confidence=float(heard["intent"]["confidence"]),
        responses=collector.responses,
    )


async def _hear(
    processor: MessageProcessor, request: TurnRequest, tracker: DialogueStateTracker
) -> dict[str, Any]:
    if request.intent is not None:
        return _from_button(request.intent)
    words = request.text or ""
    # What the model sees never begins with a slash, so Rasa cannot take it for an intent.
    message = UserMessage(text=clean(words), metadata={DAY: request.day} if request.day else None)
    heard: dict[str, Any] = await processor.parse_message(message, tracker)
    # A name that a model without our classifier would leave out.
    heard.setdefault("intents", [heard["intent"]["name"]])
    written = {"text": without_surrogates(words), "source": "words"}
    heard = {**heard, **written, "overtaken": request.overtaken}
    return in_context(heard, tracker.get_slot(OPEN_QUESTION), tracker.get_slot(CHOICES) or [])


def _remember_choices(
    tracker: DialogueStateTracker, collector: AnswerCollector, domain: Domain
) -> None:
    """Keep what the customer can choose from now, so that "the second one" is understood."""
    if any(slot.name == CHOICES for slot in domain.slots):
        choices = shown_choices(collector.messages)
        if choices != (tracker.get_slot(CHOICES) or []):
            tracker.update(SlotSet(CHOICES, choices or None), domain)


def _from_button(button: ButtonIntent) -> dict[str, Any]:
    return {
        "text": f"/{button.name}",
        "intent": {"name": button.name, "confidence": 1.0},
        "intents": [button.name],
        "entities": [{"entity": name, "value": value} for name, value in button.entities.items()],
        "source": "button",
    }


def _uttered(request: TurnRequest, heard: dict[str, Any]) -> UserUttered:
    return UserUttered(
        heard["text"],
        heard["intent"],
        heard["entities"],
        heard,
        input_channel=request.channel,
        message_id=request.message_id,
        metadata={
            "message_id": request.message_id,
            "conversation_id": request.conversation_id,
        },
    )


async def _act_until_listening(
    processor: MessageProcessor,
    tracker: DialogueStateTracker,
    collector: AnswerCollector,
    words: NaturalLanguageGenerator,
) -> None:
    go_on = not tracker.is_paused()
    while go_on:
        try:
            action, prediction = processor.predict_next_with_tracker_if_should(tracker)
        except ActionLimitReached as error:
            raise TurnError("The dialogue runs in a circle.") from error
        seen = _as_predicted(tracker, prediction, processor.domain)
        events = await _run(action, seen, processor.domain, collector, words)
        if events is None:
            tracker.update(_declined(action, prediction))
        else:
            processor._log_action_on_tracker(tracker, action, events, prediction)
            for event in events:
                if isinstance(event, BotUttered):
                    await collector.send_response(tracker.sender_id, event.message())
        is_done = events is not None and ends_turn(action.name(), processor.domain)
        if is_done and tracker.followup_action is None:
            # As OpenQuestionPolicy would predict; asking all policies costs as much as the action.
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), processor.domain)
            return
        go_on = processor.should_predict_another_action(action.name())


def _as_predicted(
    tracker: DialogueStateTracker, prediction: PolicyPrediction, domain: Domain
) -> DialogueStateTracker:
    """What the action sees: the talk, with what the policy that chose the action adds to it."""
    if not prediction.events:
        return tracker
    seen = tracker.copy()
    seen.update_with_events(prediction.events, domain)
    return seen


async def _run(
    action: Action,
    seen: DialogueStateTracker,
    domain: Domain,
    collector: AnswerCollector,
    words: NaturalLanguageGenerator,
) -> list[Event] | None:
    """The action's events; none when it declined to run, so that another is chosen."""
    try:
        return list(await action.run(collector, words, seen, domain) or [])
    except ActionExecutionRejection:
        return None
    except Exception as error:
        raise TurnError(f"The action {action.name()} failed.") from error


def _declined(action: Action, prediction: PolicyPrediction) -> ActionExecutionRejected:
    return ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence)
