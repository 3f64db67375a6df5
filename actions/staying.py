"""Never mind, keep it, undo it."""

from actions.base import ConversationAction
from actions.consent import TAKING_BACK
from actions.questions import ask_undo
from actions.turn import Turn
from actions.values import payment_values
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.errors import TransitionError


class Keep(ConversationAction):
    """They would rather stay, or drop what was begun."""

    action_name = "action_keep"

    def act(self, turn: Turn) -> None:
        """See the class."""
        keep(turn)


def keep(turn: Turn) -> None:
    """Drop what was begun; if something was cancelled, ask whether to take that back."""
    customer, case = turn.customer, turn.case
    if customer is None and turn.slot("open_question") is None:
        turn.set("purpose", "keep")
        return turn.ask("email", "utter_keep_or_undo")
    if customer is None:
        turn.set("purpose", None)
        turn.say("utter_never_mind")
        return turn.nothing_open()
    if case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}:
        cases.keep(turn.session, case)
        return _say_kept(turn, case, customer)
    scheduled = cases.scheduled_cases(turn.session, customer)
    if case is not None and case.state is CaseState.SCHEDULED:
        return ask_undo(turn)
    if len(scheduled) == 1:
        scheduled[0].conversation_id = turn.conversation_id
        turn.session.flush()
        return ask_undo(turn)
    turn.say("utter_never_mind")
    return turn.nothing_open()


class ConfirmUndo(ConversationAction):
    """They said yes: the cancellation is taken back."""

    action_name = "action_confirm_undo"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case, customer = turn.case, turn.customer
        if case is None or customer is None or case.state is not CaseState.SCHEDULED:
            return keep(turn)
        if not turn.heard.agrees(TAKING_BACK, case.subscription.plan.name):
            return ask_undo(turn)
        try:
            workflow.undo(turn.session, case, customer, billing=turn.billing)
        except TransitionError:  # its last day is over since we asked
            turn.say("utter_ended_already", {"plan": case.subscription.plan.name})
            return turn.nothing_open()
        return _say_undone(turn, case, customer)


class DeclineUndo(ConversationAction):
    """They said no: it stays cancelled."""

    action_name = "action_decline_undo"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_stays_cancelled")
        turn.nothing_open()


def _say_kept(turn: Turn, case: Case, customer: Customer) -> None:
    values = payment_values(case.subscription, customer, turn.billing)
    turn.say("utter_kept_paid" if "next_amount" in values else "utter_kept_free", values)
    turn.nothing_open()


def _say_undone(turn: Turn, case: Case, customer: Customer) -> None:
    values = payment_values(case.subscription, customer, turn.billing)
    values |= {"case_number": case.number, "email": customer.email}
    turn.say("utter_undone_paid" if "next_amount" in values else "utter_undone_free", values)
    turn.nothing_open()
