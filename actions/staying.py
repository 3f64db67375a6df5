"""Never mind, keep it, undo it."""

import re
from collections.abc import Sequence

from actions.arranged import has_something_arranged, say_what_is_arranged
from actions.base import ConversationAction
from actions.cancelling_after_all import cancel_after_all, wants_it_left_cancelled
from actions.coming_back import answer_about_coming_back
from actions.consent import TAKING_BACK
from actions.naming import named
from actions.questions import ask_again, ask_undo
from actions.special_questions import says_it_was_cancelled
from actions.standing import say_nothing_changed, say_what_holds
from actions.surveying import skip_survey_question
from actions.taking_back import ask_to_take_back, confirm_taking_back
from actions.turn import Turn
from actions.values import case_values, payment_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.erasure.service import kept_until
from offboarding.errors import TransitionError
from offboarding.wording import until_text

_SURVEY = frozenset({"survey_improve", "survey_return"})
_WAVES_OFF = re.compile(
    r"\W*(?:(?:oh|no|nah|ok)\W+)*(?:never ?mind|forget it|leave it|drop it)(?: (?:it|please))?\W*",
    re.IGNORECASE,
)
"""After a cancellation this turns away from the question, not from the cancellation."""
_SAYING_WHO = frozenset({"email", "code"})
_UNDO = re.compile(
    r"\W*(?:(?:oh|no|wait|please)\W+)*(?:undo|reverse)(?: (?:it|that|this|please))*\W*",
    re.IGNORECASE,
)
_NO = re.compile(r"\W*(?:no|nope|nah|not|neither|none)\b", re.IGNORECASE)
"""How an answer begins that is a no, whatever follows it."""


class Keep(ConversationAction):
    """They would rather stay, or drop what was begun."""

    action_name = "action_keep"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.slot("open_question") in _SURVEY and _WAVES_OFF.fullmatch(turn.heard.text):
            return skip_survey_question(turn)
        if not take_no_to_the_others(turn) and not answer_about_coming_back(turn):
            keep(turn)
        return None


def take_no_to_the_others(turn: Turn) -> bool:
    """Take a no to what is left beside a plan that is cancelled; whether it was one.

    It takes nothing back of the one that is cancelled.
    """
    customer = turn.customer
    asked = turn.slot("open_question") == "subscription" and turn.undecided_case is None
    says_no = turn.heard.leading == "deny" or _NO.match(turn.heard.text) is not None
    if customer is None or not asked or not says_no:
        return False
    if not cases.scheduled_cases(turn.session, customer):
        return False
    turn.say("utter_understood")
    turn.end()
    return True


def keep(turn: Turn) -> None:
    """Drop what was begun; if something was cancelled, ask whether to take that back."""
    customer, case = turn.customer, turn.case
    if customer is None and turn.slot("open_question") is None:
        turn.set("purpose", "keep")
        return turn.ask("email", "utter_keep_or_undo")
    if customer is None:
        say_nothing_changed(turn)
        return ask_again(turn) if _undoes_nothing(turn) else turn.end()
    if case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}:
        cases.keep(turn.session, case)
        return _say_kept(turn, case, customer)
    scheduled = _meant(turn, cases.scheduled_cases(turn.session, customer))
    if scheduled is not None:
        return _keep_cancelled(turn, scheduled)
    ended = accounts.ended_last(turn.session, customer.account_id)
    if ended is not None and not accounts.subscriptions(turn.session, customer.account_id):
        return say_ended(turn, customer, ended)
    if not turn.heard.pressed and says_it_was_cancelled(turn.heard.text):
        turn.say("utter_nothing_is_cancelled")
    return _keep_all(turn)


def _undoes_nothing(turn: Turn) -> bool:
    """Whether they say undo where they are asked who they are: their wish stays as it was."""
    asked = turn.slot("open_question") in _SAYING_WHO and not turn.heard.pressed
    return asked and _UNDO.fullmatch(turn.heard.text) is not None


