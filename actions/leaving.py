"""From the wish to leave to the question that asks for the yes."""

import re
from collections.abc import Sequence
from datetime import timedelta

from actions.anger import in_anger, is_abuse
from actions.base import ConversationAction
from actions.disputed_charges import disputes_charge
from actions.naming import meant_in_passing, named
from actions.no_contact import is_only_a_wish
from actions.no_offers import NO_OFFERS
from actions.no_reason import (
    asks_back,
    asks_whether_needed,
    carries_no_reason,
    gives_no_reason,
    names_something_else,
    says_not_needed,
)
from actions.one_after_the_other import note_plans_to_go
from actions.questions import (
    ask_again,
    ask_confirm,
    ask_offer,
    ask_other_subscription,
    ask_reason,
    ask_subscription,
    ask_who,
    ask_wish,
    open_subscriptions,
)
from actions.special_questions import WISHED_END, special_questions
from actions.turn import REASONS, Turn
from actions.values import case_values, is_at_once, withdrawal_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.clock import now
from offboarding.hearing.hard_moments import HardMoment
from offboarding.hearing.spelling import plain_text
from offboarding.offers import service as offers
from offboarding.offers.model import OfferKind

_QUESTIONS = frozenset({"billing_question", "timeline_or_status"})
_TOO_EXPENSIVE = re.compile(
    r"(?<!not )(?<!n't )(?<!never )\b(?:too?|way|far|so|very|really|bit|2)"
    r" (?:(?:too?|much|way|2) )*(?:ex[sc]?pen[sc]\w*|pric[ey]y?)\b",
    re.IGNORECASE,
)
"""However it is spelt."""
_FOUND_SOMETHING_ELSE = re.compile(
    r"\b(?:found|got|use|using|chose|(?:switch\w*|mov\w+|chang\w+|went|gone|going)"
    r" (?:over )?(?:to|with)) (?:myself )?(?:something|somebody|someone|another (?:one|app|service|"
    r"provider|company|tool))(?: that'?s)?(?: (?:else|better|cheaper|nicer|simpler))*\b"
    r"(?! (?:else )?to\b)",
    re.IGNORECASE,
)
_NOT_FOR_ME = re.compile(
    r"\b(?:it'?s|it is|it was|this is|this was|that'?s)(?: (?:just|simply|really|probably))*"
    r" not(?: really| quite)? for (?:me|us)\b(?! but)"
    r"|\b(?:it|this)(?: just| simply| really)? (?:isn'?t|wasn'?t)(?: really| quite)?"
    r" for (?:me|us)\b(?! but)",
    re.IGNORECASE,
)
_TOLD_OUTRIGHT = (
    (_FOUND_SOMETHING_ELSE, ChurnReason.SWITCHED_SERVICE),
    (_NOT_FOR_ME, ChurnReason.OTHER),
)
"""What can be lost beside a wish to leave or to be paid back; elsewhere it answers an offer."""
_OUTWEIGH = frozenset({"cancel", "refund"})
_GRIEVANCES = frozenset({ChurnReason.LOW_QUALITY, ChurnReason.CUSTOMER_SERVICE})
SURE_REASON = 0.8
"""How likely a reason must be that is heard beside a question."""
SAME_TALK = timedelta(days=1)
"""How long a reason counts for what is begun anew in its talk; after that it may be another."""
_THE_REST = re.compile(r"\b(?:other|too|as well|also|next|remaining|rest)\b", re.IGNORECASE)
"""Words that mean what is left, once another plan is cancelled."""
_RATHER_CANCEL = re.compile(
    r"\b(?:actually|no|wait|scratch that|on second thoughts?|never ?mind|rather|forget that)\b"
    r"[^.!?]{0,20}\bcancel\b[^.!?]*\W*$",
    re.IGNORECASE,
)
"""The last word counts: "can you pause it? actually no, cancel it"."""
_GIVES_WHY = re.compile(
    r"\b(?:because|'?cause|'?cos|reasons?|due to|that'?s why|on account of)\b", re.IGNORECASE
)
"""Words that say why. A bereaved customer's others tell of whose plan it was, and what it was."""
_OTHERS_CHOSE = re.compile(
    r"\b(?:merged?|merger|merging|acquired|acquisition|taken over|takeover|bought (?:by|out|us)|"
    r"(?:my|our|the) (?:\w+ )?(?:boss|employer|company|firm|client|customer|parent|head office|"
    r"it department|management|school|university)(?: \w+){0,3} (?:uses?|using|wants?|decided|chose|"
    r"switched|moved|makes?|requires?|insists?|told|provides?|gives?|pays?)"
    r"|they (?:all )?(?:use|have|decided|chose))\b",
    re.IGNORECASE,
)
"""It was not for them to choose, so that nothing else need suit them better."""
_ASKED_FOR = {"pause": OfferKind.PAUSE, "change_plan": OfferKind.SMALLER_PLAN}
"""What a customer may ask for in the same breath as the cancellation."""


