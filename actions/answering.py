"""What, when and how much: answered from the account's own data, then back to where we were."""

import re
from collections.abc import Callable, Mapping, Sequence

from actions.after_the_end import (
    answer_about_ended,
    say_deletion_cancelled,
    say_when_money_comes,
    tell_of_refund_agreed,
)
from actions.arranged import asks_about_arranged, has_something_arranged, say_what_is_arranged
from actions.base import ConversationAction
from actions.calling_in import insists
from actions.exporting import SURVEY, say_how_far_the_copy_is
from actions.naming import meant_in_passing
from actions.questions import ask_again, ask_hard_wish, ask_who
from actions.special_questions import (
    ARRIVAL,
    CONTENT,
    COPY,
    UNDOING,
    WISHED_END,
    asks_what_comes_back,
    asks_whether_cancelled,
    asks_whether_on_trial,
    asks_whether_still_on,
    says_it_was_cancelled,
    special_questions,
)
from actions.turn import Purpose, Turn
from actions.values import case_values, is_at_once, leaving_terms, leaving_values, payment_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.cases import service as cases
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, terms_values
from offboarding.hearing.hard_moments import HardMoment
from offboarding.hearing.spelling import plain_text

Say = Callable[[Turn, Customer, Subscription], None]

_QUESTION = re.compile(
    r"\W*(?:(?:ok|okay|and|but|so|wait|yes|no|oh|hi)\W+)*"
    r"(?:did|do|does|when|how|will|is|are|was|can|could|what|where|have|has|who|which)\b.*\?\W*",
    re.IGNORECASE | re.DOTALL,
)
"""They ask something; "maybe faster refunds?" is feedback."""
_OPENING = r"\W*(?:(?:ok|okay|and|but|so|wait|yes|no|oh|hi|hey|well|thanks|thank you|sorry)\W+)*"
_ASKS = re.compile(
    rf"{_OPENING}(?:(?:when|where|until when|by when|how (?:long|much|soon)|what)"
    r"(?:'?s| is| are| do| does| did| will| would| can| could| if| happens| becomes)"
    r"|(?:can|could|may|will|do|does|did|is|are|has|have|was|am)(?:n'?t)? "
    r"(?:i|we|you|it|this|that|my|our|the|there))\b",
    re.IGNORECASE,
)
"""A question without its mark: "how long I waited for my money" is none."""
_WANTS_MONEY = re.compile(
    r"\b(?:i|we)(?:'d)?(?: would| do| really| still| now| actually| just| rather| have)*"
    r" (?:want|like|need|demand|prefer|take|have|get)\b[^.!?]{0,20}\b(?:money|refund)\b"
    rf"|^{_OPENING}(?:please |just |(?:can|could|would|will) you )*"
    r"(?:refund me|(?:give|send|pay)\b[^.!?]{0,20}\b(?:money|refund|back))\b"
    rf"|^{_OPENING}(?:(?:my|the) money(?: back)?|money back|a? ?refund)"
    r"(?:\W+(?:please|pls|now|after all|then|thanks))*\W*$",
    re.IGNORECASE,
)
_NO_WISH = re.compile(
    r"\b(?:don'?t|do not|didn'?t|never|no longer|not|should have|could have|would have)\b",
    re.IGNORECASE,
)
_WANTS_DELETION = re.compile(
    rf"{_OPENING}(?:(?:please|pls|just|now|i want you to|i'd like you to|i want to|"
    r"(?:can|could|would|will) you) )*(?:delete|erase|remove|wipe)\b",
    re.IGNORECASE,
)
"""Plain wishes, which are no answer to what we should have done."""
_ANYTHING_TO_CANCEL = re.compile(
    r"\b(?:is|was|are) there (?:even |still |actually )?(?:anything|something|a need|any need)"
    r"(?: left)? (?:to|for me to|(?:i|we) (?:can|have to|need to|must|should)) (?:even )?cancel\b"
    r"|\b(?:do|must|should) (?:i|we) (?:even |still |actually |really )?(?:need to |have to )?"
    r"cancel (?:a |the |my )?free\b",
    re.IGNORECASE,
)
_TOLD_BY_WORDS = (UNDOING, ARRIVAL, CONTENT, COPY)
_WHETHER_CANCELLED = "whether_cancelled"
_NOTHING_ASKED = frozenset({None, "wish", "meaning"})
_ABOUT_TO_SAY_WHO = frozenset({"email", "code"})


