"""What is agreed of a plan and has yet to come: another plan, or a pause. It is said as it is."""

import re
from typing import Literal

from actions.turn import Turn
from actions.values import payment_values
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.entries import price_at
from offboarding.cases.model import Case
from offboarding.hearing.spelling import plain_text
from offboarding.offers.model import Offer
from offboarding.offers.taking_back import to_be_taken_back
from offboarding.wording import date_text, money_text

_WHAT = r"(?:pause|change|plan change|move|switch|downgrade|break)"
_BACK = re.compile(
    r"\b(?:undo|reverse|revert|cancel|stop|end|drop|scrap|lift|remove|forget|call off|get rid of|"
    r"take back|without|against)\b(?: \w+)?? (?:the |that |this |my )?"
    rf"{_WHAT}\b"
    rf"|\btake (?:the|that|this|my) {_WHAT} back\b"
    r"|(?:n'?t|\bnot|\bno longer)(?: \w+){0,2}? (?:want|need)(?: to)?(?: \w+)? pause\b"
    r"|(?:n'?t|\bdo not|\bnot to|\bno) pause\b|\bun-?pause\b|\bresume\b"
    r"|\b(?:put|move|switch|change|bring|set) (?:me|us|it|that|this) back\b"
    r"|\bgo back (?:to|on)\b"
    r"|^\W*(?:\w+\W+){0,4}(?:undo|reverse|revert)(?: (?:it|that|this|please|again))*\W*$"
    r"|\btake (?:it|that|this) back\b",
    re.IGNORECASE,
)
_STAY_ON = (
    r"\b(?:stay|remain|keep me|leave me|back|stick)(?: \w+)?? (?:on|with|to|at|in) (?:my |the )?"
)
_NOT_THE_OTHER = (
    r"(?:n'?t|\bnot|\bno longer)(?: \w+){0,2}? (?:want|need|move to|go to|like) (?:the )?"
)
_LEAVES = re.compile(
    r"\b(?:cancel|end|stop|quit|terminate) (?:it|everything|all|my (?!pause|change|move)\w+)\b"
    r"|\b(?:unsubscribe|leave you|delete)\b|\bcancel\W*$",
    re.IGNORECASE,
)


def has_something_arranged(subscription: Subscription) -> bool:
    """Whether it goes on otherwise than it is today: as another plan, or after a pause."""
    paused_until = subscription.paused_until
    pauses = paused_until is not None and paused_until > clock.now()
    return subscription.renews and (subscription.next_plan is not None or pauses)


def arranged_of(turn: Turn, customer: Customer) -> list[Subscription]:
    """The plans of theirs of which something is arranged."""
    held = accounts.subscriptions(turn.session, customer.account_id)
    return [subscription for subscription in held if has_something_arranged(subscription)]


def asks_about_arranged(text: str, subscription: Subscription) -> bool:
    """Whether a question is about what is arranged: "when does the pause start?"."""
    next_plan = subscription.next_plan
    if not has_something_arranged(subscription):
        return False
    name = re.escape(next_plan.name) if next_plan is not None else r"(?!)"
    about = rf"\b(?:paus\w*|break|changes?|changed|move[ds]?|switch\w*|agreed?|arranged|{name})\b"
    return re.search(about, plain_text(text), re.IGNORECASE) is not None


def say_what_is_arranged(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """Say what it will be, from when and at what price, and who can take that back."""
    ours = to_be_taken_back(turn.session, subscription) is not None
    kind = f"{what_is(subscription)}{'' if ours else '_elsewhere'}"
    turn.say(f"utter_arranged_{kind}", arranged_values(turn, customer, subscription))


def ask_whether_to_take_back(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """Shall it go on as it is, and be charged on the day on which the other would begin?"""
    values = arranged_values(turn, customer, subscription)
    turn.answered |= {"timeline_or_status", "billing_question"}  # they are among what is said
    turn.ask("undo", f"utter_ask_undo_{what_is(subscription)}", values)


def offer_to_take_back(turn: Turn, case: Case) -> Offer | None:
    """What was agreed in this case, while it can be taken back."""
    offer = to_be_taken_back(turn.session, case.subscription)
    return offer if offer is not None and offer.case_id == case.id else None


def wants_back(turn: Turn, customer: Customer) -> bool:
    """Whether the words want something taken back that is arranged: "put me back on Pro"."""
    said = plain_text(turn.heard.text)
    arranged = arranged_of(turn, customer)
    if not arranged or _LEAVES.search(said):
        return False
    if _BACK.search(said) is not None:
        return True
    return any(_names_it(said, subscription) for subscription in arranged)


def _names_it(said: str, subscription: Subscription) -> bool:
    plan, next_plan = subscription.plan, subscription.next_plan
    if re.search(rf"{_STAY_ON}{re.escape(plan.name)}\b", said, re.IGNORECASE):
        return True
    if next_plan is None:
        return False
    other = rf"{_NOT_THE_OTHER}{re.escape(next_plan.name)}\b"
    return re.search(other, said, re.IGNORECASE) is not None


def arranged_values(turn: Turn, customer: Customer, subscription: Subscription) -> dict[str, str]:
    """The values that texts name of what is arranged; `price` is what is charged without it."""
    values = payment_values(subscription, customer, turn.billing)
    next_plan, plan = subscription.next_plan, subscription.plan
    starts_at = subscription.period_end
    if starts_at is not None:
        price_minor = price_at(subscription, plan, starts_at)
        values["price"] = money_text(price_minor, plan.currency, customer.locale)
    if next_plan is not None:
        values["offer_plan_name"] = next_plan.name
        values["offer_price"] = money_text(
            next_plan.price_minor, next_plan.currency, customer.locale
        )
        values["interval"] = next_plan.interval.value
    elif subscription.paused_until is not None:
        starts_at = subscription.paused_from or starts_at
        values["offer_ends_on"] = date_text(subscription.paused_until, customer)
    if starts_at is not None:
        values["starts_on"] = date_text(starts_at, customer)
    return values


def what_is(subscription: Subscription) -> Literal["plan", "pause"]:
    """What is arranged of it."""
    return "plan" if subscription.next_plan is not None else "pause"
