"""Corrections: not that address, no code came, not that plan."""

import re

from babel.lists import format_list

from actions.awaiting import mail_values
from actions.base import ConversationAction
from actions.leaving import (
    cancels_plan_by_name,
    go_on_with_case,
    named_but_not_open,
    say_that_one_is_over,
)
from actions.naming import meant_in_passing, named
from actions.offering import ask_for_offer, wish_on_the_table
from actions.one_after_the_other import go_to_next_plan, keep_for_later
from actions.questions import ask_again, ask_subscription, open_subscriptions
from actions.turn import Purpose, Turn
from offboarding.accounts.model import Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.handoffs import service as handoffs
from offboarding.hearing.spelling import plain_text
from offboarding.identity import service as identity
from offboarding.identity.service import EmailInvalidError
from offboarding.offers import service as offers

_OTHER_ADDRESS = re.compile(
    r"\b(?:wrong|incorrect|mistyped|misspel\w+|typo|different|another|other|old|not my|not the "
    r"right|not mine)\b[^.!?]{0,25}\b(?:e-?mail|address|mail|account|one)\b"
    r"|\b(?:e-?mail|address|mail)\b[^.!?]{0,15}\b(?:wrong|incorrect|typo|mistake|misspel\w+)\b"
    r"|\bmade a (?:typo|mistake)\b|\btyped (?:it|that|my \w+) wrong\b",
    re.IGNORECASE,
)
_NO_CODE = re.compile(
    r"\bno (?:code|mail|e-?mail|message)\b"
    r"|(?:\b(?:not|never|nothing|still)|n'?t)\b[^.!?]{0,25}\b(?:got|get|gotten|arriv\w+|receiv\w+|"
    r"com(?:e|ing)|came|there|show\w*|see|found|find|have)\b[^.!?]{0,20}(?:\b(?:code|mail|it|"
    r"e-?mail|anything|yet)\b|$)"
    r"|\b(?:code|mail|e-?mail)\b[^.!?]{0,20}\b(?:did not|didn'?t|never|hasn'?t|has not|not)\b"
    r"|\b(?:send|resend|new|another)\b[^.!?]{0,15}\bcode\b|\bresend\b|\bsend (?:it )?again\b",
    re.IGNORECASE,
)
_OTHER_PLAN = re.compile(
    r"\b(?:i )?meant?\b[^.!?]{0,20}\b(?:other|different|one|plan|subscription)\b"
    r"|\b(?:wrong|not that|not this|not the right|different) (?:one|plan|subscription)\b"
    r"|\bthe other (?:plan|subscription)\b|\bnot that one\b",
    re.IGNORECASE,
)


_QUESTION = re.compile(
    r"\W*(?:(?:ok|okay|and|but|so|wait|hm+|hey|sorry|hang on|hold on)\W+)*"
    r"(?:what|whats|which|how|when|why|where|who|is|are|was|were|does|did|(?:do|have|am) i)\b",
    re.IGNORECASE,
)
"""How a question begins, often without its mark. "Can you take the other one" is a wish."""
_ASKS_WHAT_THEY_HAVE = re.compile(
    r"\b(?:what|which|whats)(?:'s|'re)?(?: is| are| was| were)?(?: the| my| our| that)? other"
    r"(?: plans?| subscriptions?| ones?)?(?: that)?(?: (?:do )?(?:i|we)(?:'ve)?"
    r"(?: still| also)?(?: have| got| had| pay for)*| called| then| again| please)*\W*$"
    r"|\b(?:what|which|how many|whats)\b[^.!?]{0,20}\b(?:plans?|subscriptions?)\b[^.!?]{0,10}"
    r"\b(?:do (?:i|we) (?:still |even )?have|(?:i|we) (?:still )?have|have (?:i|we) got|"
    r"am i (?:on|paying for)|are mine)\b"
    r"|\b(?:what|which) are my (?:plans|subscriptions)\b",
    re.IGNORECASE,
)
_MEANT = re.compile(r"\b(?:meant?|wrong)\b", re.IGNORECASE)
_CORRECTING = re.compile(
    r"(?:(?:no|nope|nah|not|wait|sorry|actually|oops|hold|on|hm|well|i|we|it's|its|it|is|was"
    r"|meant|mean|the|my|that|one|ones|plan|subscription|please|pls|rather|instead|just"
    r"|only|cancel|end|stop|cheap|cheaper|cheapest|small|smaller|smallest|expensive"
    r"|bigger|biggest|too|also|and|as|yes|now|then|well|ok|okay"
    r")\b|\W)*",
    re.IGNORECASE,
)
"""With nothing but these beside it, a plan that is named is a correction."""
_TOO = re.compile(r"\b(?:too|also|as well)\b|^\W*and\b", re.IGNORECASE)
_ABOUT_A_PLAN = frozenset({"reason", "offer", "requested_offer", "confirm"})
"""Questions that are asked about one plan."""
_ANSWERS = frozenset({"cancel", "affirm", "deny", "nlu_fallback", "out_of_scope"})
_THE_OTHER_TOO = re.compile(
    r"\bother\b[^.!?]{0,20}\b(?:too|as well|also)\b|\b(?:also|and) the other\b"
    r"|\bboth of them\b|\ball of them\b|\bboth (?:plans|subscriptions)\b|^\W*both\W*$"
    r"|\b(?:cancel|end|yes,?) both\b|\bboth,? please\b",
    re.IGNORECASE,
)


