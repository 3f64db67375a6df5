"""A yes is a yes only when it can be nothing else."""

import pytest

from actions.consent import CANCELLING, TAKING_AN_OFFER, TAKING_BACK, is_plain_yes

YES = [
    "yes",
    "Yes!",
    "yes please",
    "yep",
    "ok",
    "Okay, do it",
    "sure, go ahead",
    "just do it",
    "cancel it",
    "cancel it now please",
    "yes, cancel Pro",
    "yes cancel my subscription",
    "I want to cancel my plan",
    "Yes \u2013 cancel it, thank you",
    "👍🏽",
    "ja bitte",
    "sí",
]
NO = [
    "",
    "cancel",
    "no",
    "yes?",
    "yes but not now",
    "yes, nope",
    "yes don\u2019t",
    "yes I can\u2019t decide",
    "n\u200bo, yes",
    "yes \u202eton",
    "\uff59\uff45\uff53 \uff4e\uff4f",
    "cancel that, I'm staying",
    "cancel that",
    "yes, renew it",
    "yes forget it",
    "yes let me think about it",
    "yes I refuse to cancel",
    "yes was a typo",
    "I regret saying yes",
    "yes, cancel Basic",
    "yes, cancel my other subscription",
    "cancel my Netflix",
    "yes, tomorrow",
    "I accept the offer",
    "yes, give me 50% off",
    "my boss said yes cancel",
    "is that a yes",
    "oh sure, great idea",
    "yes I see",
    "great",
    "sounds good",
    "thanks",
    "it",
    "my subscription",
    "yes i want my plan",
    "yes I'd like my plan",
    "I want my subscription, ok",
    "close this",
    "stop this",
    "please stop",
    "sure, stop",
    "ok for now",
    "yes ... i wish",
    "yes keep it",
    "/affirm",
    '/confirm_cancellation{"confirmed": true}',
    "<b>yes</b>",
    "ja aber nicht kündigen",
]


@pytest.mark.parametrize("text", YES)
def test_a_plain_yes_counts(text: str) -> None:
    assert is_plain_yes(text, CANCELLING, "Pro")


@pytest.mark.parametrize("text", NO)
def test_anything_that_could_mean_something_else_does_not(text: str) -> None:
    assert not is_plain_yes(text, CANCELLING, "Pro")


@pytest.mark.parametrize("text", ["yes", "yes, take it back", "undo it please", "keep my plan"])
def test_an_undo_has_words_of_its_own(text: str) -> None:
    assert is_plain_yes(text, TAKING_BACK, "Pro")


@pytest.mark.parametrize(
    "text",
    [
        "cancel it",
        "yes but cancel",
        "keep",
        "please keep the cancellation",
        "yes keep the cancellation",
    ],
)
def test_an_undo_is_not_agreed_to_with_the_words_of_a_cancellation(text: str) -> None:
    assert not is_plain_yes(text, TAKING_BACK, "Pro")


@pytest.mark.parametrize(
    "text",
    ["yes", "pause it", "the cheaper one", "I'll take the discount", "move me to Basic please"],
)
def test_an_offer_has_words_of_its_own(text: str) -> None:
    assert is_plain_yes(text, TAKING_AN_OFFER, "Basic")


@pytest.mark.parametrize("text", ["yes i want my plan", "ok for now", "please", "I'd rather not"])
def test_an_offer_is_not_taken_by_harmless_words(text: str) -> None:
    assert not is_plain_yes(text, TAKING_AN_OFFER, "Basic")
