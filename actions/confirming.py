"""The yes, and what is done with it."""

from actions.arranged import has_something_arranged, say_what_is_arranged
from actions.base import ConversationAction
from actions.consent import CANCELLING
from actions.decided_elsewhere import tell_of_decision
from actions.leaving import go_on_leaving
from actions.mail_not_safe import mail_may_be_read
from actions.one_after_the_other import go_to_next_plan
from actions.questions import ask_confirm, ask_wish
from actions.standing import say_nothing_changed
from actions.surveying import begin_survey
from actions.turn import Turn
from actions.values import cancelling_as_shown, case_values
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.receipts.service import receipt_link


class ConfirmCancellation(ConversationAction):
    """They said yes to what was shown: cancel it, give the receipt, offer the data."""

    action_name = "action_confirm_cancellation"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if tell_of_decision(turn, wished=turn.slot("shown_way")):
            return None
        case, customer = turn.case, turn.customer
        if case is None or customer is None:
            return go_on_leaving(turn)
        if case.state is not CaseState.SHOWN:
            return ask_wish(turn)
        if turn.heard.pressed and turn.heard.leading != "affirm":
            return ask_confirm(turn)  # a button of something said since; this one shows the terms
        agrees = turn.heard.agrees(cancelling_as_shown(case), case.subscription.plan.name)
        if agrees and turn.slot("which_way") != case.id:
            return _carry_out(turn, case, customer)
        if agrees:
            turn.say("utter_yes_fits_both")
        return ask_confirm(turn, again=True)


def take_yes_with_the_money(turn: Turn, _action: ConversationAction) -> bool:
    """Take "yes, give me my money back" for the yes it is to just that; whether it was one."""
    case = turn.undecided_case
    if turn.heard.pressed or case is None or turn.slot("open_question") != "confirm":
        return False
    if "refund" not in turn.heard.intents or turn.slot("which_way") == case.id:
        return False
    act = cancelling_as_shown(case)
    if act is CANCELLING or not turn.heard.agrees(act, case.subscription.plan.name):
        return False
    turn.set("misunderstood", None)
    turn.answered.add("refund")
    ConfirmCancellation().act(turn)
    return True


def _carry_out(turn: Turn, case: Case, customer: Customer) -> None:
    try:
        receipt = workflow.confirm(
            turn.session,
            case,
            customer,
            billing=turn.billing,
            policies=turn.policies,
            source="chat",
        )
    except TermsChangedError:
        turn.say("utter_terms_changed")
        return ask_confirm(turn)
    values, terms = case_values(turn, case, customer), terms_from_json(receipt.document)
    link = {"receipt_url": receipt_link(receipt.id, turn.settings)}
    turn.say(f"utter_cancelled_{terms.kind}", {**values, **link, "email": customer.email})
    turn.set("cancelled_in_talk", case.id)
    if go_to_next_plan(turn, customer):
        return None
    return after_cancelling(turn)


def after_cancelling(turn: Turn) -> None:
    """A copy of the data, unless they have asked for it already; then the two questions.

    Whose mail may be read by another is offered none: its link goes there.
    """
    if turn.slot("export_started") or mail_may_be_read(turn):
        return begin_survey(turn)
    return turn.ask("export", "utter_ask_export")


class DeclineConfirmation(ConversationAction):
    """They said no to what was shown: nothing is cancelled."""

    action_name = "action_decline_confirmation"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if tell_of_decision(turn):
            return None
        case, customer = turn.case, turn.customer
        if case is None or customer is None:
            say_nothing_changed(turn)
            return turn.end()
        if case.state in {CaseState.OPEN, CaseState.SHOWN}:
            cases.keep(turn.session, case)
        plan = {"plan": case.subscription.plan.name}
        before = turn.slot("cancelled_in_talk")
        several = before or turn.slot("plans_to_go")
        if has_something_arranged(case.subscription):  # it does not go on as before
            say_what_is_arranged(turn, customer, case.subscription)
        else:
            turn.say("utter_this_one_stays" if several else "utter_nothing_was_cancelled", plan)
        if go_to_next_plan(turn, customer):
            return None
        return after_cancelling(turn) if before else turn.end()
