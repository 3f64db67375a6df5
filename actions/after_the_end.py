"""After the end: what becomes of the content, of the invoices and of money that is paid back."""

from actions.special_questions import ARRIVAL, CONTENT, UNDOING
from actions.turn import Turn
from actions.values import case_values, leaving_terms, leaving_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json, terms_values
from offboarding.erasure.service import erased_at, kept_until
from offboarding.hearing.hard_moments import HardMoment
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.service import step_of
from offboarding.wording import date_text


def answer_about_ended(
    turn: Turn, thing: str, customer: Customer, ended: Subscription | None = None
) -> None:
    """Answer about a plan that has ended, else about the one that did last.

    `thing` is an intent, or a special question.
    """
    ended = ended or accounts.ended_last(turn.session, customer.account_id)
    if ended is None:
        return _say_nothing_is_left(turn)
    case = cases.case_of_end(turn.session, ended)
    if thing in {"data_delete", CONTENT}:
        return _say_deletion(turn, customer, ended, case)
    if thing == UNDOING:
        return turn.say("utter_undo_ended", {"plan": ended.plan.name})
    if thing in {"refund", ARRIVAL}:
        if not tell_of_refund_agreed(turn, customer, case, asks_when=thing == ARRIVAL):
            turn.say("utter_refund_not_agreed", {"plan": ended.plan.name})
        return None
    if thing == "timeline_or_status" and case is not None and _is_kept(turn, customer):
        return turn.say("utter_timeline_ended", case_values(turn, case, customer))
    return _say_nothing_is_left(turn)


def tell_of_refund_agreed(
    turn: Turn, customer: Customer, case: Case | None, *, asks_when: bool
) -> bool:
    """Tell of the refund that was agreed in a case; whether there is one.

    Who asks when it comes is told the day on which it was paid back, once it was.
    """
    if case is None or case.confirmed_at is None or case.shown is None:
        return False
    if terms_from_json(case.shown).refund is None:
        return False
    values = case_values(turn, case, customer)
    paid = step_of(turn.session, case.id, StepKind.REFUND)
    if not asks_when:
        turn.say("utter_refund_agreed", values)
    elif paid is not None and paid.state is StepState.DONE and paid.over_at is not None:
        turn.say("utter_refund_sent", {**values, "sent_on": date_text(paid.over_at, customer)})
    else:
        turn.say("utter_refund_under_way", values)
    return True


def say_deletion_cancelled(
    turn: Turn, customer: Customer, subscription: Subscription, case: Case | None
) -> None:
    """What becomes of the content of a plan that is cancelled and has not ended."""
    if case is not None and case.state is CaseState.SCHEDULED:
        values = case_values(turn, case, customer)
    else:  # by the company, without a case
        values = leaving_values(turn, subscription, customer)
    if turn.slot("hard_moment") == HardMoment.DANGER:
        return turn.say("utter_deletion_in_danger_cancelled", values)
    free = "_free" if subscription.plan.free else ""
    return turn.say(f"utter_deletion_cancelled{free}", values)


def say_when_money_comes(turn: Turn, customer: Customer, subscription: Subscription) -> bool:
    """Tell who asks before the yes when money comes back; whether any is to."""
    terms = leaving_terms(turn, subscription)
    if terms.refund is None:
        return False
    turn.say("utter_refund_when_leaving", terms_values(terms, customer))
    return True


def _say_deletion(turn: Turn, customer: Customer, ended: Subscription, case: Case | None) -> None:
    if case is not None and _is_kept(turn, customer):
        free = "_free" if ended.plan.free else ""
        return turn.say(f"utter_deletion_ended{free}", case_values(turn, case, customer))
    due = erased_at(turn.session, customer.account_id) is not None
    name = "utter_deletion_due" if due else "utter_deletion_not_known"
    return turn.say(name, {"plan": ended.plan.name})


def _is_kept(turn: Turn, customer: Customer) -> bool:
    """Whether the content is there, with a day until which it is or a plan that keeps it."""
    if accounts.subscriptions(turn.session, customer.account_id):
        return True
    return kept_until(turn.session, customer.account_id) is not None


def _say_nothing_is_left(turn: Turn) -> None:
    """Say once in an answer that there is no plan, and nothing will be charged."""
    if all(each["response"] != "utter_nothing_to_cancel" for each in turn.messages):
        turn.say("utter_nothing_to_cancel")