def start_leaving(turn: Turn) -> None:
    """Take the wish to leave and go as far as is known."""
    turn.set("purpose", "leave")
    asked_for = next((wish for wish in _ASKED_FOR if wish in turn.heard.intents), None)
    if asked_for is not None and not _RATHER_CANCEL.search(turn.heard.text):
        turn.set("asked_for", asked_for)
    go_on_leaving(turn)


def go_on_leaving(turn: Turn) -> None:
    """The next step towards leaving: who, which, why, an offer that fits, what will happen."""
    customer = turn.customer
    if customer is None:
        acknowledge(turn)
        turn.set("wish_words", None if turn.heard.pressed else turn.heard.text[:2000])
        return ask_who(turn, "leave")
    case = turn.undecided_case
    if case is None:
        return _choose(turn, customer)
    return go_on_with_case(turn, case)


def go_on_with_case(turn: Turn, case: Case) -> None:
    """The next step of an open case."""
    take_reason_heard(turn, case)
    recall_reason(turn, case)
    acknowledge(turn)
    if turn.slot("hard_moment") or turn.slot("charge_disputed"):
        return ask_confirm(turn)
    if _asked_for_instead(turn, case):
        return ask_offer(turn)
    if case.reason is None and not case.reason_skipped:
        if not in_anger(turn):
            return ask_reason(turn)
        cases.record_reason(turn.session, case, None)
    if _has_offer(turn, case):
        return ask_offer(turn)
    return ask_confirm(turn)


def begin_leaving(turn: Turn, customer: Customer, chosen: Sequence[Subscription]) -> None:
    """Open the case of the first of the subscriptions they mean, and go on with it."""
    case = cases.open_case(turn.session, customer, chosen[0], turn.conversation_id)
    turn.turn_to(case)
    note_plans_to_go(turn, chosen)
    if len(chosen) > 1:
        turn.say("utter_one_after_the_other", {"plan": chosen[0].plan.name})
    go_on_with_case(turn, case)


def note_reason(turn: Turn) -> None:
    """Keep the reason that came with whatever they want; after a death only one given as such."""
    reason = reason_said(turn)
    if reason is None or gives_no_reason(turn.heard.text):
        return
    if turn.heard.leading in _QUESTIONS and not _surely_a_reason(turn):
        return
    bereaved = turn.slot("hard_moment") == HardMoment.BEREAVEMENT
    if bereaved and not (turn.heard.pressed or _GIVES_WHY.search(turn.heard.text)):
        return
    turn.set("heard_reason", reason.value)
    turn.set("heard_reason_words", None if turn.heard.pressed else turn.heard.text[:2000])


def reason_said(turn: Turn) -> ChurnReason | None:
    """The reason that was heard, as far as their words carry it.

    Of a disputed charge the model can make poor quality; of "never write to me", poor support; and
    "way to expencive" can be lost beside a wish.
    """
    reason, said = turn.heard.reason, turn.heard.text
    if turn.heard.pressed:
        return reason
    if reason is None:
        return _reason_in_words(turn)
    if is_only_a_wish(said) or carries_no_reason(said) or _is_of_the_day(reason, said):
        return None
    if turn.slot("open_question") != "reason" and says_not_needed(said):
        return None
    return ChurnReason.OTHER if reason in _GRIEVANCES and disputes_charge(said) else reason


def _is_of_the_day(reason: ChurnReason, said: str) -> bool:
    """Whether another product is heard in a wish for a day: "in May, we have a project running"."""
    switched = reason is ChurnReason.SWITCHED_SERVICE
    return switched and WISHED_END in special_questions(said) and not names_something_else(said)


def _reason_in_words(turn: Turn) -> ChurnReason | None:
    said = plain_text(turn.heard.text)
    if _TOO_EXPENSIVE.search(said):
        return ChurnReason.TOO_EXPENSIVE
    if not _OUTWEIGH.intersection(turn.heard.intents) or "?" in said:
        return None
    return next((reason for words, reason in _TOLD_OUTRIGHT if words.search(said)), None)


def gives_why(text: str) -> bool:
    """Whether the words say why outright: "because …", "too expensive"."""
    said = plain_text(text)
    return _GIVES_WHY.search(said) is not None or _TOO_EXPENSIVE.search(said) is not None


def _surely_a_reason(turn: Turn) -> bool:
    """Whether what sounds like a reason is one: "how much do I pay?" is none."""
    likely = (turn.heard.ranking.get(name, 1.0) for name in turn.heard.intents if name in REASONS)
    return max(likely, default=0.0) >= SURE_REASON


