"""Several plans in one wish: begun with one, and when that is settled the next is offered."""

from collections.abc import Sequence

from actions.questions import ask_confirm, open_subscriptions
from actions.turn import Turn
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case


def note_plans_to_go(turn: Turn, chosen: Sequence[Subscription]) -> None:
    """Keep all but the first of the plans that were meant, for later."""
    keep_for_later(turn, chosen[1:])


def keep_for_later(turn: Turn, subscriptions: Sequence[Subscription]) -> None:
    """Keep these plans for when the one that is talked about is settled."""
    turn.set("plans_to_go", [each.id for each in subscriptions] or None)


def go_to_next_plan(turn: Turn, customer: Customer) -> bool:
    """Show what cancelling the next plan would mean, if there is one; whether there was."""
    case = open_next_plan(turn, customer)
    if case is not None:
        ask_confirm(turn)
    return case is not None


def open_next_plan(turn: Turn, customer: Customer) -> Case | None:
    """Turn to the next plan that was meant, if there is one."""
    waiting = list(turn.slot("plans_to_go") or [])
    choices = {each.id: each for each in open_subscriptions(turn)}
    subscription = next((choices[each] for each in waiting if each in choices), None)
    if subscription is None:
        return None
    rest = [each for each in waiting if each != subscription.id]
    turn.set("plans_to_go", rest or None)
    before = turn.case
    case = cases.open_case(turn.session, customer, subscription, turn.conversation_id)
    turn.turn_to(case)
    if case.reason is None and before is not None:
        cases.record_reason(turn.session, case, before.reason, before.reason_words)
    if before is not None and before.runs_out:
        turn.set("wished_way", "run_out")  # as the one before; each can be chosen anew
    turn.say("utter_next_plan", {"plan": subscription.plan.name})
    return case
