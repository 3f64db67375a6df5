"""Taking back a pause or another plan that was agreed, before it begins."""

from actions.arranged import arranged_of, offer_to_take_back, say_what_is_arranged, wants_back
from actions.base import ConversationAction
from actions.consent import TAKING_BACK_WHAT_WAS_AGREED
from actions.naming import named
from actions.questions import ask_undo
from actions.special_questions import UNDOING
from actions.turn import Turn
from actions.values import payment_values
from offboarding.cases.model import Case
from offboarding.offers import taking_back

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
