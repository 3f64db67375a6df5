"""Answering the one offer, and asking for one."""

import re
from collections.abc import Mapping

from actions.arranged import has_something_arranged, say_what_is_arranged
from actions.base import ConversationAction
from actions.calling_in import insists
from actions.consent import names_offer, takes_offer
from actions.decided_elsewhere import tell_of_decision
from actions.leaving import (
    begins_with_plan_by_name,
    go_on_leaving,
    named_but_not_open,
    say_that_one_is_over,
    skip_reason,
    start_leaving,
    words_of_wish,
)
from actions.naming import meant, meant_in_passing, meant_to_change, named
from actions.no_offers import refuses_offers
from actions.one_after_the_other import note_plans_to_go, open_next_plan
from actions.questions import (
    ask_again,
    ask_confirm,
    ask_requested_offer,
    ask_subscription,
    ask_who,
    open_subscriptions,
)
from actions.staying import keep
from actions.turn import Purpose, Turn
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, SubscriptionState
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.hearing.spelling import plain_text
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferKind
from offboarding.offers.terms import offer_values

_WISHES: Mapping[Purpose | None, OfferKind] = {
    "pause": OfferKind.PAUSE,
    "change_plan": OfferKind.SMALLER_PLAN,
    "longer_trial": OfferKind.TRIAL_EXTENSION,
}
"""What they may ask for by themselves: two intents, and a wish that words tell."""
_LONGER_TRIAL = re.compile(
    r"\b(?:extend|prolong|lengthen|longer|extension|more time|another|more (?:days?|weeks?)|add)\b"
    r"[^.!?;]{0,40}\b(?:trial|test (?:period|phase)|try(?:ing)? it)\b"
    r"|\b(?:trial|test (?:period|phase)|try(?:ing)? it)\b[^.!?;]{0,40}\b(?:extend|extended|"
    r"extension|prolong\w*|longer|(?:another|(?:\w+ )?more) (?:days?|weeks?|month|time))\b",
    re.IGNORECASE,
)
_TAKEN_FOR_LONGER = frozenset(
    {"pause", "change_plan", "keep_subscription", "out_of_scope", "nlu_fallback"}
)

_WHATS_THE_PAUSE = re.compile(
    r"\W*(?:(?:ok|okay|so|and|but|wait|sorry|hm+)\W+)*"
    r"(?:what(?:'?s| is| was| would)|how (?:does|would|do)|explain|tell me (?:more )?about)"
    r" (?:(?:the|a|this|that|your) )?(?:pause|pausing)(?: (?:thing|option|about|exactly|again|like"
    r"|work|mean|be|it))*\W*",
    re.IGNORECASE,
)
_ASKS_FOR_LESS = re.compile(
    r"\b(?:can(?!'?t)|could|would|will|any|is there|are there|have|give|get|do me|offer|want|need|"
    r"how about|what about|chance of)\b[^.!?;]{0,30}\b(?:discounts?|coupons?|promo\w*|vouchers?|"
    r"(?:\d+ ?%|percent|money|something) off|price reduction|better (?:price|deal)|"
    r"(?:lower|reduce|drop|cut) (?:the|my|your) price)(?!\w)",
    re.IGNORECASE,
)
"""They ask for a discount, which is no question for another plan."""
_TAKEN_FOR_LESS = frozenset(
    {
        "change_plan",
        "billing_question",
        "refund",
        "reason_price",
        "keep_subscription",
        "out_of_scope",
        "nlu_fallback",
    }
)
_A_NO_TO_OFFERS = frozenset(
    {"deny", "skip", "change_plan", "keep_subscription", "out_of_scope", "nlu_fallback"}
)
_LEAVES = re.compile(r"\b(?:cancel|unsubscribe|quit|leave|(?:stop|end) (?:it|my))\b", re.IGNORECASE)
_OFFERED = {"offer", "requested_offer"}
_WAITING = {"reason", "offer", "requested_offer", "confirm"}
_ANYTHING_MAY_BE_ASKED = {None, "wish", "meaning", *_WAITING}
_A_PLAN = re.compile(
    r"\W*(?:(?:it'?s|its|it is|the|my|this|just|only|for|his|her|their)\s+)*[\w-]+"
    r"(?:\s+(?:one|plan|subscription|account|please))*\W*",
    re.IGNORECASE,
)


