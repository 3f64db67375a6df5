"""Who kept a plan, paused it or took its cancellation back, and wants it cancelled after all.

"Wait, no, leave it cancelled" sounds like a wish to keep it. It leads to what cancelling means.
"""

import re

from actions.leaving import recall_reason
from actions.questions import ask_confirm, open_subscriptions
from actions.standing import changed_in_talk, say_briefly_what_holds
from actions.turn import Turn
from offboarding.cases import service as cases
from offboarding.hearing.spelling import plain_text

_LEAVE_CANCELLED = re.compile(
    r"\b(?:leave|keep|let|have) (?:it|that|this|my \w+)(?: \w+)? cancel+ed\b"
    r"|\b(?:it|that) (?:should |can |shall )?(?:stays?|remains?) cancel+ed\b",
    re.IGNORECASE,
)
_CANCEL_IT = re.compile(r"\bcancel (?:it|that|this|everything|my \w+)\b", re.IGNORECASE)
_NOT = re.compile(
    r"(?:n'?t|\bnot|\bnever|\bno longer|\bwithout)\b[^.!?,;]{0,25}\bcancel", re.IGNORECASE
)


def wants_it_left_cancelled(text: str) -> bool:
    """Whether they want a cancellation to stand."""
    said = plain_text(text)
    return _LEAVE_CANCELLED.search(said) is not None and _NOT.search(said) is None


def cancel_after_all(turn: Turn) -> bool:
    """Say what holds and show what cancelling would mean, to who says so; whether they did.

    Of several plans it is the one of which something was changed last in this talk.
    """
    customer, changed = turn.customer, changed_in_talk(turn)
    if customer is None or changed is None or not _wants_it_cancelled(turn):
        return False
    if changed.subscription not in open_subscriptions(turn):
        return False
    case = cases.open_case(turn.session, customer, changed.subscription, turn.conversation_id)
    turn.set("misunderstood", None)
    turn.set("purpose", "leave")
    say_briefly_what_holds(turn, customer, changed)
    turn.turn_to(case)
    recall_reason(turn, case)
    ask_confirm(turn)
    return True


def _wants_it_cancelled(turn: Turn) -> bool:
    said = plain_text(turn.heard.text)
    if turn.heard.leading == "cancel" or wants_it_left_cancelled(said):
        return True
    said_it = _CANCEL_IT.search(said) is not None and _NOT.search(said) is None
    return not turn.heard.pressed and said_it
