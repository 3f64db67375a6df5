"""Running an action: one transaction, once for each message, and the same for every message.

An action answers the act that leads a message. What else was said is seen to here, around it.
"""

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import (
    answer_question_in_survey,
    answer_whether_anything_is_to_be_cancelled,
)
from actions.asking_after_a_person import meet_words_about_a_person
from actions.base import ActionContext, ConversationAction
from actions.besides import answer_besides, answer_special, note_besides
from actions.calling_in import call_in, meet_no_to_person
from actions.changing_their_mind import show_anew, take_up_wish
from actions.charged_without_account import meet_charge_without_account
from actions.coming_back import meet_question_about_coming_back
from actions.confirming import take_yes_with_the_money
from actions.correcting import correct
from actions.decided_elsewhere import meet_what_was_decided_elsewhere
from actions.exporting import (
    ask_for_data_in_survey,
    decline_copy_in_words,
    say_where_content_is,
)
from actions.hesitating import meet_hesitation
from actions.leaving import answer_whether_why_is_needed
from actions.leaving_in_anger import take_leaving_in_anger
from actions.mail_read_by_another import meet_mail_read_by_another
from actions.meeting_hard_moments import meet_hard_moment
from actions.offering import meet_wish_for_discount, say_what_a_pause_is
from actions.open_money_requests import meet_question_after_the_money
from actions.questions import ask_anew_after_goodbye
from actions.receipt_again import give_receipt_again
from actions.record import ActionRun
from actions.returning import welcome_back
from actions.saying_who import meet_doubt_about_saying_who
from actions.speaking_their_language import say_their_language
from actions.taking_at_their_word import take_at_their_word
from actions.taking_back import ask_to_undo_in_words, take_back_in_words
from actions.turn import Heard, Turn
from actions.ways_out import choose_way_in_words, note_wished_way
from actions.which_goes import end_the_plan_that_goes
from actions.who_and_which import choose_in_passing
from actions.whose_account import settle_whose_account
from offboarding import clock
from offboarding.background.service import wake_after_commit
from offboarding.errors import TransitionError
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.hearing.hard_moments import is_crisis
from offboarding.identity import service as identity

_BEFORE: tuple[Callable[[Turn, ConversationAction], bool], ...] = (
    welcome_back,
    meet_mail_read_by_another,
    ask_anew_after_goodbye,
    meet_no_to_person,
    meet_words_about_a_person,
    meet_charge_without_account,
    meet_doubt_about_saying_who,
    correct,
    note_wished_way,
    choose_in_passing,
    settle_whose_account,
    meet_what_was_decided_elsewhere,
    meet_hard_moment,
    end_the_plan_that_goes,
    take_leaving_in_anger,
    meet_hesitation,
    take_back_in_words,
    ask_to_undo_in_words,
    give_receipt_again,
    say_where_content_is,
    answer_whether_anything_is_to_be_cancelled,
    say_what_a_pause_is,
    meet_question_about_coming_back,
    answer_whether_why_is_needed,
    decline_copy_in_words,
    meet_wish_for_discount,
    take_yes_with_the_money,
    choose_way_in_words,
    meet_question_after_the_money,
    ask_for_data_in_survey,
    answer_question_in_survey,
    say_their_language,
    answer_special,
    show_anew,
    take_at_their_word,
    take_up_wish,
)
"""What comes before any action, in this order; one that answers the whole message says so."""


class RunningAction(Action):  # type: ignore[misc]  # rasa-sdk has no types
    """An action as Rasa calls it."""

    def __init__(self, action: ConversationAction, context: ActionContext) -> None:
        self._action = action
        self._context = context

    def name(self) -> str:
        """What domain.yml calls it."""
        return self._action.action_name

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
        try:
            return self._answer_once(tracker)
        except TransitionError:  # staff or a page decided in this instant: by what holds now
            return self._answer_once(tracker)

    def _answer_once(self, tracker: Tracker) -> dict[str, Any]:
        metadata = (tracker.latest_message or {}).get("metadata") or {}
        message_id = str(metadata["message_id"])
        with self._context.database.write() as session:
            wake_after_commit(session, self._context.background)
            known = session.get(ActionRun, (message_id, self.name()))
            if known is not None:
                return known.answer
            answer = self._act_in(session, tracker, message_id)
            session.add(
                ActionRun(
                    message_id=message_id,
                    action=self.name(),
                    answer=answer,
                    ran_at=clock.now(),
                )
            )
            return answer

    def _act_in(self, session: Session, tracker: Tracker, message_id: str) -> dict[str, Any]:
        context = self._context
        conversation_id = str(tracker.sender_id)
        if not self._action.of_the_house:
            identity.touch(session, conversation_id, context.settings)
        turn = Turn(
            session=session,
            settings=context.settings,
            policies=context.policies,
            phrase=context.phrase,
            conversation_id=conversation_id,
            message_id=message_id,
            heard=_heard(tracker),
            slots=dict(tracker.slots),
        )
        answer_message(turn, self._action)
        return {
            "messages": turn.messages,
            "events": [SlotSet(name, value) for name, value in turn.changed.items()],
        }


def answer_message(turn: Turn, action: ConversationAction) -> None:
    """Answer all that a message carries: the act that leads by the action, the rest beside it."""
    if action.of_the_house:
        return action.act(turn)
    if not action.comes_to_nothing and turn.slot("misunderstood"):
        turn.set("misunderstood", None)
    _recall_offer_of_person(turn)
    if is_crisis(turn.heard.text):
        handoffs.request(
            turn.session,
            turn.conversation_id,
            "assistant",
            cause=HandOffCause.HARDSHIP,
            desk=turn.desk,
            billing=turn.billing,
        )
        return turn.say("utter_crisis")
    note_besides(turn, action)
    if not any(answers_all(turn, action) for answers_all in _BEFORE):
        action.act(turn)
    call_in(turn)
    answer_besides(turn)
    # Whatever happened, nobody is left without an answer.
    if not turn.messages and not action.follows_response:
        turn.say("utter_ask_wish")
    return None


def _recall_offer_of_person(turn: Turn) -> None:
    """Why a person was offered a moment ago counts for the answer to that and no later."""
    because = turn.slot("person_offered")
    if because:
        turn.offered_because = HandOffCause(because)
        turn.set("person_offered", None)


def _heard(tracker: Tracker) -> Heard:
    message = tracker.latest_message or {}
    leading = message.get("intent") or {}
    return Heard(
        text=str(message.get("text") or ""),
        intents=message.get("intents") or [leading.get("name") or "nlu_fallback"],
        entities=message.get("entities") or [],
        pressed=message.get("source") == "button",
        confidence=float(leading.get("confidence") or 0.0),
        overtaken=message.get("overtaken") is True,
        ranking={
            each["name"]: float(each["confidence"])
            for each in message.get("intent_ranking") or ()
            if each.get("name")
        },
    )
