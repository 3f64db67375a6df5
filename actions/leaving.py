"""From the wish to leave to the question that asks for the yes."""

import re

from actions.answering import say_refund
from actions.base import ConversationAction
from actions.hard_moments import is_hard_moment
from actions.naming import named
from actions.questions import (
    ask_again,
    ask_confirm,
    ask_offer,
    ask_reason,
    ask_subscription,
    ask_who,
    ask_wish,
    open_subscriptions,
)
from actions.turn import Turn
from actions.values import case_values
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.offers import service as offers

_NO_REASON = re.compile(
    r"(?:no|none|nothing|not really|nothing really|no (?:real |particular )?reason|n/?a|nope|nah"
    r"|just because|because|whatever|just do it.*|just cancel.*)[.! ]*",
    re.IGNORECASE,
)


def start_leaving(turn: Turn) -> None:
    """Take the wish to leave, whatever else the message carried, and go as far as is known."""
    turn.set("purpose", "leave")
    note_what_else_was_said(turn)
    go_on_leaving(turn)


def go_on_leaving(turn: Turn) -> None:
    """The next step towards leaving: who, which, why, an offer that fits, what will happen."""
    customer = turn.customer
    if customer is None:
        acknowledge(turn)
        return ask_who(turn, "leave")
    case = turn.case
    if case is not None and case.state is CaseState.SCHEDULED and not open_subscriptions(turn):
        return say_already_cancelled(turn, case, customer)
    if case is None or case.state not in {CaseState.OPEN, CaseState.SHOWN}:
        return _choose(turn, customer)
    return go_on_with_case(turn, case)


def go_on_with_case(turn: Turn, case: Case) -> None:
    """The next step of an open case."""
    take_reason_heard(turn, case)
    acknowledge(turn)
    if turn.slot("wants_refund"):
        turn.set("wants_refund", None)
        say_refund(turn, case.customer, case.subscription)
    if turn.slot("hard_moment"):
        return ask_confirm(turn)
    if case.reason is None and not case.reason_skipped:
        return ask_reason(turn)
    if offers.offer_for(turn.session, case, turn.policies) is not None:
        return ask_offer(turn)
    return ask_confirm(turn)


def begin_case(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """Open the case of the subscription they mean, and go on with it."""
    case = cases.open_case(turn.session, customer, subscription, turn.conversation_id)
    turn.session.flush()
    go_on_with_case(turn, case)


def note_what_else_was_said(turn: Turn) -> None:
    """Keep the reason and the wish for a copy of the data that came with the wish to leave."""
    reason = turn.heard.reason
    if reason is not None:
        turn.set("heard_reason", reason.value)
        turn.set("heard_reason_words", turn.heard.text[:2000])
    if "data_export" in turn.heard.intents:
        turn.set("wants_export", "yes")
    if "refund" in turn.heard.intents:
        turn.set("wants_refund", "yes")
    if is_hard_moment(turn.heard.text):
        turn.set("hard_moment", "new")


def take_reason_heard(turn: Turn, case: Case) -> None:
    """Put the reason that was heard before there was a case into it."""
    heard = turn.slot("heard_reason")
    if heard and case.reason is None:
        cases.record_reason(turn.session, case, ChurnReason(heard), turn.slot("heard_reason_words"))


def acknowledge(turn: Turn) -> None:
    """Say back the reason they gave, once in a talk."""
    if turn.slot("hard_moment"):
        if turn.slot("hard_moment") == "new":
            turn.say("utter_hard_moment")
            turn.set("hard_moment", "said")
        return
    heard = turn.slot("heard_reason")
    if heard and turn.slot("acknowledged") != heard:
        turn.say(f"utter_acknowledge_{heard}")
        turn.set("acknowledged", heard)


def say_already_cancelled(turn: Turn, case: Case, customer: Customer) -> None:
    """A second cancel changes nothing, and says so."""
    turn.say("utter_already_cancelled", case_values(case, customer))
    turn.nothing_open()


def _choose(turn: Turn, customer: Customer) -> None:
    choices = open_subscriptions(turn)
    wanted = named(turn.heard.text, choices) if len(choices) > 1 else next(iter(choices), None)
    if wanted is not None:
        return begin_case(turn, customer, wanted)
    if choices:
        acknowledge(turn)
        return ask_subscription(turn)
    scheduled = cases.scheduled_cases(turn.session, customer)
    if scheduled:
        scheduled[0].conversation_id = turn.conversation_id
        return say_already_cancelled(turn, scheduled[0], customer)
    turn.say("utter_nothing_to_cancel")
    return turn.nothing_open()


class StartLeaving(ConversationAction):
    """They want to leave."""

    action_name = "action_start_leaving"

    def act(self, turn: Turn) -> None:
        """See the class."""
        start_leaving(turn)


class TakeReason(ConversationAction):
    """They say why, in the words of an intent or in their own."""

    action_name = "action_take_reason"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.case
        if case is None or case.state not in {CaseState.OPEN, CaseState.SHOWN}:
            return ask_wish(turn)
        if _NO_REASON.fullmatch(turn.heard.text.strip()):
            return skip_reason(turn, case)
        reason = turn.heard.reason or ChurnReason.OTHER
        note_what_else_was_said(turn)
        turn.set("heard_reason", reason.value)
        cases.record_reason(turn.session, case, reason, turn.heard.text)
        return go_on_with_case(turn, case)


class SkipReason(ConversationAction):
    """They would rather not say why."""

    action_name = "action_skip_reason"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.case
        if case is None:
            return ask_wish(turn)
        if turn.heard.reason is not None:  # "just cancel it, it costs too much"
            note_what_else_was_said(turn)
            return go_on_with_case(turn, case)
        return skip_reason(turn, case)


def skip_reason(turn: Turn, case: Case) -> None:
    """Note that they would rather not say, and go on."""
    cases.record_reason(turn.session, case, None)
    turn.say("utter_understood")
    return go_on_with_case(turn, case)


class HearReason(ConversationAction):
    """A complaint out of the blue: heard, and then what would they like?"""

    action_name = "action_hear_reason"

    def act(self, turn: Turn) -> None:
        """See the class."""
        note_what_else_was_said(turn)
        acknowledge(turn)
        if turn.slot("open_question") in {None, "wish"}:
            return ask_wish(turn)
        case = turn.case
        if case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}:
            take_reason_heard(turn, case)
        return ask_again(turn)