def answer(turn: Turn, purpose: Purpose) -> None:
    """Answer a question about each subscription it can be about."""
    customer = turn.customer
    if customer is None and turn.slot("open_question") in _ABOUT_TO_SAY_WHO:
        turn.say("utter_answer_follows")  # it is kept with what else was asked
        return ask_again(turn)
    turn.answered.add(INTENTS[purpose])
    if customer is None:
        return ask_who(turn, purpose)
    if purpose == "refund" and tell_of_refund_agreed(turn, customer, turn.case, asks_when=False):
        return ask_again(turn)
    found = subscriptions_in_question(turn, customer)
    for subscription in found:
        say_answer(turn, INTENTS[purpose], customer, subscription)
    if not found:
        answer_about_ended(turn, INTENTS[purpose], customer)
    return _go_on_after(turn, purpose, found)


def _go_on_after(turn: Turn, purpose: Purpose, found: Sequence[Subscription]) -> None:
    if _looks_for_a_cancellation(turn, found):
        turn.say("utter_no_cancellation_found")
        if turn.slot("open_question") is None:
            return turn.ask("wish", "utter_ask_wish_not_cancelled")
    if purpose == "delete" and _is_left_with_a_plan(turn, found):
        return ask_hard_wish(turn)
    return ask_again(turn)


def answer_whether_anything_is_to_be_cancelled(turn: Turn, _action: ConversationAction) -> bool:
    """Answer "is there anything to cancel?", which is no wish to cancel; whether it was asked."""
    asked = _ANYTHING_TO_CANCEL.search(plain_text(turn.heard.text)) is not None
    if turn.heard.pressed or not asked or turn.slot("open_question") not in _NOTHING_ASKED:
        return False
    turn.set("misunderstood", None)
    answer(turn, "timeline")
    return True


def _is_left_with_a_plan(turn: Turn, found: Sequence[Subscription]) -> bool:
    """Whether a bereaved customer has a plan to end yet, and nothing is asked about it."""
    bereaved = turn.slot("hard_moment") == HardMoment.BEREAVEMENT
    return (
        bereaved
        and turn.slot("open_question") is None
        and any(subscription.renews for subscription in found)
    )


def answer_question_in_survey(turn: Turn, action: ConversationAction) -> bool:
    """Answer a plain question or wish, though the survey takes any words; whether it was one."""
    heard, customer = turn.heard, turn.customer
    in_survey = turn.slot("open_question") in SURVEY and action.takes_all_words
    if not in_survey or heard.pressed:
        return False
    thing = _asked_by_words(heard.text)
    if thing is not None and customer is not None:
        tell(turn, thing, customer)
        ask_again(turn)
        return True
    purpose = _wished_by_words(turn) or _asked(turn)
    if purpose is not None:
        answer(turn, purpose)
    return purpose is not None


def _asked_by_words(text: str) -> str | None:
    if not _QUESTION.match(text) and not _ASKS.match(plain_text(text)):
        return None
    asked = special_questions(text)
    return next((each for each in _TOLD_BY_WORDS if each in asked), None)


def _asked(turn: Turn) -> Purpose | None:
    heard = turn.heard
    purpose = {intent: each for each, intent in INTENTS.items()}.get(heard.leading)
    return purpose if heard.sure and _QUESTION.match(heard.text) else None


def _wished_by_words(turn: Turn) -> Purpose | None:
    """A wish for money or for erasing. What it cost, or that it was slow, is feedback."""
    heard, said = turn.heard, plain_text(turn.heard.text)
    if not heard.sure or _NO_WISH.search(said):
        return None
    if "refund" in heard.intents and wants_money(heard.text):
        return "refund"
    deletes = heard.leading == "data_delete" and _WANTS_DELETION.match(said)
    return "delete" if deletes else None


def wants_money(text: str) -> bool:
    """Whether the words are a plain wish to have money back, and no question about it."""
    said = plain_text(text)
    return _WANTS_MONEY.search(said) is not None and _NO_WISH.search(said) is None


def tell(turn: Turn, thing: str, customer: Customer) -> None:
    """Tell of what words alone tell of, about each subscription it can be about."""
    turn.answered.add(thing)
    if thing == COPY:
        return say_how_far_the_copy_is(turn, customer)
    found = subscriptions_in_question(turn, customer)
    for subscription in found:
        say_answer(turn, thing, customer, subscription)
    if not found:
        answer_about_ended(turn, thing, customer)
    return None


