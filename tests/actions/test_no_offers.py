"""Who wants to hear of no offer hears of none; who misses one is not taken for them."""

import pytest

from actions.no_offers import refuses_offers
from tests.actions.conftest import Hearing


@pytest.mark.parametrize(
    "text",
    [
        "don't offer me anything",
        "Just cancel, I don't want any offers.",
        "keep your discounts",
        "spare me the deals please",
        "no offers, no vouchers",
        "and stop pitching me things",
        "No call please, it's decided.",
        "no need to call me",
    ],
)
def test_a_no_to_offers_is_told_by_its_words(text: str) -> None:
    assert refuses_offers(text)


@pytest.mark.parametrize(
    "text",
    [
        "keep the discount",
        "you don't offer any export",
        "why don't you offer me a discount",
        "no discount?",
        "there is no discount for students",
        "you gave me no discount",
        "do not sell my data",
        "I never got an offer",
        "I got no call",
        "no call back for weeks",
        "you do not call me",
        "there's no call option",
    ],
)
def test_what_only_speaks_of_offers_is_none(text: str) -> None:
    assert not refuses_offers(text)


def test_a_no_to_offers_counts_for_the_talk(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it, and no offers please")
    said = amara.hear("action_take_reason", "reason_price", text="it costs too much")
    assert said == ["utter_acknowledge_too_expensive", "utter_ask_confirm_paid"]


def test_a_no_to_offers_at_the_yes_takes_nothing_back(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip", text="skip")
    said = amara.hear("action_decline_confirmation", "deny", text="don't offer me anything")
    assert said == ["utter_ask_confirm_again"]
    assert amara.question == "confirm"
