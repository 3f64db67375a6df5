"""Of several plans one goes and another stays: "get rid of Basic, Pro I keep".

The name of a smaller plan sounds like the wish for it, so that the model hears a change of plan.
Who says what shall become of a plan of theirs is taken at their word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.base import ConversationAction
from actions.correcting import asks, turn_to_other_plan
from actions.leaving import begin_leaving
from actions.one_after_the_other import note_plans_to_go
from actions.questions import ask_again, open_subscriptions
from actions.turn import Turn
from offboarding.accounts.model import Subscription
from offboarding.cases import service as cases
from offboarding.hearing.spelling import written_out

_ANYWHERE = frozenset(
    {None, "wish", "meaning", "subscription", "reason", "offer", "requested_offer", "confirm"}
)
"""The questions at which it is looked for; elsewhere it is about something else."""
_MORE_THAN_THAT = frozenset({"human", "pause"})
"""Wishes beside which it is not all that they want."""
_PLAN = "\0"
_BEFORE_PLAN = r"(?: (?:the|my|our|that|this|just|only|all of|plan|subscription|called))*"
_AFTER_PLAN = r"(?: (?:plan|one|subscription|account))?"
_NUMBER = rf"{_PLAN}(\d+){_PLAN}"
_MORE = rf"(?:,? (?:and|&|plus)(?: the| my)? {_PLAN}\d+{_PLAN})*"
_NO = r"(?:don't|do not|not to|never|without|not)"
_WHAT_IF = (
    r"(?:if|when|once|before|after|unless|whether|should|how|why|what|had|have|has|was|were|tried|"
    r"(?:will|would|do|must|shall|may) (?:i|we|it))"
)
_ENDS = (
    r"(?:cancel|close|end|stop|kill|drop|ditch|dump|remove|terminate|quit|axe|bin|scrap|"
    r"(?:get )?rid of|finish|unsubscribe(?: me)? from)"
)
_GOES = re.compile(
    rf"(?<!\w)(?<!{_PLAN} ){_ENDS}{_BEFORE_PLAN} {_NUMBER}{_MORE}"
    rf"|{_NUMBER}{_AFTER_PLAN}(?: (?:should|can|could|must|has to|have to|needs to|is to|will|"
    r"shall|may|just|now|please))* (?:goes|go|away|out|off|be (?:cancelled|canceled|closed|ended|"
    r"stopped|gone))(?! (?:on|well|up|down|back|with|to)\b)(?!\w)"
)
_STAYS = re.compile(
    rf"(?<!\w)(?:keep|keeping|retain|(?:only|just|still|do) (?:want|need)|(?:want|need) only|"
    rf"stay (?:with|on)|hold on to|leave|except|(?:but |and )?not|{_NO} {_ENDS})"
    rf"{_BEFORE_PLAN} {_NUMBER}"
    rf"|{_NUMBER}{_AFTER_PLAN},? (?:(?:is what )?i(?:'ll| will| want to|'d like to| would like to)?"
    r" (?:keep|want to stay)|(?:should |can |must |has to |shall |will )?(?:stays?|remains?|"
    r"be kept|goes on|go on|is staying|is to stay))(?!\w)"
)
_TURNED = re.compile(rf"(?:{_NO}|{_WHAT_IF})(?: \w+){{0,4}} \Z")
"""Before the verb: "don't cancel", "if I cancel"; then nothing is to end by it."""


@dataclass(frozen=True)
class SaidOfPlans:
    """What is said of somebody's plans: those that shall end, and those that shall not."""

    go: tuple[Subscription, ...]
    stay: tuple[Subscription, ...]


def said_of_plans(text: str, plans: Sequence[Subscription]) -> SaidOfPlans:
    """Which of these plans shall go and which stay, by plain words that name them.

    Nothing of both when the words contradict themselves or ask.
    """
    said = _numbered(text, plans)
    going = {
        number
        for found in _GOES.finditer(said)
        if not _TURNED.search(_sentence_before(said, found.start()))
        for number in _numbers(found[0])
    }
    staying = {number for found in _STAYS.finditer(said) for number in _numbers(found[0])}
    if asks(text) or going & staying:
        return SaidOfPlans((), ())
    return SaidOfPlans(
        tuple(plan for number, plan in enumerate(plans) if number in going),
        tuple(plan for number, plan in enumerate(plans) if number in staying),
    )


def end_the_plan_that_goes(turn: Turn, _action: ConversationAction) -> bool:
    """Go on with the plan that shall end, by its name; whether that was the answer."""
    customer = turn.customer
    if customer is None or turn.heard.pressed or turn.slot("open_question") not in _ANYWHERE:
        return False
    if _MORE_THAN_THAT.intersection(turn.heard.intents):
        return False
    plans = open_subscriptions(turn)
    said = said_of_plans(turn.heard.text, plans) if len(plans) > 1 else SaidOfPlans((), ())
    case = turn.undecided_case
    at_hand = case is not None and case.subscription in said.go
    if not said.go or (at_hand and not said.stay and len(said.go) == 1):
        return False
    turn.set("misunderstood", None)
    turn.set("purpose", "leave")
    turn.answered |= {"change_plan", "keep_subscription"}
    if case is None:
        turn.nothing_open()
        begin_leaving(turn, customer, said.go)
    elif at_hand:
        note_plans_to_go(turn, [case.subscription, *_without(said.go, case.subscription)])
        ask_again(turn)
    else:
        cases.keep(turn.session, case)
        note_plans_to_go(turn, said.go)
        turn.nothing_open()
        turn_to_other_plan(turn, case, said.go[0])
    return True


def _without(plans: Sequence[Subscription], this: Subscription) -> list[Subscription]:
    return [plan for plan in plans if plan is not this]


def _numbered(text: str, plans: Sequence[Subscription]) -> str:
    """The text in lower case, with a number between marks for the name of each plan."""
    said = " ".join(written_out(text).casefold().replace(_PLAN, " ").split())
    by_length = sorted(enumerate(plans), key=lambda each: -len(each[1].plan.name))
    for number, plan in by_length:
        name = re.escape(plan.plan.name.casefold())
        said = re.sub(rf"(?<!\w){name}(?!\w)", f"{_PLAN}{number}{_PLAN}", said)
    return said


def _numbers(words: str) -> set[int]:
    return {int(number) for number in re.findall(_NUMBER, words)}


def _sentence_before(said: str, end: int) -> str:
    return re.split(r"[.!?;,:]", said[:end])[-1]
