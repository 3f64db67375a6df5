"""Whether one can come back: a question ends nothing that was begun, and takes nothing back."""

import re

from actions.arranged import arranged_of, say_what_is_arranged
from actions.base import ConversationAction
from actions.questions import ask_again, open_subscriptions
from actions.turn import Turn
from actions.values import case_values, is_at_once, leaving_terms
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_values
from offboarding.hearing.spelling import plain_text

_COMING_BACK = re.compile(
    r"\b(?:can|could|may|might) (?:i|we)(?: \w+)? (?:come back|return|re-?join|sign up again|"
    r"re-?subscribe)\b(?! (?:to|on) )",
    re.IGNORECASE,
)
_BEGUN = frozenset({"reason", "offer", "requested_offer", "confirm"})
_DONE = frozenset({"export", "survey_improve", "survey_return"})


def meet_question_about_coming_back(turn: Turn, _action: ConversationAction) -> bool:
    """Answer it beside the question that is open, which stays so; whether it was asked."""
    customer, case, question = turn.customer, turn.case, turn.slot("open_question")
    if customer is None or case is None or question not in _BEGUN | _DONE or not _asks(turn):
        return False
    turn.set("misunderstood", None)
    turn.answered.add("timeline_or_status")
    if case.state is CaseState.SCHEDULED and not is_at_once(case):
        turn.say("utter_undo_cancelled", case_values(turn, case, customer))
    elif question in _BEGUN:
        _say_whether(turn, customer, case.subscription)
    else:
        turn.say("utter_come_back")
    ask_again(turn)
    return True


def answer_about_coming_back(turn: Turn) -> bool:
    """Answer it where nothing is asked; whether that was all.

    Who has cancelled is rather asked whether to take that back, and who is gone told what is kept.
    """
    customer = turn.customer
    if not _asks(turn):
        return False
    if customer is None:
        turn.set("purpose", "keep")
        turn.ask("email", "utter_come_back_who")
        return True
    held = accounts.subscriptions(turn.session, customer.account_id)
    gone = not held and accounts.ended_last(turn.session, customer.account_id) is not None
    if gone or cases.scheduled_cases(turn.session, customer):
        return False
    arranged = arranged_of(turn, customer)
    for subscription in arranged:
        say_what_is_arranged(turn, customer, subscription)
    if not arranged:
        _say_whether(turn, customer, next(iter(open_subscriptions(turn)), None))
    turn.end()
    return True


def _asks(turn: Turn) -> bool:
    asked = _COMING_BACK.search(plain_text(turn.heard.text)) is not None
    return asked and not turn.heard.pressed


def _say_whether(turn: Turn, customer: Customer, subscription: Subscription | None) -> None:
    """Until when a cancellation could be taken back; where it ends at once, that one may return."""
    terms = leaving_terms(turn, subscription) if subscription is not None else None
    if terms is None or terms.refund is not None:
        return turn.say("utter_come_back")
    return turn.say("utter_undo_until", terms_values(terms, customer))