def take_reason_heard(turn: Turn, case: Case) -> None:
    """Put the reason that was heard before there was a case into it."""
    heard = turn.slot("heard_reason")
    if heard and case.reason is None:
        cases.record_reason(turn.session, case, ChurnReason(heard), turn.slot("heard_reason_words"))


def recall_reason(turn: Turn, case: Case) -> None:
    """Take over the reason of an earlier case of this talk: nobody is asked why twice."""
    if case.reason is not None or case.reason_skipped:
        return
    before = cases.reasoned_in_conversation(turn.session, case, since=now() - SAME_TALK)
    if before is not None:
        cases.record_reason(turn.session, case, before.reason, before.reason_words)


def acknowledge(turn: Turn) -> None:
    """Say back the hard moment, else the reason, each once in a talk."""
    moment = turn.slot("hard_moment")
    if moment:
        if turn.slot("hard_moment_said") != moment:
            _say_hard_moment(turn, moment)
            turn.set("hard_moment_said", moment)
        return
    heard = turn.slot("heard_reason")
    if heard and turn.slot("acknowledged") != heard:
        others_choice = _OTHERS_CHOSE.search(turn.slot("heard_reason_words") or "")
        switched = heard == ChurnReason.SWITCHED_SERVICE.value
        turn.say(f"utter_acknowledge_{'other' if switched and others_choice else heard}")
        turn.set("acknowledged", heard)


def _say_hard_moment(turn: Turn, moment: str) -> None:
    withdraws = moment == HardMoment.WITHDRAWAL
    if withdraws:
        turn.set("wished_way", "at_once")
    here = withdrawal_values(turn) if withdraws else None
    if here is not None:
        return turn.say("utter_hard_moment_withdrawal_here", here)
    return turn.say(f"utter_hard_moment_{moment}")


def say_already_cancelled(
    turn: Turn, case: Case, customer: Customer, name: str = "utter_already_cancelled"
) -> None:
    """A second cancel changes nothing, and says so; `name` is the response that says it."""
    at_once = "_at_once" if is_at_once(case) else ""
    turn.say(f"{name}{at_once}", case_values(turn, case, customer))
    turn.answered.add("timeline_or_status")
    turn.nothing_open()


def _asked_for_instead(turn: Turn, case: Case) -> bool:
    """Whether they asked for a pause or another plan in the same breath, and can have it."""
    wish = turn.slot("asked_for")
    if wish is None:
        return False
    turn.set("asked_for", None)
    return offers.offer_on_request(turn.session, case, _ASKED_FOR[wish], turn.policies) is not None


def _has_offer(turn: Turn, case: Case) -> bool:
    """Whether policy has an offer to make now. In one talk there is one, whatever policy says."""
    made = turn.slot("offered_for")
    if made == NO_OFFERS:
        offers.leave_out(turn.session, case, turn.policies)
    if made not in {None, case.id}:
        return False
    if made is None and offers.offer_of(turn.session, case) is not None:
        return False  # what they asked for by themselves is not for us to bring up
    if offers.offer_for(turn.session, case, turn.policies) is None:
        return False
    turn.set("offered_for", case.id)
    return True


def _choose(turn: Turn, customer: Customer) -> None:
    choices, case = open_subscriptions(turn), turn.case
    not_open = named_but_not_open(turn, customer)
    if not_open is not None:
        return say_that_one_is_over(turn, customer, not_open)
    said = words_of_wish(turn)
    turn.set("wish_words", None)
    chosen = meant_in_passing(said, choices) if len(choices) > 1 else list(choices)
    if case is not None and case.state is CaseState.SCHEDULED and not _names(turn, choices):
        say_already_cancelled(turn, case, customer)
        return ask_other_subscription(turn) if choices else None
    if chosen:
        return begin_leaving(turn, customer, chosen)
    if choices:
        acknowledge(turn)
        return ask_subscription(turn)
    scheduled = cases.scheduled_cases(turn.session, customer)
    if scheduled:
        turn.turn_to(scheduled[0])
        return say_already_cancelled(turn, scheduled[0], customer)
    turn.say("utter_nothing_to_cancel")
    return turn.end()


def words_of_wish(turn: Turn) -> str:
    """What they said of the plan they mean, where they had to say since who they are."""
    return " ".join(filter(None, (turn.slot("wish_words"), turn.heard.text)))


def named_but_not_open(turn: Turn, customer: Customer) -> Subscription | None:
    """The plan of theirs that they name though it is cancelled already, or over; None else.

    What else they have is not what they mean, be it the only plan that is left.
    """
    held = accounts.subscriptions(turn.session, customer.account_id)
    said = words_of_wish(turn)
    meant = named(said, _ever_theirs(turn, customer))
    if meant is None:
        of_kind = meant_in_passing(said, held)
        meant = of_kind[0] if len(of_kind) == 1 < len(held) else None
    return meant if meant is not None and not meant.renews else None


