"""Decided elsewhere, while this talk waited for the answer: by staff, on the page, in a talk.

What was done there is never done again, or otherwise, by an answer that comes later: they are told.
Nor is it where it was taken back since: that was decided last.
"""

from actions.leaving import say_already_cancelled
from actions.questions import ask_wish
from actions.staying import say_ended, say_undone_before
from actions.turn import Turn
from actions.values import case_values, is_at_once, leaving_values
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState


def tell_of_decision(turn: Turn, *, wished: str | None = None) -> bool:
    """Say of the plan this talk waits for an answer about that it is cancelled, or was undone.

    `wished` is the way to leave that the answer chooses, if it chooses one. Returns whether it was
    decided, and so whether they are told.
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
        _say_undone(turn, case, customer, leaves=wished is not None)
    else:
        _say_how(turn, case, customer, wished)
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


def _say_how(turn: Turn, case: Case, customer: Customer, wished: str | None) -> None:
    if case.state is CaseState.ENDED and not is_at_once(case):
        return say_ended(turn, customer, case.subscription)
    if wished == "at_once" and not is_at_once(case):
        values = leaving_values(turn, case.subscription, customer)
        if "money_back" in values:
            turn.say("utter_cancelled_other_way", {**values, **case_values(turn, case, customer)})
            turn.answered |= {"billing_question", "timeline_or_status"}
            return turn.nothing_open()
    return say_already_cancelled(turn, case, customer)
