"""A card was charged, and they have no account: no address helps, and a person finds the charge."""

import re

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.questions import ask_again
from actions.turn import Turn
from offboarding.handoffs import service as handoffs
from offboarding.hearing.hard_moments import HardMoment
from offboarding.hearing.spelling import written_out

_NO_ACCOUNT = re.compile(
    r"\b(?:i|we)\b[^.!?]{0,15}(?:n't|\b(?:not|never|no))\b[^.!?]{0,20}"
    r"\b(?:accounts?|subscriptions?|plans?|customers?)\b"
    r"|\b(?:no|without an?) account\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_WHO_ARE_YOU = frozenset({"email", "code"})
_LOOKED_FOR = "without account"


def meet_charge_without_account(turn: Turn, _action: ConversationAction) -> bool:
    """Leave the charge to a person, or note more of it for them; whether that was the message."""
    if turn.customer is not None or turn.heard.pressed or turn.heard.entity("email") is not None:
        return False
    if turn.slot("charge_disputed") == _LOOKED_FOR:
        return _note_more(turn)
    charged = turn.slot("hard_moment") == HardMoment.FRAUD or turn.slot("charge_disputed")
    if not charged or turn.slot("open_question") not in _WHO_ARE_YOU:
        return False
    if _NO_ACCOUNT.search(written_out(turn.heard.text)) is None:
        return False
    turn.set("misunderstood", None)
    turn.set("charge_disputed", _LOOKED_FOR)
    turn.say("utter_charge_without_account")
    turn.nothing_open()
    request_person(turn, f"Was charged, and has no account: {turn.heard.text}")
    return True


def _note_more(turn: Turn) -> bool:
    """Note amounts, days and digits: two numbers at least, or it may be anything."""
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    if hand_off is None or len(_NUMBER.findall(turn.heard.text)) < 2:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"billing_question", "refund"}
    handoffs.add_note(turn.session, hand_off, f"Of the charge: {turn.heard.text}")
    turn.say("utter_charge_noted")
    ask_again(turn)
    return True
