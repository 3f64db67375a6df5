"""Not understood: the assistant's fault, and at the second time a person."""

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.questions import ask_again
from actions.turn import Turn


class NotUnderstood(ConversationAction):
    """What they said was not understood."""

    action_name = "action_not_understood"

    def act(self, turn: Turn) -> None:
        """See the class."""
        times = int(turn.slot("misunderstood") or 0) + 1
        turn.set("misunderstood", times % 2)
        if times == 2:
            turn.say("utter_not_understood_twice")
            return request_person(turn, "assistant")
        if turn.slot("open_question") in {None, "wish"}:
            return turn.ask("wish", "utter_not_understood")
        turn.say("utter_not_understood_here")
        return ask_again(turn)