def _keep_cancelled(turn: Turn, scheduled: Case) -> None:
    if wants_it_left_cancelled(turn.heard.text):
        turn.say("utter_stays_cancelled")
        return turn.end()
    turn.turn_to(scheduled)
    return ask_undo(turn)


def _keep_all(turn: Turn) -> None:
    """Nothing is cancelled: what was agreed may be taken back, or is to be cancelled after all."""
    if cancel_after_all(turn):
        return
    if _WAVES_OFF.fullmatch(turn.heard.text) or not ask_to_take_back(turn):
        say_nothing_changed(turn)
        turn.end()


def _meant(turn: Turn, scheduled: Sequence[Case]) -> Case | None:
    """Of several cancellations the one to take back: the plan named, else the one talked about."""
    plan = named(turn.heard.text, [case.subscription for case in scheduled])
    of_plan = next((case for case in scheduled if case.subscription is plan), None)
    here = next((case for case in scheduled if case is turn.case), None)
    return of_plan or here or next(iter(scheduled), None)


class ConfirmUndo(ConversationAction):
    """They said yes: the cancellation is taken back."""

    action_name = "action_confirm_undo"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if confirm_taking_back(turn):
            return None
        case, customer = turn.case, turn.customer
        if case is None or customer is None:
            return keep(turn)
        if case.state is CaseState.UNDONE and case.subscription.renews:
            say_undone_before(turn, case, customer)
            return turn.end()
        if case.state is not CaseState.SCHEDULED:
            return keep(turn)
        return _undo(turn, case, customer)


def _undo(turn: Turn, case: Case, customer: Customer) -> None:
    if not turn.heard.agrees(TAKING_BACK, case.subscription.plan.name):
        return ask_undo(turn)
    try:
        workflow.undo(turn.session, case, customer, billing=turn.billing)
    except TransitionError:  # its last day is over since we asked
        return say_ended(turn, customer, case.subscription)
    return _say_undone(turn, case, customer)


class DeclineUndo(ConversationAction):
    """They said no: it stays cancelled."""

    action_name = "action_decline_undo"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case, customer = turn.case, turn.customer
        if case is None or customer is None or case.state is CaseState.SCHEDULED:
            turn.say("utter_stays_cancelled")
        elif cancel_after_all(turn):
            return None
        else:
            say_what_holds(turn, customer, case)
        return turn.end()


def say_ended(turn: Turn, customer: Customer, ended: Subscription) -> None:
    """What is over can't be taken back; until when there is something to come back to, and how."""
    until = kept_until(turn.session, customer.account_id)
    values = {"plan": ended.plan.name}
    if until is None:
        turn.say("utter_ended_already", values)
        return turn.end()
    values["kept_until"] = until_text(until, customer)
    sign_up_url = turn.settings.sign_up_url
    if sign_up_url is None:
        turn.say("utter_ended_kept", values)
    else:
        turn.say("utter_ended_start_again", {**values, "sign_up_url": str(sign_up_url)})
    return turn.end()


def _say_kept(turn: Turn, case: Case, customer: Customer) -> None:
    if has_something_arranged(case.subscription):  # it does not stay as it is
        say_what_is_arranged(turn, customer, case.subscription)
        return turn.end()
    values = payment_values(case.subscription, customer, turn.billing)
    turn.say("utter_kept_paid" if "next_amount" in values else "utter_kept_free", values)
    return turn.end()


def say_undone_before(turn: Turn, case: Case, customer: Customer) -> None:
    """Say to who answers after an undo, by staff or on the page, that it goes on."""
    values = payment_values(case.subscription, customer, turn.billing)
    kind = "paid" if "next_amount" in values else "free"
    turn.say(f"utter_undone_before_{kind}", values)


def _say_undone(turn: Turn, case: Case, customer: Customer) -> None:
    values = payment_values(case.subscription, customer, turn.billing)
    values |= {"case_number": case.number, "email": customer.email}
    turn.say("utter_undone_paid" if "next_amount" in values else "utter_undone_free", values)
    for other in cases.scheduled_cases(turn.session, customer):
        turn.say("utter_still_cancelled", case_values(turn, other, customer))
    turn.end()
