"""Which of several subscriptions somebody means: by name, by place, by kind of plan, or all."""

import re
from collections.abc import Callable, Mapping, Sequence

from offboarding.accounts.model import Interval, Subscription, SubscriptionState

_PLACES: Mapping[str, int] = {
    **dict.fromkeys(("first", "1st", "former", "one", "1"), 0),
    **dict.fromkeys(("second", "2nd", "latter", "two", "2"), 1),
    **dict.fromkeys(("third", "3rd", "three", "3"), 2),
    **dict.fromkeys(("fourth", "4th", "four", "4"), 3),
    **dict.fromkeys(("fifth", "5th", "five", "5"), 4),
    "last": -1,
}
_LONGEST_PLACE = 8
"""Words of a message in which "first" is taken for a place."""
_SHORT = 5
"""Words of a message in which a kind of plan needs no noun: "the cheaper"."""
_THING = r"(?:plans?|subscriptions?|subs?|accounts?|ones?|memberships?|contracts?)"
_ALL = re.compile(
    rf"\bboth(?: of)?(?: my| our| the| them| these| those| of them)?(?: \w+)? {_THING}\b"
    r"|\b(?:both|all|each|every one) of (?:them|these|those|it)\b"
    rf"|\ball(?: of)?(?: my| our| the| these| those| \w+)? (?:\w+ )?{_THING}\b"
    r"|\b(?:cancel|end|close|stop|pause) (?:them )?(?:both|all|everything|the lot)\b"
    r"|^(?:ok |yes |well |the )?(?:both|all|everything|each|all of it|the lot)"
    r"(?: please| thanks| now)?\W*$"
    r"|^\W*both\b.{0,12}$",
    re.IGNORECASE,
)
_NOT_ALL = re.compile(r"\bnot (?:both|all)\b|\bat all\b|\bthat'?s all\b", re.IGNORECASE)

_DEAR = (
    r"expensive|(?:more|most) expensive|dear(?:er|est)?|big(?:ger|gest)?|large(?:r|st)|"
    r"pric(?:ier|iest|ey)|costl(?:y|ier)"
)

Pick = Callable[[Sequence[Subscription]], list[Subscription]]


def _by_price(*, highest: bool) -> Pick:
    def pick(choices: Sequence[Subscription]) -> list[Subscription]:
        prices = [_monthly_price(choice) for choice in choices]
        wanted = max(prices) if highest else min(prices)
        found = [each for each, price in zip(choices, prices, strict=True) if price == wanted]
        return found if len(found) == 1 else []

    return pick


def _those(fits: Callable[[Subscription], bool]) -> Pick:
    return lambda choices: [choice for choice in choices if fits(choice)]


_KINDS: Sequence[tuple[str, Pick]] = (
    (r"cheap(?:er|est)?|small(?:er|est)?|low(?:er|est)|less expensive", _by_price(highest=False)),
    (_DEAR, _by_price(highest=True)),
    (r"year(?:ly)?|annual(?:ly)?", _those(lambda each: each.plan.interval is Interval.YEAR)),
    (r"month(?:ly)?", _those(lambda each: each.plan.interval is Interval.MONTH)),
    (r"free", _those(lambda each: each.plan.free)),
    (r"paid|paying", _those(lambda each: not each.plan.free)),
    (r"trial", _those(lambda each: each.state is SubscriptionState.TRIALING)),
    (r"old(?:er|est)?", lambda choices: list(choices[:1])),
    (r"new(?:er|est)?|latest", lambda choices: list(choices[-1:])),
)


def meant(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    """Those that an answer to "which one?" means; nothing when that is not clear."""
    return (
        _placed(said, choices)
        or meant_in_passing(said, choices)
        or _of_kind(said, choices, needs_noun=len(said.split()) > _SHORT)
        or _priced(said, choices)
    )


def meant_in_passing(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    """Those that any message means, when it says so by name, by kind, or speaks of all."""
    if _ALL.search(said) and not _NOT_ALL.search(said):
        return list(choices)
    by_name = _named(said, choices)
    if by_name:
        return by_name
    return _of_kind(said, choices, needs_noun=True)


def meant_to_change(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    """Those whose change is wished: "from Pro to Basic" is about Pro, whoever has both."""
    found = meant_in_passing(said, choices)
    goals = [each for each in found if _is_goal(said, each)]
    left = [each for each in found if each not in goals]
    return left if goals and left else found


def _is_goal(said: str, choice: Subscription) -> bool:
    name = re.escape(choice.plan.name)
    to = r"\b(?:to|into|for|onto)(?: the| my| a)?"
    return re.search(rf"{to} {name}\b", said, re.IGNORECASE) is not None


def named(said: str, choices: Sequence[Subscription]) -> Subscription | None:
    """The one subscription whose plan is named; None when none is, or more than one."""
    found = _named(said, choices)
    return found[0] if len(found) == 1 else None


def _named(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    sentence = said.casefold()
    found, ruled_out = {}, {}
    for choice in sorted(choices, key=lambda each: -len(each.plan.name)):
        name = rf"\b{re.escape(choice.plan.name.casefold())}\b"
        if re.search(rf"\b(?:not|keep|except|but not)(?: the| my)? {name}", sentence):
            ruled_out[choice.id] = choice
        elif re.search(name, sentence):
            found[choice.id] = choice
        sentence = re.sub(name, " ", sentence)
    if ruled_out and not found:
        left = [choice for choice in choices if choice.id not in ruled_out]
        return left if len(left) == 1 else []
    return [choice for choice in choices if choice.id in found]


def _placed(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    words = re.sub(r"[.,!;:#]", " ", said.casefold()).split()
    if len(words) > _LONGEST_PLACE:
        return []
    places = [word for word in words if word in _PLACES]
    if len(places) > 1:  # "the second one"
        places = [word for word in places if word != "one"]
    if len(places) != 1 or (places == ["one"] and words not in (["one"], ["number", "one"])):
        return []
    place = _PLACES[places[0]]
    if place >= len(choices):
        return []
    if "not" in words:
        left = [choice for choice in choices if choice is not choices[place]]
        return left if len(left) == 1 else []
    return [choices[place]]


def _of_kind(said: str, choices: Sequence[Subscription], *, needs_noun: bool) -> list[Subscription]:
    if not choices:
        return []
    noun = rf" (?:\w+ )?{_THING}\b" if needs_noun else ""
    for words, pick in _KINDS:
        if re.search(rf"\b(?:{words})\b{noun}", said, re.IGNORECASE):
            found = pick(choices)
            return found if len(found) == 1 else []
    return []


def _priced(said: str, choices: Sequence[Subscription]) -> list[Subscription]:
    amounts = {int(amount) for amount in re.findall(r"(?<![\w.,])\d{1,5}(?![\w])", said)}
    found = [each for each in choices if each.plan.price_minor // 100 in amounts]
    return found if len(found) == 1 else []


def _monthly_price(subscription: Subscription) -> float:
    plan = subscription.plan
    return plan.price_minor / (12 if plan.interval is Interval.YEAR else 1)
