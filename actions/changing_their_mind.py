"""A wish within a bare yes or no, and a yes to a question that is closed: neither is dropped.

"No. Do cancel it" is heard as a no when the wish in it is a little less than sure. An
acknowledgement would hide it, and so would going by the no. So would the answer to a question that
was asked in the same breath. Nothing is done on what is taken up here: it leads to a question.
"""

import re

from actions.arranged import has_something_arranged
from actions.base import ConversationAction
from actions.doubt import LEAST_LIKELY_ALONE, MEANINGS
from actions.leaving import recall_reason, start_leaving
from actions.offering import ask_for_offer, decline
from actions.questions import ask_again, ask_confirm, ask_meaning
from actions.turn import Turn
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.hearing.spelling import plain_text

_WHAT_ENDS = (
    r"(?:it|this|(?:my|the|this) (?:plan|subscription|membership|account|contract|trial))"
    r"(?: (?:please|pls|now|then|for me|thanks|thank you))*\W*$"
)
_EITHER = frozenset({"affirm", "deny", "skip"})
_QUESTIONS = frozenset({"timeline_or_status", "billing_question", "refund"})
_AND_END_IT = re.compile(
    r"\?\W*(?:and )?(?:then |please |also |just )*(?:cancel|stop|end|terminate) "
    rf"{_WHAT_ENDS}"
    r"|^(?!.*\b(?:if|happens?|before|after|how to|have to|need to|able to|"
    r"(?:can|could|do|should|may|must) (?:i|we))\b)"
    r".*\band (?:then |please |also |just )*(?:cancel|stop|end|terminate) "
    rf"{_WHAT_ENDS}",
    re.IGNORECASE | re.DOTALL,
)
"""A wish after a question: "when does it end? and stop it". Not "what if I wait and stop it"."""
_MEANT_CANCEL = re.compile(
    r"\b(?:i|we) (?:meant?|said)(?: (?!not\b|don'?t\b|never\b|no\b|if\b)\w+){0,3}? cancel\b"
    r"(?! (?:the |my )?(?:pause|meeting|order))",
    re.IGNORECASE,
)
_DO_IT = re.compile(
    r"\W*(?:(?:wait|no|nah|nope|oh|sorry|actually|ok|okay|hang on|hold on|i mean|i meant|please|"
    r"pls|just|fine|and|well|yes|yeah|then)\W+)*(?:do it|do that|go ahead|go for it)"
    r"(?: (?:please|pls|now|then|anyway|after all))*\W*",
    re.IGNORECASE,
)
"""After a no that was taken, this is no yes to anything; it asks for the question once more."""
_NOTHING_ASKED = frozenset({None, "wish", "meaning"})
_A_NO_DROPS_IT = frozenset({"confirm", "subscription", "email", "code"})
"""Questions on the way to leaving at which a no ends it, so that none beside the wish counts."""
_WISHES = tuple(intent for intent in MEANINGS if intent != "keep_subscription")
"""What may stand beside a no. To keep it is no wish besides: a no often means just that."""
_FOR_LEAVING = frozenset({"affirm", "decline_offer"})
"""Buttons with which one leaves: "Yes, cancel it", and "Cancel it" beside an offer."""


def take_up_wish(turn: Turn, _action: ConversationAction) -> bool:
    """Go on with a wish half heard within a yes, a no or a question; whether there was one."""
    heard, question = turn.heard, turn.slot("open_question")
    if not heard.pressed and heard.leading in _QUESTIONS and question in _NOTHING_ASKED:
        return _begin_beside_question(turn)
    if heard.pressed or heard.leading not in _EITHER:
        return False
    if question in _NOTHING_ASKED and _ask_what_was_declined(turn):
        return True
    wish = _half_heard(turn)
    if wish is None:
        return False
    if question in _NOTHING_ASKED:
        return _begin(turn, wish)
    return wish == "cancel" and heard.leading == "deny" and _stay_with_leaving(turn)


def _ask_what_was_declined(turn: Turn) -> bool:
    """Show once more what they said no to, whoever then says to do it; whether they do."""
    kept, customer = turn.case, turn.customer
    if kept is None or customer is None or _DO_IT.fullmatch(plain_text(turn.heard.text)) is None:
        return False
    if kept.state is not CaseState.KEPT or kept.shown is None or not kept.subscription.renews:
        return False
    if has_something_arranged(kept.subscription):
        return False
    turn.set("misunderstood", None)
    turn.answered.add(turn.heard.leading)
    _reopen(turn, kept, customer)
    return True


def _begin_beside_question(turn: Turn) -> bool:
    """Go on with the wish to leave that ends a question; what was asked is answered beside it."""
    if not _AND_END_IT.search(plain_text(turn.heard.text)):
        return False
    start_leaving(turn)
    return True


def show_anew(turn: Turn, _action: ConversationAction) -> bool:
    """Answer a button for leaving that was pressed after all was kept; whether it was one.

    It agreed to what was shown then. What holds now is shown, and asked again.
    """
    kept, customer = turn.case, turn.customer
    if not turn.heard.pressed or turn.heard.leading not in _FOR_LEAVING:
        return False
    if turn.slot("open_question") is not None or kept is None or customer is None:
        return False
    if kept.state is not CaseState.KEPT or not kept.subscription.renews:
        return False
    if turn.heard.leading == "affirm" and kept.shown is None:
        return False  # a yes to something else
    turn.say("utter_stale_button")
    _reopen(turn, kept, customer)
    return True


def _half_heard(turn: Turn) -> str | None:
    """The likeliest wish, where it is likely enough to be asked about and was not heard surely."""
    ranking = turn.heard.ranking
    if _MEANT_CANCEL.search(plain_text(turn.heard.text)) and "cancel" not in turn.heard.intents:
        return "cancel"
    wish = max(_WISHES, key=lambda name: ranking.get(name, 0.0))
    if ranking.get(wish, 0.0) < LEAST_LIKELY_ALONE or wish in turn.heard.intents:
        return None  # what was heard surely is seen to in any case (actions/besides.py)
    return wish


def _begin(turn: Turn, wish: str) -> bool:
    if wish == "cancel":
        start_leaving(turn)
    elif wish in {"pause", "change_plan"}:
        ask_for_offer(turn, "pause" if wish == "pause" else "change_plan")
    elif turn.slot("open_question") == "meaning":
        return False  # it was asked about a moment ago
    else:
        ask_meaning(turn, [wish])
    return True


def _stay_with_leaving(turn: Turn) -> bool:
    """Keep to the question on the way to leaving that a bare no would have ended."""
    question, case = turn.slot("open_question"), turn.undecided_case
    if question in _A_NO_DROPS_IT:
        ask_again(turn)
        return True
    if question == "requested_offer" and case is not None:
        decline(turn, case)
        return True
    return False


def _reopen(turn: Turn, kept: Case, customer: Customer) -> None:
    case = cases.open_case(turn.session, customer, kept.subscription, turn.conversation_id)
    turn.set("purpose", "leave")
    turn.turn_to(case)
    recall_reason(turn, case)
    ask_confirm(turn)
