"""Which of several plans somebody means: by name, by place, by kind, or all of them."""

import pytest

from actions.naming import meant, meant_in_passing, meant_to_change, named
from offboarding.accounts.model import Interval, Plan, Subscription, SubscriptionState


def subscription(
    name: str,
    price_minor: int,
    interval: Interval = Interval.MONTH,
    state: SubscriptionState = SubscriptionState.ACTIVE,
) -> Subscription:
    plan = Plan(
        id=name.lower(), name=name, price_minor=price_minor, interval=interval, currency="EUR"
    )
    return Subscription(id=name, plan_id=plan.id, plan=plan, state=state)


PRO = subscription("Pro", 2900)
BASIC = subscription("Basic", 900)
YEARLY = subscription("Pro yearly", 29000, Interval.YEAR)
TRIAL = subscription("Studio", 4900, state=SubscriptionState.TRIALING)
FREE = subscription("Free", 0)

TWO = [
    ("the second one", [BASIC]),
    ("2", [BASIC]),
    ("first", [PRO]),
    ("the first one please", [PRO]),
    ("number one", [PRO]),
    ("the last one", [BASIC]),
    ("the latter", [BASIC]),
    ("not the first one", [BASIC]),
    ("Basic", [BASIC]),
    ("the basic plan, please", [BASIC]),
    ("not Pro", [BASIC]),
    ("cancel Pro but keep Basic", [PRO]),
    ("the cheaper one", [BASIC]),
    ("the cheapest", [BASIC]),
    ("the smaller plan", [BASIC]),
    ("the more expensive one", [PRO]),
    ("the big one", [PRO]),
    ("the 9 euro one", [BASIC]),
    ("29", [PRO]),
    ("both", [PRO, BASIC]),
    ("both of them", [PRO, BASIC]),
    ("both please", [PRO, BASIC]),
    ("all of them", [PRO, BASIC]),
    ("all", [PRO, BASIC]),
    ("everything", [PRO, BASIC]),
    ("Pro and Basic", [PRO, BASIC]),
    ("the lot", [PRO, BASIC]),
    ("the third one", []),
    ("7", []),
    ("the other one", []),
    ("hm, the one for my notes", []),
    ("not at all", []),
    ("I don't know", []),
    ("no", []),
    ("", []),
]
OF_FIVE = [
    ("the yearly one", [YEARLY]),
    ("the annual plan", [YEARLY]),
    ("the trial", [TRIAL]),
    ("the free one", [FREE]),
    ("Pro yearly", [YEARLY]),
    ("Pro", [PRO]),
    ("the monthly one", []),
    ("the fifth", [FREE]),
]
IN_PASSING = [
    ("cancel both my plans", [PRO, BASIC]),
    ("please cancel all my subscriptions, they cost too much", [PRO, BASIC]),
    ("cancel my cheaper plan", [BASIC]),
    ("I want to cancel Basic because it's slow", [BASIC]),
    ("cancel, it's too expensive", []),
    ("cancel it, first of all because of the price", []),
    ("cancel because both my phone and my laptop broke", []),
    ("cancel, that's all", []),
    ("I'd like to cancel one of them", []),
]


@pytest.mark.parametrize(("said", "expected"), TWO)
def test_an_answer_names_one_or_all_of_two_plans(said: str, expected: list[Subscription]) -> None:
    assert meant(said, [PRO, BASIC]) == expected


@pytest.mark.parametrize(("said", "expected"), OF_FIVE)
def test_a_plan_is_named_by_its_kind(said: str, expected: list[Subscription]) -> None:
    assert meant(said, [PRO, BASIC, YEARLY, TRIAL, FREE]) == expected


@pytest.mark.parametrize(("said", "expected"), IN_PASSING)
def test_a_wish_may_say_in_passing_which_plan(said: str, expected: list[Subscription]) -> None:
    assert meant_in_passing(said, [PRO, BASIC]) == expected


def test_two_named_plans_are_not_one() -> None:
    assert named("Pro and Basic", [PRO, BASIC]) is None
    assert named("Pro yearly", [PRO, YEARLY]) is YEARLY


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("can i change Pro to Basic", [PRO]),
        ("move me from pro to the basic plan", [PRO]),
        ("change Pro and Basic to yearly", [PRO, BASIC]),
        ("to Basic please", [BASIC]),
    ],
)
def test_a_change_is_about_the_plan_that_is_left(said: str, about: list[Subscription]) -> None:
    assert meant_to_change(said, [PRO, BASIC]) == about
