"""Decided elsewhere, while this talk waited for the answer: by staff, on the page, in a talk.

What was done there is never done again, or otherwise, by an answer that comes later: they are told.
Nor is it where it was taken back since: that was decided last.
"""

from actions.base import ConversationAction
from actions.leaving import say_already_cancelled
from actions.questions import ask_wish
from actions.staying import say_ended, say_undone_before
from actions.turn import Turn
from actions.values import case_values, is_at_once, leaving_values
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import PROMISED, CaseState

_BEFORE_THE_CARD = frozenset({"reason", "offer", "requested_offer"})
_NO_ANSWERS = frozenset(
    {
        "human",
        "timeline_or_status",
        "billing_question",
        "refund",
        "data_export",
        "data_delete",
        "bot_challenge",
        "goodbye",
    }
)
"""What is asked or wished whatever was decided: it is answered by what holds now."""


def meet_what_was_decided_elsewhere(turn: Turn, _action: ConversationAction) -> bool:
    """Answer what was said to a reason or an offer asked for too late; whether that was all.

    The question goes in any case: nothing is offered, and no reason asked, after the end is sealed.
    """
    if turn.slot("open_question") not in _BEFORE_THE_CARD:
        return False
    case = _asked_about(turn)
    if case is None or case.state not in {*PROMISED, CaseState.UNDONE}:
        return False
    if turn.heard.leading in _NO_ANSWERS and not turn.heard.pressed:
        turn.nothing_open()
        return False
    return tell_of_decision(turn, name="utter_cancelled_meanwhile", asks=True)


def tell_of_decision(
    turn: Turn,
    *,
    wished: str | None = None,
    name: str = "utter_already_cancelled",
    asks: bool = False,
) -> bool:
    """Say of the plan this talk waits for an answer about that it is cancelled, or was undone.

    `wished` is the way to leave that the answer chooses, if it chooses one; `name` the response
    that says it of one that goes no other way; `asks` whether they are asked what they wish where
    it was undone, as is whoever chooses a way. Returns whether it was decided, and so whether they
    are told.
    """
    customer, case = turn.customer, _asked_about(turn)
    if customer is None or case is None or case.subscription.account_id != customer.account_id:
        return False
    cases.lock(turn.session, case)  # whoever is at it in this instant is done before we look
    if case.state is CaseState.UNDONE:
        case = cases.case_of_end(turn.session, case.subscription) or case
    if case.state not in {CaseState.SCHEDULED, CaseState.ENDED, CaseState.UNDONE}:
        return False
    turn.set("misunderstood", None)
    if case.state is CaseState.UNDONE:
        _say_undone(turn, case, customer, leaves=asks or wished is not None)
    elif not _say_what_differs(turn, case, customer, wished):
        say_already_cancelled(turn, case, customer, name)
    return True


def _asked_about(turn: Turn) -> Case | None:
    """The case of this talk, also where a page or another talk has turned to it since."""
    asked = turn.slot("case_in_talk")
    return (turn.session.get(Case, asked) if asked else None) or turn.case


def _say_undone(turn: Turn, case: Case, customer: Customer, *, leaves: bool) -> None:
    """Say that it was taken back, and ask those anew who answered that they leave."""
    say_undone_before(turn, case, customer)
    if leaves:
        return ask_wish(turn)
    return turn.end()


def _say_what_differs(turn: Turn, case: Case, customer: Customer, wished: str | None) -> bool:
    """Say that it is over, or was cancelled in the other way than is wished; whether it is so."""
    if case.state is CaseState.ENDED and not is_at_once(case):
        say_ended(turn, customer, case.subscription)
        return True
    if wished != "at_once" or is_at_once(case):
        return False
    values = leaving_values(turn, case.subscription, customer)
    if "money_back" not in values:
        return False
    turn.say("utter_cancelled_other_way", {**values, **case_values(turn, case, customer)})
    turn.answered |= {"billing_question", "timeline_or_status"}
    turn.nothing_open()
    return True