def _ever_theirs(turn: Turn, customer: Customer) -> list[Subscription]:
    """What they have and had, one of each name: the one that goes on, else what ended last."""
    held = accounts.subscriptions(turn.session, customer.account_id)
    over = reversed(accounts.ended(turn.session, customer.account_id))
    latest = [*over, *sorted(held, key=lambda each: each.renews)]
    return list({each.plan.name.casefold(): each for each in latest}.values())


def begins_with_plan_by_name(turn: Turn) -> bool:
    """Whether they begin with the wish to cancel a plan whose name sounds like a smaller one.

    Or go on with it, where one is cancelled.
    """
    begins = turn.slot("open_question") in {None, "wish", "meaning", "export"}
    return begins and cancels_plan_by_name(turn)


def cancels_plan_by_name(turn: Turn) -> bool:
    """Whether they wish, in so many words and no others, to cancel a plan of theirs."""
    customer = turn.customer
    if customer is None or turn.heard.pressed:
        return False
    plan = named(turn.heard.text, _ever_theirs(turn, customer))
    if plan is None:
        return False
    name = re.escape(plan.plan.name)
    before = r"(?:(?:please|now|also|and|then|ok|yes)\W+)*"
    after = r"(?: (?:plan|please|now|thanks|too|also|as well))*"
    wish = rf"\W*{before}cancel (?:my |the )?{name}{after}\W*"
    return re.fullmatch(wish, turn.heard.text, re.IGNORECASE) is not None


def say_that_one_is_over(turn: Turn, customer: Customer, named_one: Subscription) -> None:
    """Say so of the plan they named, and ask whether what is left is meant, where something is."""
    turn.set("wish_words", None)
    case = cases.active_case(turn.session, named_one)
    if case is not None and case.state is CaseState.SCHEDULED:
        turn.turn_to(case)
        say_already_cancelled(turn, case, customer)
    elif not open_subscriptions(turn):
        turn.say("utter_nothing_to_cancel")
        return turn.end()
    else:
        turn.say("utter_that_one_is_over", {"plan": named_one.plan.name})
    if open_subscriptions(turn):
        ask_other_subscription(turn)
    return None


def _names(turn: Turn, choices: Sequence[Subscription]) -> bool:
    the_rest = len(choices) == 1 and _THE_REST.search(turn.heard.text)
    return bool(the_rest or meant_in_passing(turn.heard.text, choices))


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
        case = turn.undecided_case
        if case is None:
            return ask_wish(turn)
        if not turn.heard.reason and asks_back(turn.heard.text):
            turn.say("utter_why_reason")
            return ask_again(turn)
        if _says_nothing_of_why(turn):
            return skip_reason(turn, case)
        reason = reason_said(turn) or ChurnReason.OTHER
        turn.set("heard_reason", reason.value)
        cases.record_reason(turn.session, case, reason, turn.heard.text)
        return go_on_with_case(turn, case)


def _says_nothing_of_why(turn: Turn) -> bool:
    if turn.heard.pressed:
        return False
    said = turn.heard.text
    only_anger = turn.heard.reason is None and is_abuse(said)
    return only_anger or gives_no_reason(said) or carries_no_reason(said)


def answer_whether_why_is_needed(turn: Turn, _action: ConversationAction) -> bool:
    """Say to who asks that nobody has to say why, and skip nothing; whether that was the answer."""
    heard = turn.heard
    if heard.pressed or turn.slot("open_question") != "reason":
        return False
    if not asks_whether_needed(heard.text):
        return False
    turn.set("misunderstood", None)
    turn.set("heard_reason", turn.slots.get("heard_reason"))  # "a reason" sounds like one
    turn.set("heard_reason_words", turn.slots.get("heard_reason_words"))
    turn.say("utter_reason_not_needed")
    ask_again(turn)
    return True


class SkipReason(ConversationAction):
    """They would rather not say why."""

    action_name = "action_skip_reason"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.undecided_case
        if case is None and turn.heard.leading == "cancel":
            return go_on_leaving(turn)  # they were silent for long, or were on the page
        if case is None:
            return ask_wish(turn)
        if turn.heard.reason is not None:  # "just cancel it, it costs too much"
            return go_on_with_case(turn, case)
        return skip_reason(turn, case)


def skip_reason(turn: Turn, case: Case) -> None:
    """Note that they would rather not say, and go on."""
    cases.record_reason(turn.session, case, None)
    turn.set("heard_reason", None)  # "no reason" sounds like one
    turn.say("utter_understood")
    return go_on_with_case(turn, case)