def correct(turn: Turn, _action: ConversationAction) -> bool:
    """Take back what was misunderstood or mistyped; whether that was the answer."""
    if turn.heard.pressed:
        return False
    question = turn.slot("open_question")
    if question == "code" and turn.customer is None:
        return _correct_address(turn)
    if _correct_contact(turn) or _names_plan_that_is_over(turn):
        return True
    return _tell_what_they_have(turn) or _correct_plan(turn) or _add_the_rest(turn)


def _correct_address(turn: Turn) -> bool:
    if turn.heard.entity("email") or turn.heard.entity("code"):
        return False
    said = plain_text(turn.heard.text)
    if _NO_CODE.search(said):
        email = identity.code_mailed_to(turn.session, turn.conversation_id)
        if email is None:
            turn.ask("code", "utter_texted_code_not_arrived")
        else:
            turn.ask("code", "utter_code_not_arrived", {"email": email})
        return True
    if _OTHER_ADDRESS.search(said):
        turn.ask("email", "utter_ask_other_email")
        return True
    return False


def _correct_contact(turn: Turn) -> bool:
    """A stranger corrects the address that a person should answer to."""
    email = turn.heard.entity("email")
    if email is None or turn.customer is not None:
        return False
    if turn.slot("open_question") in {"email", "contact_email"}:
        return False
    hand_off = handoffs.hand_off_of(turn.session, turn.conversation_id)
    if hand_off is None:
        return False
    try:
        handoffs.add_contact(turn.session, hand_off, email)
    except EmailInvalidError:
        return False
    turn.say("utter_person_will_mail", mail_values(turn, hand_off, email))
    return True


def _names_plan_that_is_over(turn: Turn) -> bool:
    """They cancel a plan by its name that is cancelled already, while another is talked about."""
    customer, case = turn.customer, turn.undecided_case
    if customer is None or case is None or turn.slot("open_question") not in _ABOUT_A_PLAN:
        return False
    if "cancel" not in turn.heard.intents and not cancels_plan_by_name(turn):
        return False
    over = named_but_not_open(turn, customer)
    if over is None:
        return False
    turn.set("misunderstood", None)
    cases.keep(turn.session, case)
    say_that_one_is_over(turn, customer, over)
    return True


def asks(said: str) -> bool:
    """Whether it is a question, with its mark or without; "which? I meant the other" is none."""
    asks = "?" in said or _QUESTION.match(said) is not None
    return asks and _MEANT.search(said) is None


def _correct_plan(turn: Turn) -> bool:
    """Not the plan that the case is about, but another of theirs, or that one too."""
    said, question = plain_text(turn.heard.text), turn.slot("open_question")
    if question not in _ABOUT_A_PLAN or asks(said):
        return False
    case = turn.undecided_case
    others = [] if case is None else _others(turn, case)
    if case is None or not others:
        return False
    if question in {"reason", "confirm"} and _THE_OTHER_TOO.search(said):
        keep_for_later(turn, others)
        turn.say("utter_one_after_the_other", {"plan": case.subscription.plan.name})
        ask_again(turn)
        return True
    meant = _meant_instead(turn, case, others)
    if meant is not None and question in {"reason", "confirm"} and _TOO.search(said):
        keep_for_later(turn, [meant])
        turn.say("utter_one_after_the_other", {"plan": case.subscription.plan.name})
        ask_again(turn)
        return True
    if meant is None and _OTHER_PLAN.search(said) is None:
        return False
    meant = meant or named(said, others) or (others[0] if len(others) == 1 else None)
    wish = None if turn.slot("purpose") == "leave" else wish_on_the_table(turn)
    cases.keep(turn.session, case)
    if meant is None:
        ask_subscription(turn)
    else:
        if _only_corrects(said, [case.subscription, meant]):  # "no basic" sounds like a reason
            turn.set("heard_reason", turn.slots.get("heard_reason"))
            turn.set("heard_reason_words", turn.slots.get("heard_reason_words"))
        turn_to_other_plan(turn, case, meant, wish)
    return True


