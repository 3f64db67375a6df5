"""Not understood: the assistant's fault, and at the second time a person."""

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.questions import ask_again
from actions.turn import Turn


class NotUnderstood(ConversationAction):
    """What they said was not understood."""

    action_name = "action_not_understood"
    comes_to_nothing = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        if second_time(turn):
            return None
        if turn.slot("open_question") in {None, "wish"}:
            return turn.ask("wish", "utter_not_understood")
        turn.say("utter_not_understood_here")
        return ask_again(turn)


class NotOurs(ConversationAction):
    """They ask for what the assistant can't do."""

    action_name = "action_not_ours"
    comes_to_nothing = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        if not second_time(turn):
            turn.say("utter_out_of_scope")
            ask_again(turn)


def second_time(turn: Turn) -> bool:
    """Whether two messages in a row came to nothing; then a person is asked for."""
    times = int(turn.slot("misunderstood") or 0) + 1
    turn.set("misunderstood", times % 2)
    if times == 2:
        turn.say("utter_not_understood_twice")
        request_person(turn, "assistant")
    return times == 2
