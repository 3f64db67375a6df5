"""Taking back a pause or another plan that was agreed, before it begins."""

import re

from actions.arranged import arranged_of, offer_to_take_back, say_what_is_arranged, wants_back
from actions.base import ConversationAction
from actions.consent import TAKING_BACK_WHAT_WAS_AGREED
from actions.naming import named
from actions.questions import ask_undo
from actions.special_questions import UNDOING
from actions.turn import Turn
from actions.values import payment_values
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.hearing.spelling import plain_text
from offboarding.offers import taking_back

_UNDO_IT = re.compile(
    r"(?:^|[,.;!?] ?|\b(?:and|so|please|pls|just|now|wait|no|you|want to|need to) )"
    r"(?:undo|reverse|revert|take back)(?: (?:it|that|this|(?:the|my) cancellation))?"
    r"(?: (?:please|pls|now|again|for me))*\W*$"
    r"|(?:^|[,.;!?] ?|\b(?:and|so|please|pls|just|now|wait|no|you) )"
    r"take (?:it|that|this|(?:the|my) cancellation) back(?: (?:please|pls|now|again))*\W*$",
    re.IGNORECASE,
)
_NOT_UNDO = re.compile(
    r"(?:n'?t|\bnot|\bnever|\bhow|\bwhen|\bif|\b(?:can|could|do|should) i)\b[^.!?,;]{0,20}"
    r"\b(?:undo|reverse|revert|take)",
    re.IGNORECASE,
)
_AFTER_THE_YES = frozenset({None, "wish", "meaning", "export"})
_WISHES_ELSE = frozenset({"cancel", "pause", "change_plan", "human", "refund", "keep_subscription"})
_MAY_BE_SAID = frozenset({None, "wish", "meaning", "undo"})


def take_back_in_words(turn: Turn, _action: ConversationAction) -> bool:
    """Ask whether to take back what was agreed, where the words want that; whether they did."""
    question, customer = turn.slot("open_question"), turn.customer
    if turn.heard.pressed or customer is None or question not in _MAY_BE_SAID:
        return False
    if turn.undecided_case is not None or not wants_back(turn, customer):
        return False
    turn.set("misunderstood", None)
    turn.answered |= {UNDOING, "timeline_or_status", "billing_question"}
    return (question == "undo" and confirm_taking_back(turn)) or ask_to_take_back(turn)


def ask_to_undo_in_words(turn: Turn, _action: ConversationAction) -> bool:
    """Ask whether to take a cancellation back, of who wants that beside what is not understood."""
    customer, said = turn.customer, plain_text(turn.heard.text)
    if turn.heard.pressed or customer is None or turn.undecided_case is not None:
        return False
    if turn.slot("open_question") not in _AFTER_THE_YES or turn.heard.leading in _WISHES_ELSE:
        return False
    if _UNDO_IT.search(said) is None or _NOT_UNDO.search(said) is not None:
        return False
    scheduled = cases.scheduled_cases(turn.session, customer)
    if not scheduled:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {UNDOING, turn.heard.leading}
    here = turn.case
    turn.turn_to(here if here is not None and here in scheduled else scheduled[0])
    ask_undo(turn)
    return True


def ask_to_take_back(turn: Turn) -> bool:
    """Ask whether to take back what is arranged of the plan they mean; whether something is.

    What has begun, or was arranged elsewhere, is for a person, and that is said.
    """
    customer = turn.customer
    arranged = arranged_of(turn, customer) if customer is not None else []
    if customer is None or not arranged:
        return False
    plan = named(turn.heard.text, arranged) or arranged[0]
    offer = taking_back.to_be_taken_back(turn.session, plan)
    if offer is None:
        say_what_is_arranged(turn, customer, plan)
        turn.end()
    else:
        turn.turn_to(turn.session.get_one(Case, offer.case_id))
        ask_undo(turn)
    return True


def confirm_taking_back(turn: Turn) -> bool:
    """Take it back, if that is what they said yes to; whether something can be taken back."""
    case, customer = turn.case, turn.customer
    offer = offer_to_take_back(turn, case) if case is not None else None
    if case is None or customer is None or offer is None:
        return False
    if not turn.heard.agrees(TAKING_BACK_WHAT_WAS_AGREED, case.subscription.plan.name):
        ask_undo(turn)
        return True
    taking_back.take_back(turn.session, offer, customer, billing=turn.billing)
    values = payment_values(case.subscription, customer, turn.billing)
    values |= {"case_number": case.number, "email": customer.email}
    turn.say("utter_taken_back", values)
    turn.end()
    return True