class AcceptOffer(ConversationAction):
    """They take the offer: it is done at once, and they are told from when until when."""

    action_name = "action_accept_offer"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.slot("open_question") == "requested_offer":
            return take_if_plain(turn)
        return accept(turn)


class AnswerOffer(ConversationAction):
    """They agree in words while two things are on the table: only a plain answer counts."""

    action_name = "action_answer_offer"

    def act(self, turn: Turn) -> None:
        """See the class."""
        return accept(turn) if is_taking_the_offer(turn) else ask_again(turn)


def take_if_plain(turn: Turn) -> None:
    """Take what is on the table if the words can mean nothing else; a question is no yes."""
    offer = _open_offer(turn)
    if offer is None or turn.heard.pressed or _is_plain(turn, offer):
        return accept(turn)
    return ask_again(turn)


def is_taking_the_offer(turn: Turn) -> bool:
    """Whether the words name the offer that is on the table, and say nothing but yes to it."""
    offer = _open_offer(turn) if turn.slot("open_question") in _OFFERED else None
    return offer is not None and _is_plain(turn, offer) and names_offer(*_about(turn, offer))


def _is_plain(turn: Turn, offer: Offer) -> bool:
    return not turn.heard.overtaken and takes_offer(*_about(turn, offer))


def _about(turn: Turn, offer: Offer) -> tuple[str, OfferKind, str, str]:
    """What was said, and which offer it would have to name."""
    return turn.heard.text, offer.kind, str(offer.terms["plan_name"]), _offered_plan(offer)


def accept(turn: Turn) -> None:
    """Do what was offered and say from when until when."""
    case, customer = turn.case, turn.customer
    offer = offers.offer_of(turn.session, case) if case else None
    if case is None or customer is None or offer is None or offer.answer is not None:
        return go_on_leaving(turn)
    if tell_of_decision(turn):
        return None
    offers.accept(turn.session, case, offer, turn.billing)
    values = {**offer_values(offer, customer), "case_number": case.number}
    turn.say(f"utter_accepted_{offer.kind.value}", {**values, "email": customer.email})
    return _go_to_next(turn, customer)


def _go_to_next(turn: Turn, customer: Customer) -> None:
    """The next of several plans: the same for it, as far as it can be had, else its end."""
    wish = turn.slot("purpose")
    following = open_next_plan(turn, customer)
    if following is None:
        return turn.end()
    if wish in _WISHES:
        turn.nothing_open()
        return _ask_about(turn, following, customer, _WISHES[wish])
    return ask_confirm(turn)


class DeclineOffer(ConversationAction):
    """They don't take it. A no is a no: on to what will happen."""

    action_name = "action_decline_offer"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.case
        offer = offers.offer_of(turn.session, case) if case else None
        if case is None or offer is None:
            return go_on_leaving(turn)
        return decline(turn, case)


def decline(turn: Turn, case: Case) -> None:
    """Note the no to the offer, if it has no answer yet, and show what will happen."""
    offer = offers.offer_of(turn.session, case)
    if offer is not None and offer.answer is None:
        offers.decline(turn.session, offer)
        turn.say("utter_understood")
    ask_confirm(turn)


class DropRequestedOffer(ConversationAction):
    """They asked for it and don't want it after all: back to leaving, or everything stays."""

    action_name = "action_drop_requested_offer"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.case
        offer = offers.offer_of(turn.session, case) if case else None
        if offer is not None and offer.answer is None:
            offers.decline(turn.session, offer)
        if turn.slot("purpose") == "leave" and turn.heard.leading == "deny":
            turn.say("utter_understood")
            return ask_confirm(turn)
        return keep(turn)


