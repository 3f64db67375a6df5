"""What, when and how much: answered from the account's own data, then back to where we were."""

from collections.abc import Callable

from actions.base import ConversationAction
from actions.questions import ask_again, ask_who
from actions.turn import Purpose, Turn
from actions.values import case_values, leaving_values, payment_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases

Say = Callable[[Turn, Customer, Subscription], None]


def answer(turn: Turn, purpose: Purpose) -> None:
    """Answer a question about each subscription it can be about."""
    customer = turn.customer
    if customer is None:
        return ask_who(turn, purpose)
    found = _in_question(turn, customer)
    for subscription in found:
        _SAY[purpose](turn, customer, subscription)
    if not found:
        turn.say("utter_nothing_to_cancel")
    return ask_again(turn)


def _in_question(turn: Turn, customer: Customer) -> list[Subscription]:
    """The subscription the talk is about; before there is a case, all there are."""
    case = turn.case
    if case is not None and case.active:
        return [case.subscription]
    return list(accounts.subscriptions(turn.session, customer.account_id))


def _timeline(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    case = cases.active_case(turn.session, subscription)
    if case is not None and subscription.cancel_at is not None:
        return turn.say("utter_timeline_cancelled", case_values(case, customer))
    values = leaving_values(subscription, customer, turn.billing, turn.policies)
    return turn.say("utter_timeline", values)


def _billing(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    values = payment_values(subscription, customer, turn.billing)
    paid = "last" if "last_amount" in values else "no_last"
    due = "next" if "next_amount" in values else "no_next"
    turn.say(f"utter_billing_{paid}_{due}", values)


def say_refund(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """What there is to say about money back for a subscription."""
    values = {
        **leaving_values(subscription, customer, turn.billing, turn.policies),
        **payment_values(subscription, customer, turn.billing),
    }
    turn.say("utter_refund" if "last_amount" in values else "utter_refund_none", values)


def _deletion(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    values = leaving_values(subscription, customer, turn.billing, turn.policies)
    turn.say("utter_deletion_free" if subscription.plan.free else "utter_deletion", values)


_SAY: dict[Purpose, Say] = {
    "timeline": _timeline,
    "billing": _billing,
    "refund": say_refund,
    "delete": _deletion,
}


class AnswerTimeline(ConversationAction):
    """When does it end, how long does it take, where does it stand?"""

    action_name = "action_answer_timeline"

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer(turn, "timeline")


class AnswerBilling(ConversationAction):
    """What was charged, what will be?"""

    action_name = "action_answer_billing"

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer(turn, "billing")


class AnswerRefund(ConversationAction):
    """Is there money back?"""

    action_name = "action_answer_refund"

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer(turn, "refund")


class AnswerDeletion(ConversationAction):
    """What becomes of their data?"""

    action_name = "action_answer_deletion"

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer(turn, "delete")
