"""What every action shares: one transaction, run once for each message."""

from dataclasses import dataclass
from typing import Any, ClassVar

from anyio import to_thread
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.hard_moments import is_crisis
from actions.record import ActionRun
from actions.turn import Heard, Turn
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.identity import service as identity
from offboarding.policies.store import Policies
from offboarding.settings import Settings


@dataclass(frozen=True)
class ActionContext:
    """What actions work with."""

    settings: Settings
    database: Database
    policies: Policies
    background: BackgroundEngine


class ConversationAction(Action):  # type: ignore[misc]  # rasa-sdk has no types
    """Parent of every action: says its name, does its work in `act`."""

    action_name: ClassVar[str]
    comes_to_nothing: ClassVar[bool] = False
    """Whether it answers a message that could not be used; two in a row bring a person."""

    def __init__(self, context: ActionContext) -> None:
        self._context = context

    def name(self) -> str:
        """What domain.yml calls it."""
        return self.action_name

    def act(self, turn: Turn) -> None:
        """Answer the message."""
        raise NotImplementedError

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer the message once: heard again after a crash, it gets the same answer."""
        del domain
        answer = await to_thread.run_sync(self._answer, tracker)
        for message in answer["messages"]:
            dispatcher.utter_message(
                response=message["response"],
                buttons=message["buttons"],
                **message["values"],
            )
        return list(answer["events"])

    def _answer(self, tracker: Tracker) -> dict[str, Any]:
        metadata = (tracker.latest_message or {}).get("metadata") or {}
        message_id = str(metadata["message_id"])
        with self._context.database.write() as session:
            wake_after_commit(session, self._context.background)
            known = session.get(ActionRun, (message_id, self.action_name))
            if known is not None:
                return known.answer
            answer = self._act_in(session, tracker, message_id)
            session.add(
                ActionRun(
                    message_id=message_id,
                    action=self.action_name,
                    answer=answer,
                    ran_at=clock.now(),
                )
            )
            return answer

    def _act_in(self, session: Session, tracker: Tracker, message_id: str) -> dict[str, Any]:
        settings = self._context.settings
        conversation_id = str(tracker.sender_id)
        identity.touch(session, conversation_id, settings)
        turn = Turn(
            session=session,
            settings=settings,
            policies=self._context.policies,
            conversation_id=conversation_id,
            message_id=message_id,
            heard=_heard(tracker),
            slots=dict(tracker.slots),
        )
        if not self.comes_to_nothing and turn.slot("misunderstood"):
            turn.set("misunderstood", 0)
        if is_crisis(turn.heard.text):
            handoffs.request(session, conversation_id, "assistant")
            turn.say("utter_crisis")
        else:
            self.act(turn)
        if not turn.messages:  # whatever happened, nobody is left without an answer
            turn.say("utter_ask_wish")
        return {
            "messages": turn.messages,
            "events": [SlotSet(name, value) for name, value in turn.changed.items()],
        }


def _heard(tracker: Tracker) -> Heard:
    message = tracker.latest_message or {}
    leading = (message.get("intent") or {}).get("name")
    return Heard(
        text=str(message.get("text") or ""),
        intents=message.get("intents") or ([leading] if leading else []),
        entities=message.get("entities") or [],
        pressed=message.get("source") == "button",
    )