def _looks_for_a_cancellation(turn: Turn, found: Sequence[Subscription]) -> bool:
    """Whether they say that they have cancelled, and nothing of theirs is."""
    if turn.heard.pressed or not found or not says_it_was_cancelled(turn.heard.text):
        return False
    return all(subscription.renews for subscription in found)


def say_answer(turn: Turn, intent: str, customer: Customer, subscription: Subscription) -> None:
    """The answer itself, for one subscription."""
    turn.answered.add(intent)
    if subscription.state is SubscriptionState.ENDED and intent != "billing_question":
        return answer_about_ended(turn, intent, customer, subscription)
    return _SAY[intent](turn, customer, subscription)


def subscriptions_in_question(turn: Turn, customer: Customer) -> list[Subscription]:
    """The subscription the talk is about; before there is a case, those named, else all."""
    case = turn.case
    if case is not None and case.active and turn.slot("open_question") != "subscription":
        return [case.subscription]
    held = accounts.subscriptions(turn.session, customer.account_id)
    return meant_in_passing(turn.heard.text, held) or list(held)


def _timeline(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    if WISHED_END in special_questions(turn.heard.text):
        return _wished_end(turn, customer, subscription)
    case = cases.active_case(turn.session, subscription)
    if case is not None and subscription.cancel_at is not None:
        return turn.say("utter_timeline_cancelled", case_values(turn, case, customer))
    if asks_about_arranged(turn.heard.text, subscription):
        return say_what_is_arranged(turn, customer, subscription)
    if _say_whether_on(turn, customer, subscription):
        return None
    _say_nothing_is_cancelled(turn, customer)
    turn.set("about_leaving", "yes")
    terms = leaving_terms(turn, subscription)
    values = terms_values(terms, customer)
    if subscription.plan.free and _ANYTHING_TO_CANCEL.search(plain_text(turn.heard.text)):
        return turn.say("utter_nothing_has_to_be_cancelled", values)
    kind = "utter_timeline_refund" if terms.refund else "utter_timeline"
    if subscription.state is SubscriptionState.TRIALING and terms.refund is None:
        payments = payment_values(subscription, customer, turn.billing)
        kind = "utter_timeline_trial" if "next_amount" in payments else kind
        values = {**payments, **values}
    turn.say(kind, values)
    return _say_the_other_way(turn, customer, terms)


def _say_whether_on(turn: Turn, customer: Customer, subscription: Subscription) -> bool:
    """Say to who asks whether it is on that it is, and no more; whether that was the question."""
    said = turn.heard.text
    if turn.heard.pressed or not subscription.renews or not asks_whether_still_on(said):
        return False
    plan, trial = {"plan": subscription.plan.name}, asks_whether_on_trial(said)
    if has_something_arranged(subscription):
        say_what_is_arranged(turn, customer, subscription)
    elif not trial:
        turn.say("utter_still_on", plan)
    elif subscription.state is SubscriptionState.TRIALING:
        return False
    else:
        turn.say("utter_not_on_trial", plan)
        _billing(turn, customer, subscription)
    return True


def _say_nothing_is_cancelled(turn: Turn, customer: Customer) -> None:
    """Say no, once, to who asks whether it is cancelled, where nothing of theirs is."""
    asked = not turn.heard.pressed and asks_whether_cancelled(turn.heard.text)
    if not asked or _WHETHER_CANCELLED in turn.answered:
        return
    held = accounts.subscriptions(turn.session, customer.account_id)
    if all(subscription.renews for subscription in held):
        turn.answered.add(_WHETHER_CANCELLED)
        turn.say("utter_nothing_is_cancelled")


def _wished_end(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    turn.answered.add(WISHED_END)
    terms = leaving_terms(turn, subscription)
    if subscription.cancel_at is not None and terms.other_way is not None:
        return turn.say("utter_refund_let_go", terms_values(terms, customer))
    if turn.slot("wished_way") == "run_out" and "runs_until" in terms_values(terms, customer):
        return turn.say("utter_can_run_out", terms_values(terms, customer))
    if terms.refund is not None:
        kind = "utter_timeline_refund"
    else:
        kind = "utter_wished_end_free" if subscription.plan.free else "utter_wished_end"
    turn.say(kind, terms_values(terms, customer))
    return _say_the_other_way(turn, customer, terms)


def _billing(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    values = payment_values(subscription, customer, turn.billing)
    paid = "last" if "last_amount" in values else "no_last"
    due = "next" if "next_amount" in values else "no_next"
    if due == "next" and subscription.state is SubscriptionState.TRIALING:
        turn.set("about_leaving", "yes")  # it says that nothing is taken then
    turn.say(f"utter_billing_{paid}_{due}", values)


def _refund(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """What there is to say about money back for a subscription."""
    terms = leaving_terms(turn, subscription)
    values = {
        **terms_values(terms, customer),
        **payment_values(subscription, customer, turn.billing),
    }
    if terms.refund is not None:
        turn.set("about_leaving", "yes")
        turn.say("utter_refund_on_leaving", values)
        return _say_the_other_way(turn, customer, terms)
    if terms.other_way is not None:
        cancelled = subscription.cancel_at is not None
        turn.told_of_other_way = not cancelled
        return turn.say("utter_refund_let_go" if cancelled else "utter_refund_at_once", values)
    if "last_amount" not in values:
        return turn.say("utter_refund_none", values)
    turn.say("utter_refund", values)
    return insists(turn, "refund")


def _say_the_other_way(turn: Turn, customer: Customer, terms: Terms) -> None:
    """That there is a choice, where there is one. The question for the yes says so itself."""
    if terms.other_way is None or turn.slot("open_question") == "confirm":
        return
    turn.say(f"utter_or_{terms.other_way.name}", terms_values(terms, customer))


def _arrival(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """When money comes back, or could; where none does, what there is to say about it."""
    case = cases.case_of_end(turn.session, subscription)
    if tell_of_refund_agreed(turn, customer, case, asks_when=True):
        return None
    if not say_when_money_comes(turn, customer, subscription):
        return _refund(turn, customer, subscription)
    turn.set("about_leaving", "yes")
    return _say_the_other_way(turn, customer, leaving_terms(turn, subscription))


def _undoing(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """Whether and until when it can be taken back, or could be after a yes."""
    case = cases.active_case(turn.session, subscription)
    if case is not None and case.state is CaseState.SCHEDULED:
        kind = "utter_undo_ended" if is_at_once(case) else "utter_undo_cancelled"
        return turn.say(kind, case_values(turn, case, customer))
    terms = leaving_terms(turn, subscription)
    if terms.refund is None:
        return turn.say("utter_undo_until", terms_values(terms, customer))
    if terms.other_way is None:
        return turn.say("utter_undo_never", terms_values(terms, customer))
    turn.told_of_other_way = True
    ways = cases.ways_out(turn.session, subscription, turn.billing, turn.policies)
    return turn.say("utter_undo_run_out", terms_values(ways[True], customer))


def _content(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """What becomes of their content; before the yes, with the day on which it would end."""
    if turn.heard.leading == "timeline_or_status" and subscription.cancel_at is None:
        return _timeline(turn, customer, subscription)
    return _deletion(turn, customer, subscription)


def _deletion(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    if subscription.cancel_at is not None:
        case = cases.active_case(turn.session, subscription)
        return say_deletion_cancelled(turn, customer, subscription, case)
    values = leaving_values(turn, subscription, customer)
    if turn.slot("hard_moment") == HardMoment.DANGER:
        return turn.say("utter_deletion_in_danger", values)
    if turn.slot("hard_moment") == HardMoment.BEREAVEMENT:
        return turn.say("utter_deletion_bereaved", values)
    return turn.say("utter_deletion_free" if subscription.plan.free else "utter_deletion", values)


INTENTS: Mapping[Purpose, str] = {
    "timeline": "timeline_or_status",
    "billing": "billing_question",
    "refund": "refund",
    "delete": "data_delete",
}
"""What a purpose that is a question was heard as."""

_SAY: Mapping[str, Say] = {
    "timeline_or_status": _timeline,
    "billing_question": _billing,
    "refund": _refund,
    "data_delete": _deletion,
    WISHED_END: _wished_end,
    UNDOING: _undoing,
    CONTENT: _content,
    ARRIVAL: _arrival,
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
        if asks_what_comes_back(turn.heard.text):
            turn.answered.add("billing_question")
            return answer(turn, "refund")
        return answer(turn, "billing")


class AnswerRefund(ConversationAction):
    """Is there money back?"""

    action_name = "action_answer_refund"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if asks_what_comes_back(turn.heard.text):
            turn.answered.add("billing_question")
        answer(turn, "refund")


class AnswerDeletion(ConversationAction):
    """What becomes of their data?"""

    action_name = "action_answer_deletion"

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer(turn, "delete")