def _tell_what_they_have(turn: Turn) -> bool:
    """Name all their plans to who asks, at one of them, which they have; whether that was asked."""
    said, plans = plain_text(turn.heard.text), open_subscriptions(turn)
    if turn.slot("open_question") not in _ABOUT_A_PLAN or len(plans) < 2:
        return False
    if not asks(said) or _ASKS_WHAT_THEY_HAVE.search(said) is None:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"change_plan", "billing_question", "timeline_or_status"}
    names = [each.plan.name for each in plans]
    turn.say("utter_plans_they_have", {"plans": format_list(names, locale="en")})
    ask_again(turn)
    return True


def _add_the_rest(turn: Turn) -> bool:
    """One plan is cancelled, and now the other one too."""
    customer, said = turn.customer, plain_text(turn.heard.text)
    if turn.slot("open_question") not in {None, "export", "wish"} or customer is None:
        return False
    if not turn.slot("cancelled_in_talk") or _THE_OTHER_TOO.search(said) is None:
        return False
    keep_for_later(turn, open_subscriptions(turn))
    return go_to_next_plan(turn, customer)


def _meant_instead(turn: Turn, case: Case, others: list[Subscription]) -> Subscription | None:
    """The other plan of theirs that they name in place of the one that is talked about."""
    said, this = plain_text(turn.heard.text), case.subscription
    chosen = meant_in_passing(said, [this, *others])
    if len(chosen) != 1 or chosen[0].id == this.id:
        return None
    other = chosen[0]
    if _MEANT.search(said) or re.search(rf"\bnot\W+(?:the )?{_name(this)}\b", said, re.IGNORECASE):
        return other
    if turn.slot("open_question") == "confirm" and turn.heard.leading in _ANSWERS:
        return other
    if _offered_in(turn) == other.plan.name.casefold():
        return None  # it may be the offer that they take
    cancels = rf"\b(?:cancel|end|stop|close|terminate) (?:my |the )?{_name(other)}\b"
    if re.search(cancels, said, re.IGNORECASE):
        return other
    return other if _only_corrects(said, [this, other]) else None


def _only_corrects(said: str, named_in_it: list[Subscription]) -> bool:
    names = "|".join(_name(each) for each in named_in_it)
    rest = re.sub(rf"\b(?:{names})\b", " ", said, flags=re.IGNORECASE)
    return _CORRECTING.fullmatch(rest) is not None


def _name(subscription: Subscription) -> str:
    return re.escape(subscription.plan.name)


def _offered_in(turn: Turn) -> str | None:
    """The plan that is on offer at the open question, if one is."""
    case = turn.case
    offer = offers.offer_of(turn.session, case) if case is not None else None
    if offer is None or turn.slot("open_question") not in {"offer", "requested_offer"}:
        return None
    return str(offer.terms.get("offer_plan_name") or "").casefold()


def _others(turn: Turn, case: Case) -> list[Subscription]:
    return [each for each in open_subscriptions(turn) if each.id != case.subscription_id]


def turn_to_other_plan(
    turn: Turn, before: Case, subscription: Subscription, wish: Purpose | None = None
) -> None:
    """Go on with another subscription from where they were; nobody is asked why twice.

    `wish` is what they asked for in place of leaving, if they did.
    """
    case = cases.open_case(turn.session, before.customer, subscription, turn.conversation_id)
    turn.turn_to(case)
    if case.reason is None and (before.reason or before.reason_skipped):
        cases.record_reason(turn.session, case, before.reason, before.reason_words)
    turn.say("utter_other_plan", {"plan": subscription.plan.name})
    if wish is not None:
        turn.nothing_open()
        return ask_for_offer(turn, wish)
    return go_on_with_case(turn, case)
