"""What holds now, to whoever drops a wish: "nothing was changed" only where nothing was."""

from actions.arranged import arranged_values, has_something_arranged, say_what_is_arranged, what_is
from actions.turn import Turn
from actions.values import case_values, payment_values
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import PROMISED, CaseState
from offboarding.offers import service as offers
from offboarding.offers.model import OfferAnswer


def say_nothing_changed(turn: Turn) -> None:
    """Say that nothing was changed; in a talk in which something was, say what holds of it."""
    customer, changed = turn.customer, changed_in_talk(turn)
    if changed is None:
        return turn.say("utter_never_mind")
    if customer is None:
        return turn.say("utter_understood")
    return say_what_holds(turn, customer, changed)


def changed_in_talk(turn: Turn) -> Case | None:
    """The case of this talk by which something was cancelled, taken back or agreed last."""
    of_talk = cases.cases_in_conversation(turn.session, turn.conversation_id)
    customer = turn.customer
    if customer is not None:
        account = customer.account_id
        of_talk = [case for case in of_talk if case.subscription.account_id == account]
    changed = [case for case in of_talk if _changed(turn, case)]
    return max(
        changed,
        key=lambda case: case.closed_at or case.confirmed_at or case.opened_at,
        default=None,
    )


def _changed(turn: Turn, case: Case) -> bool:
    if case.state is not CaseState.KEPT:
        return case.state in {*PROMISED, CaseState.UNDONE}
    offer = offers.offer_of(turn.session, case)
    return offer is not None and offer.answer is OfferAnswer.ACCEPTED


def say_what_holds(turn: Turn, customer: Customer, case: Case) -> None:
    """Say whether and how the plan of a case goes on, and on which day what is charged for it."""
    subscription = case.subscription
    if has_something_arranged(subscription):
        return say_what_is_arranged(turn, customer, subscription)
    if subscription.renews:
        values = payment_values(subscription, customer, turn.billing)
        kind = "paid" if "next_amount" in values else "free"
        return turn.say(f"utter_goes_on_{kind}", values)
    if case.state is not CaseState.SCHEDULED:  # it is over, or was cancelled elsewhere since
        return turn.say("utter_understood")
    return turn.say("utter_timeline_cancelled", case_values(turn, case, customer))


def say_briefly_what_holds(turn: Turn, customer: Customer, case: Case) -> None:
    """The same in few words, before what cancelling would mean."""
    subscription = case.subscription
    if has_something_arranged(subscription):
        values = arranged_values(turn, customer, subscription)
        return turn.say(f"utter_holds_{what_is(subscription)}", values)
    name = "utter_back_undone" if case.state is CaseState.UNDONE else "utter_back_not_cancelled"
    return turn.say(name, {"plan": subscription.plan.name})
