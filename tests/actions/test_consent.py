"""A yes is a yes only when it can be nothing else."""

import pytest

from actions.consent import CANCELLING, TAKING_BACK, is_plain_yes, names_offer, takes_offer
from offboarding.offers.model import OfferKind

YES = [
    "yes",
    "Yes!",
    "yes please",
    "yep",
    "ok",
    "Okay, do it",
    "sure, go ahead",
    "just do it",
    "ok do that",
    "yes go for it",
    "cancel it",
    "cancel it now please",
    "yes, cancel Pro",
    "yes cancel my subscription",
    "I want to cancel my plan",
    "Yes \u2013 cancel it, thank you",
    "👍🏽",
    "ja bitte",
    "sí",
    "yess plz do",
    "yse",
    "yesss",
    "yeahh",
    "aye",
    "sure thing",
    "ok go",
    "ok yes",
    "yes yes yes",
    "yes go on",
    "go on then, yes",
    "right, do it",
    "ok do so",
    "yes, do cancel",
    "yes that's right",
    "yes I'm sure",
    "yes, that is what I want",
    "that's correct",
    "of course",
    "fine",
    "kk",
]
NO = [
    "ye olde plan",
    "yes go away",
    "go on",
    "go",
    "ok go on",
    "fine thanks",
    "fine, thank you",
    "yes I'm not sure",
    "yes that's wrong",
    "yes that's what I pay",
    "fine print",
    "fine, keep it",
    "of course not",
    "right",
    "do cancel culture",
    "wait nah i mean do it",
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
    "yes " + "please " * 30,
    "I'll do it",
    "I'll cancel it",
    "I will do it now",
    "ja ja",
    "ja ja ja",
    "ok stop this",
    "yes stop that",
    "ok, cancel that",
    "ok today",
    "ok of course",
]


@pytest.mark.parametrize("text", YES)
def test_a_plain_yes_counts(text: str) -> None:
    assert is_plain_yes(text, CANCELLING, "Pro")


@pytest.mark.parametrize("text", NO)
def test_anything_that_could_mean_something_else_does_not(text: str) -> None:
    assert not is_plain_yes(text, CANCELLING, "Pro")


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yes, take it back",
        "undo it please",
        "keep my plan",
        "yes, please restore",
        "yes restart it",
        "yes I want it back",
        "yes bring my plan back",
    ],
)
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
    ("text", "kind"),
    [
        ("pause", OfferKind.PAUSE),
        ("yes, pause Pro", OfferKind.PAUSE),
        ("sounds good", OfferKind.PAUSE),
        ("sure, why not", OfferKind.PAUSE),
        ("yes the cheaper plan sounds good", OfferKind.SMALLER_PLAN),
        ("Basic", OfferKind.SMALLER_PLAN),
        ("alright ill take the basic one", OfferKind.SMALLER_PLAN),
        ("I'll take Basic then", OfferKind.SMALLER_PLAN),
        ("a call would be fine", OfferKind.CALL),
        ("I'll move to Basic please", OfferKind.SMALLER_PLAN),
        ("yes, change it", OfferKind.SMALLER_PLAN),
        ("move me to basic please", OfferKind.SMALLER_PLAN),
        ("the second one", OfferKind.DISCOUNT),
        ("a call first", OfferKind.CALL),
        ("ok have him call us", OfferKind.CALL),
        ("let me try it longer", OfferKind.TRIAL_EXTENSION),
    ],
)
def test_an_offer_is_taken_with_words_of_its_own(text: str, kind: OfferKind) -> None:
    assert takes_offer(text, kind, "Pro", "Basic" if kind is OfferKind.SMALLER_PLAN else "")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pause", OfferKind.SMALLER_PLAN),
        ("Basic", OfferKind.PAUSE),
        ("Pro", OfferKind.PAUSE),
        ("pause?", OfferKind.PAUSE),
        ("why not", OfferKind.PAUSE),
        ("no pause", OfferKind.PAUSE),
        ("how much is basic", OfferKind.SMALLER_PLAN),
        ("cancel it", OfferKind.DISCOUNT),
        ("both", OfferKind.CALL),
        ("yes i want my plan", OfferKind.SMALLER_PLAN),
        ("ok for now", OfferKind.PAUSE),
        ("please", OfferKind.PAUSE),
        ("I'd rather not", OfferKind.CALL),
        ("other offer", OfferKind.DISCOUNT),
        ("the other plan", OfferKind.CALL),
        ("the other one", OfferKind.PAUSE),
        ("offer", OfferKind.PAUSE),
        ("I want a lower price", OfferKind.SMALLER_PLAN),
        ("cheaper price please", OfferKind.SMALLER_PLAN),
        ("I'll switch", OfferKind.SMALLER_PLAN),
        ("change", OfferKind.SMALLER_PLAN),
        ("i want no call", OfferKind.CALL),
        ("no more phone calls, I want a human by mail", OfferKind.CALL),
        ("call me later maybe", OfferKind.CALL),
        ("I'll call you", OfferKind.CALL),
        ("call me crazy", OfferKind.CALL),
        ("first", OfferKind.TRIAL_EXTENSION),
    ],
)
def test_what_may_mean_something_else_takes_no_offer(text: str, kind: OfferKind) -> None:
    assert not takes_offer(text, kind, "Pro", "Basic" if kind is OfferKind.SMALLER_PLAN else "")


def test_between_two_choices_the_offer_has_to_be_named() -> None:
    assert names_offer("yes, the cheaper one", OfferKind.SMALLER_PLAN, "Pro", "Basic")
    assert not names_offer("yes", OfferKind.SMALLER_PLAN, "Pro", "Basic")
    assert not names_offer("sure why not", OfferKind.PAUSE, "Pro")
