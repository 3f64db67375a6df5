"""A complaint out of the blue, when nobody has asked for a reason."""

import re

from actions.base import ConversationAction
from actions.leaving import acknowledge, reason_said, take_reason_heard
from actions.offering import ask_for_offer
from actions.questions import ask_again, ask_wish
from actions.turn import Turn
from offboarding.cases.reasons import ChurnReason

_WANTS_IT_CHEAPER = re.compile(
    r"\b(?:can|could|any|is there|are there|do you|have you|get|got|want|like|need|move|put)\b"
    r"[^.!]{0,40}\b(?:cheaper|smaller|less expensive|lower)\b",
    re.IGNORECASE,
)


class HearReason(ConversationAction):
    """A complaint: heard, and then what would they like?"""

    action_name = "action_hear_reason"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.undecided_case
        if case is None and _asks_for_less(turn):
            return ask_for_offer(turn, "change_plan")
        if reason_said(turn) is None:  # it only sounded like one
            turn.say("utter_understood")
        acknowledge(turn)
        if case is not None:
            take_reason_heard(turn, case)
        if turn.slot("open_question") in {None, "wish", "meaning"}:
            return ask_wish(turn)
        return ask_again(turn)


def _asks_for_less(turn: Turn) -> bool:
    """Whether what sounds like a complaint about the price asks for a cheaper plan."""
    about_price = turn.heard.reason is ChurnReason.TOO_EXPENSIVE
    return about_price and _WANTS_IT_CHEAPER.search(turn.heard.text) is not None
