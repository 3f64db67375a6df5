"""A request about money that is with a person: who asks after the money hears how it stands."""

import re

from actions.awaiting import mail_values, say_how_it_stands
from actions.base import ConversationAction
from actions.disputed_charges import disputes_charge
from actions.questions import ask_again
from actions.special_questions import ARRIVAL, asks_what_comes_back
from actions.turn import Turn
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.hearing.spelling import plain_text

_ABOUT_MONEY = frozenset({HandOffCause.DISPUTED_CHARGE, HandOffCause.BEYOND_POLICY})
_THEIR_MONEY = re.compile(
    r"\b(?:refund(?:ed|s)?|reimburs\w+|my money|money back|paid back|pay (?:me|it|that) back|"
    r"(?:double|wrong|second|duplicate) (?:charge|payment))\b",
    re.IGNORECASE,
)
_OPENING = r"^\W*(?:(?:ok|okay|so|and|but|hello|hi|hey|well|now|then|wait|sorry|please)\W+)*"
_ASKS = re.compile(
    rf"\?|{_OPENING}(?:is|are|has|have|will|would|do|does|did|can|could|when|where|what|how|who|"
    r"any|my|the)\b",
    re.IGNORECASE,
)
_WISHES = frozenset({"refund"})
_TAKEN_FOR = frozenset(
    {
        "refund",
        "billing_question",
        "timeline_or_status",
        "human",
        "out_of_scope",
        "nlu_fallback",
        "reason_support",
        "reason_other",
        "thanks",
    }
)
"""What a question after the money is heard as."""
_OWN_QUESTIONS = frozenset({"confirm", "contact_email", "email", "code"})
"""Where words about money may choose how to leave, or whose answer is waited for."""


def meet_question_after_the_money(turn: Turn, action: ConversationAction) -> bool:
    """Say how their request about money stands, to who asks after it; whether they did."""
    heard, hand_off = turn.heard, _open_request(turn)
    if heard.pressed or hand_off is None or heard.leading not in _TAKEN_FOR:
        return False
    said = plain_text(heard.text)
    if _THEIR_MONEY.search(said) is None or disputes_charge(said) or asks_what_comes_back(said):
        return False
    asks = _ASKS.search(said) is not None
    if turn.slot("open_question") in _OWN_QUESTIONS and not asks:
        return False
    if not asks and (action.takes_all_words or heard.leading not in _WISHES):
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"refund", "billing_question", "timeline_or_status", "human", ARRIVAL}
    _say_how_it_stands(turn, hand_off)
    ask_again(turn)
    return True


def _open_request(turn: Turn) -> HandOff | None:
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    return hand_off if hand_off is not None and hand_off.cause in _ABOUT_MONEY else None


def _say_how_it_stands(turn: Turn, hand_off: HandOff) -> None:
    customer = turn.customer
    contact = customer.email if customer is not None else hand_off.contact_email
    turn.say("utter_money_with_a_person")
    if turn.desk is not None:
        say_how_it_stands(turn, turn.desk, hand_off, contact, again=True)
    elif contact is None:
        turn.say("utter_person_requested", {"number": hand_off.number})
    else:
        turn.say("utter_person_already_requested", mail_values(turn, hand_off, contact))