def meet_wish_for_discount(turn: Turn, _action: ConversationAction) -> bool:
    """Say that there is none to who asks for a discount, and that there is a smaller plan.

    Whether that was the answer. A discount that is on offer is answered by itself, and to who wants
    to hear of none, none is spoken of. A longer trial is another wish that no intent tells.
    """
    if _meet_wish_for_longer_trial(turn):
        return True
    heard, asked = turn.heard, turn.slot("open_question")
    taken_for = _TAKEN_FOR_LESS | _A_NO_TO_OFFERS
    if heard.pressed or heard.leading not in taken_for or asked not in _ANYTHING_MAY_BE_ASKED:
        return False
    if refuses_offers(heard.text):
        return _takes_no_offers(turn)
    if _ASKS_FOR_LESS.search(plain_text(heard.text)) is None:
        return False
    case = turn.undecided_case
    known = offers.offer_of(turn.session, case) if case else None
    if known is not None and known.kind is OfferKind.DISCOUNT:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"billing_question", "refund"}
    turn.say("utter_no_discount")
    if known is not None:  # there is one offer, and they know it
        ask_again(turn)
    else:
        ask_for_offer(turn, "change_plan")
    return True


def _takes_no_offers(turn: Turn) -> bool:
    """Go on without offers; whether that was the answer. Beside a reason or a wish it is none."""
    case, question = turn.undecided_case, turn.slot("open_question")
    if turn.heard.leading not in _A_NO_TO_OFFERS or question == "requested_offer":
        return False
    if case is None:
        leaves = turn.heard.leading == "change_plan" and _LEAVES.search(turn.heard.text)
        return bool(leaves) and _leave_without_offers(turn)
    turn.set("misunderstood", None)
    if question == "reason":
        skip_reason(turn, case)
    elif question == "offer":
        decline(turn, case)
    else:
        ask_again(turn)
    return True


def _leave_without_offers(turn: Turn) -> bool:
    start_leaving(turn)
    return True


class AskForOffer(ConversationAction):
    """They ask for a pause or another plan by themselves."""

    action_name = "action_ask_for_offer"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if begins_with_plan_by_name(turn):
            return start_leaving(turn)
        wish = _wish_of(turn)
        if wish == "change_plan" and _only_names_their_plan(turn):
            return ask_again(turn) if turn.slot("open_question") else go_on_leaving(turn)
        return ask_for_offer(turn, wish)


def _only_names_their_plan(turn: Turn) -> bool:
    """Whether who leaves says which plan is meant, in no more words: "the pro one"."""
    customer, said = turn.customer, turn.heard.text
    if customer is None or turn.slot("purpose") != "leave" or turn.heard.pressed:
        return False
    held = accounts.subscriptions(turn.session, customer.account_id)
    return _A_PLAN.fullmatch(plain_text(said)) is not None and named(said, held) is not None


def _wish_of(turn: Turn) -> Purpose:
    if _wants_longer_trial(turn):
        return "longer_trial"
    return "pause" if "pause" in turn.heard.intents else "change_plan"


def _wants_longer_trial(turn: Turn) -> bool:
    """Whether they ask to try it for longer; who is past a trial of theirs asks for nothing."""
    if turn.heard.pressed or turn.heard.leading not in _TAKEN_FOR_LONGER:
        return False
    return _LONGER_TRIAL.search(plain_text(turn.heard.text)) is not None


def _meet_wish_for_longer_trial(turn: Turn) -> bool:
    asked = turn.slot("open_question")
    if asked not in _ANYTHING_MAY_BE_ASKED or not _wants_longer_trial(turn):
        return False
    if turn.customer is not None and not _is_on_trial(turn, turn.customer):
        return False
    turn.set("misunderstood", None)
    turn.answered.add(turn.heard.leading)
    ask_for_offer(turn, "longer_trial")
    return True


def _is_on_trial(turn: Turn, customer: Customer) -> bool:
    held = accounts.subscriptions(turn.session, customer.account_id)
    return any(each.state is SubscriptionState.TRIALING for each in held)


def say_what_a_pause_is(turn: Turn, _action: ConversationAction) -> bool:
    """Say to who asks what the pause is what it would be, or will; whether they asked."""
    if turn.heard.pressed or turn.slot("open_question") not in _ANYTHING_MAY_BE_ASKED:
        return False
    if _WHATS_THE_PAUSE.fullmatch(plain_text(turn.heard.text)) is None:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"timeline_or_status", "pause", "billing_question"}
    if turn.slot("open_question") in _OFFERED and _open_offer(turn) is not None:
        ask_again(turn)
    else:
        ask_for_offer(turn, "pause")
    return True


