"""A withdrawal from the contract is heard, and money withdrawn from a card is none."""

import pytest

from offboarding.hearing.hard_moments import declares_withdrawal

DECLARED = [
    "i hereby withdraw",
    "I hereby withdraw.",
    "i hereby withdraw, please refund me",
    "i hereby withdraw from it",
    "hello, i hereby withdraw with immediate effect",
    "We hereby withdraw within the 14 days",
    "i withdraw",
    "I withdraw.",
    "i want to withdraw",
    "i would like to withdraw please",
    "hi, i'd like to withdraw",
    "I am withdrawing",
    "i withdraw from the contract",
    "i want to withdraw from my contract",
    "i want to withdraw from the subscription",
    "im withdrawing from the agreement",
    "i withdraw my order",
    "I withdraw from the purchase",
    "I bought it from you and withdraw from the contract",
    "you can read here that I withdraw from the contract",
    "you charged my card and I withdraw from the contract",
    "i revoke my contract",
    "I withdraw from the contract. Send the money to my card.",
    "ich widerrufe",
    "Ich widerrufe den Vertrag",
    "ich widerrufe, weil ich es nicht brauche",
    "ich widerrufe weil ich es nicht brauche",
    "Hiermit widerrufe ich meine Bestellung",
    "ich möchte nicht kündigen, sondern widerrufen",
    "ich will widerrufen",
    "ejerzo mi derecho de desistimiento",
]
NOT_DECLARED = [
    "why do you keep withdrawing money for the subscription from my card",
    "please stop withdrawing the subscription fee",
    "you withdraw my subscription money on the wrong day",
    "stop withdrawing my subscription",
    "you keep withdrawing for the subscription",
    "you are withdrawing for my subscription twice",
    "u keep withdrawing my subscription twice",
    "they withdraw the subscription from my bank",
    "the bank withdraws for the subscription",
    "you withdraw the subscription too early",
    "you can't withdraw the subscription twice",
    "you should withdraw the subscription on the 5th",
    "why are you withdrawing for an order i never made",
    "withdrawing $29 for my subscription every month",
    "withdraw 29 euros for the subscription later please",
    "withdraw the payment for my order on friday",
    "i take back my permission to withdraw the subscription",
    "i did not allow you to withdraw the subscription",
    "i no longer authorise withdrawing the subscription",
    "there is a withdraw for a subscription on my statement",
    "another withdraw for the subscription came",
    "i want to withdraw the subscription money from my account",
    "don't withdraw the subscription any more",
    "no more withdrawing for this subscription",
    "paypal keeps withdrawing the subscription",
    "i withdraw my complaint",
    "i hereby withdraw my complaint",
    "i hereby withdraw my consent",
    "i withdraw cash at the atm",
    "i want to withdraw my data",
    "i want to withdraw money",
    "can i withdraw?",
    "can i withdraw from the contract",
    "I do not want to withdraw",
    "i don't want to withdraw, only cancel",
    "Ich möchte nicht widerrufen, nur kündigen",
    "ich möchte nicht widerrufen",
    "ich will keinen Widerruf, nur die Kündigung",
    "ich widerrufe nicht",
    "ich widerrufe den Vertrag nicht",
    "kündigen statt widerrufen",
    "kann ich widerrufen?",
    "wie kann ich widerrufen",
    "wie lange kann ich widerrufen",
    "no quiero ejercer el desistimiento",
]


@pytest.mark.parametrize("text", DECLARED)
def test_a_withdrawal_is_heard(text: str) -> None:
    assert declares_withdrawal(text)


@pytest.mark.parametrize("text", NOT_DECLARED)
def test_what_declares_none_is_none(text: str) -> None:
    assert not declares_withdrawal(text)
