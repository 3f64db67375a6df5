"""Which of several plans shall go and which stay, by the words that name them."""

import pytest

from actions.which_goes import said_of_plans
from offboarding.accounts.model import Interval, Plan, Subscription

GOES = [
    ("Get rid of Basic. Pro I keep.", ["Basic"], ["Pro"]),
    ("cancel Basic", ["Basic"], []),
    ("please close Basic, but I keep Pro", ["Basic"], ["Pro"]),
    ("Pro should go, Basic should remain", ["Pro"], ["Basic"]),
    ("leave pro, kill basic", ["Basic"], ["Pro"]),
    ("stop Pro, keep Basic", ["Pro"], ["Basic"]),
    ("the basic plan can go", ["Basic"], []),
    ("basic away please", ["Basic"], []),
    ("pro stays, basic goes", ["Basic"], ["Pro"]),
    ("drop the pro and the basic", ["Pro", "Basic"], []),
    ("cancel Basic because Pro is enough", ["Basic"], []),
    ("don't cancel Pro, cancel Basic", ["Basic"], ["Pro"]),
    ("cancel pro not basic", ["Pro"], ["Basic"]),
    ("can you stop basic and leave pro as it is", ["Basic"], ["Pro"]),
]
NOTHING_GOES = [
    "if i cancel basic what happens to pro",
    "what happens to pro when I cancel basic?",
    "will i lose pro if i cancel basic",
    "do i have to cancel basic to keep pro",
    "would it close pro",
    "move me from pro to basic",
    "change pro to basic",
    "i cancelled basic already",
    "basic goes well with pro",
    "stop charging me for basic",
    "I don't want to cancel Basic",
    "please never end my basic plan",
    "cancel basic, no keep basic",
    "cancel it",
    "basic",
    "we could go on with basic",
    "pro goes on",
]


@pytest.fixture
def plans() -> list[Subscription]:
    def of(name: str) -> Subscription:
        plan = Plan(name=name, price_minor=900, currency="EUR", interval=Interval.MONTH)
        return Subscription(plan=plan)

    return [of("Pro"), of("Basic")]


@pytest.mark.parametrize(("text", "go", "stay"), GOES)
def test_what_goes_and_what_stays(
    text: str, go: list[str], stay: list[str], plans: list[Subscription]
) -> None:
    said = said_of_plans(text, plans)
    assert [each.plan.name for each in said.go] == go
    assert [each.plan.name for each in said.stay] == stay


@pytest.mark.parametrize("text", NOTHING_GOES)
def test_nothing_goes_by_words_that_say_something_else(
    text: str, plans: list[Subscription]
) -> None:
    assert not said_of_plans(text, plans).go