def ask_for_offer(turn: Turn, wish: Purpose) -> None:
    """Give what was asked for, if policy has it; else a person can, and leaving stays possible."""
    customer = turn.customer
    if customer is None:
        turn.set("wish_words", None if turn.heard.pressed else turn.heard.text[:2000])
        return ask_who(turn, wish)
    not_open = named_but_not_open(turn, customer) if wish == "pause" else None
    if not_open is not None:
        turn.set("purpose", wish)
        return say_that_one_is_over(turn, customer, not_open)
    if turn.undecided_case is None and _tell_what_is_arranged(turn):
        return turn.nothing_open()
    case = turn.undecided_case or _opened(turn, customer, wish)
    if case is None and open_subscriptions(turn):
        turn.set("purpose", wish)
        return ask_subscription(turn)
    if case is None:
        return go_on_leaving(turn)
    return _ask_about(turn, case, customer, _WISHES[wish])


def _tell_what_is_arranged(turn: Turn) -> bool:
    """Say of the plan they mean what is arranged of it already; whether something is."""
    customer, choices = turn.customer, open_subscriptions(turn)
    said = words_of_wish(turn)
    chosen = meant_in_passing(said, choices) if len(choices) > 1 else list(choices)
    if customer is None or len(chosen) != 1 or not has_something_arranged(chosen[0]):
        return False
    turn.set("wish_words", None)
    say_what_is_arranged(turn, customer, chosen[0])
    return True


def _opened(turn: Turn, customer: Customer, wish: Purpose) -> Case | None:
    """The case of the subscription that is meant, the first of several."""
    choices = open_subscriptions(turn)
    in_passing = meant_to_change if wish == "change_plan" else meant_in_passing
    read = meant if turn.slot("open_question") == "subscription" else in_passing
    chosen = read(words_of_wish(turn), choices) if len(choices) > 1 else list(choices)
    turn.set("wish_words", None)
    if not chosen:
        return None
    case = cases.open_case(turn.session, customer, chosen[0], turn.conversation_id)
    turn.turn_to(case)
    note_plans_to_go(turn, chosen)
    if len(chosen) > 1:
        turn.set("purpose", wish)
        turn.say("utter_one_after_the_other", {"plan": chosen[0].plan.name})
    return case


def _ask_about(turn: Turn, case: Case, customer: Customer, wanted: OfferKind) -> None:
    question = turn.slot("open_question")
    offer = _open_offer(turn)
    if question in _OFFERED and offer is not None and offer.kind is wanted:
        return take_if_plain(turn)
    if offers.offer_on_request(turn.session, case, wanted, turn.policies) is not None:
        return ask_requested_offer(turn)
    say_what_is_possible(turn, case, customer)
    if question in _WAITING:
        return ask_again(turn)
    return turn.nothing_open()


def say_what_is_possible(turn: Turn, case: Case, customer: Customer) -> None:
    """What they asked for is arranged already, or needs a person."""
    subscription = case.subscription
    if has_something_arranged(subscription):
        say_what_is_arranged(turn, customer, subscription)
    else:
        turn.say("utter_wish_needs_a_person", {"plan": subscription.plan.name})
        insists(turn, "pause" if "pause" in turn.heard.intents else "change_plan")


def _open_offer(turn: Turn) -> Offer | None:
    """The offer that waits for an answer."""
    case = turn.case
    offer = offers.offer_of(turn.session, case) if case else None
    return offer if offer is not None and offer.answer is None else None


def wish_on_the_table(turn: Turn) -> Purpose | None:
    """What they asked for by themselves and have not answered yet."""
    offer = _open_offer(turn) if turn.slot("open_question") == "requested_offer" else None
    if offer is None:
        return None
    return next((wish for wish, kind in _WISHES.items() if kind is offer.kind), None)


def _offered_plan(offer: Offer) -> str:
    """The plan that is on offer, if one is."""
    return str(offer.terms.get("offer_plan_name") or "")


def takes_the_call(turn: Turn) -> bool:
    """Whether "a call would be fine" answers the offer of a call, rather than asks for a person."""
    if turn.slot("open_question") != "offer":
        return False
    offer = _open_offer(turn)
    return offer is not None and offer.kind is OfferKind.CALL and _is_plain(turn, offer)
