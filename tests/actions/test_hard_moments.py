"""Hard moments are told from what only sounds like one; each side has its price."""

import pytest

from actions.hard_moments import HardMoment, hard_moment, is_crisis

SPOKEN_OF = {
    HardMoment.BEREAVEMENT: [
        "my husband died last week, please cancel his plan",
        "My mum\u2019s passed away and I'm closing her accounts",
        "he passed away in march",
        "she has sadly died",
        "we lost our son in the spring",
        "I'm writing about the death of my father",
        "the account holder is deceased",
        "I am the executor of her will",
        "my late wife had this subscription",
        "sorting out my mother's estate",
        "he has passed",
        "my brother was killed in an accident",
    ],
    HardMoment.ILLNESS: [
        "I was diagnosed with cancer",
        "my wife is in hospital and I can't deal with this",
        "he's terminally ill",
        "my dad has dementia and doesn't need it",
        "I start chemotherapy on monday",
        "she had a stroke",
    ],
    HardMoment.DANGER: [
        "I'm being abused at home",
        "my ex can read my notes",
        "he can still see my account",
        "she keeps threatening me and knows my password",
        "I have a stalker",
        "I have a restraining order against my ex-husband",
        "my stalker found my address",
        "I am not safe",
        "I don't feel safe any more",
        "we're in hiding",
        "I'm scared of my partner",
        "I left an abusive relationship",
        "my ex-wife logs into my account",
        "someone is stalking me",
    ],
    HardMoment.HARDSHIP: [
        "I lost my job",
        "we've been evicted",
        "I was made redundant in June",
        "I can't afford food this month",
        "can't pay the rent any more",
        "I'm going bankrupt",
        "we use the food bank now",
        "I'm drowning in debt",
    ],
    HardMoment.FRAUD: [
        "somebody is using my card to pay for this",
        "there are unauthorised charges on my statement",
        "my account was hacked",
        "I never signed up for this",
        "my card was stolen",
        "someone opened an account in my name",
        "I didn't subscribe to anything",
        "I'm a victim of identity theft",
    ],
    HardMoment.LEGAL: [
        "you'll hear from my lawyer",
        "I will sue you",
        "I'm reporting you to trading standards",
        "my solicitor will write to you",
        "I'll take you to court over this",
        "I am going to file a complaint with the ombudsman",
        "expect legal action",
    ],
    HardMoment.WITHDRAWAL: [
        "I hereby revoke my contract under the 14-day right",
        "I revoke the contract",
        "I rescind our agreement",
        "I withdraw from the contract",
        "I withdraw from the contract. When do I get my money?",
        "I don't need it, I withdraw from the contract",
        "I'm not happy and withdraw from my subscription",
        "I hereby declare my withdrawal, see the notice of withdrawal",
        "I am exercising my right of withdrawal",
        "I am within the 14 day cooling-off period and wish to withdraw",
        "I'm still in the cooling-off period, end it",
        "I'm cancelling under the 14-day cancellation right",
        "cancel it, the cooling-off period is not over yet",
        "cancel it before the withdrawal period has ended",
        "Cancel it. There is a cooling-off period.",
        "we are using our statutory withdrawal right",
        "this is my Widerruf",
        "hiermit widerrufe ich den Vertrag",
        "ejerzo mi derecho de desistimiento",
        "my lawyer says I withdraw from the contract",
    ],
}
ONLY_SOUNDS_LIKE_IT = [
    "my phone died",
    "my mum's phone died and I can't log in",
    "the battery is dead",
    "I'll kill this subscription",
    "your prices are killing me",
    "I'm dying to get out of this contract",
    "the app died on me twice",
    "my son has passed his exams so we don't need it",
    "he's dead set on leaving",
    "my wife says it's dead slow",
    "I lost my phone",
    "I lost my dad's password",
    "I lost my job offer letter in your app",
    "I run a funeral home and we don't need notes",
    "I can't afford it anymore",
    "it's too expensive for what it is",
    "money is tight right now",
    "can't pay that much",
    "you are a scam",
    "this is daylight robbery",
    "I use a hack to sync my notes",
    "somebody recommended another app",
    "I'm a lawyer and need offline notes",
    "we play tennis on the court next door",
    "my horoscope is cancer",
    "my wife can read our notes, so one plan is enough",
    "my ex paid for this, cancel it",
    "I was abused by your support",
    "you are stalking me with mails",
    "I don't feel safe giving you my card",
    "is my data not safe with you?",
    "he can't see my notes any more since the update",
    "your app keeps hitting me with ads",
    "can you see my account?",
    "please cancel",
    "I signed up last year",
    "did you charge me twice?",
    "",
    "I read about the cooling-off period, nice",
    "cancel it, I know the withdrawal period has ended",
    "cancel it, I missed the cooling-off period",
    "cancel it please, the 14-day withdrawal period is already over",
    "Cancel it. I know the withdrawal period has ended.",
    "your notice of withdrawal is hard to read",
    "I don't want to withdraw from the contract",
    "I'm not withdrawing from the contract, just cancel it",
    "can I withdraw from the contract?",
    "what is the right of withdrawal",
    "how do I withdraw from the contract",
    "Is it over? I read that I can withdraw from the contract within 14 days.",
    "I know that I could withdraw from the contract",
    "revoke my consent to your mails",
    "revoke my card from the subscription",
    "please cancel it within 14 days",
    "cancel it at the end of the 14-day period",
]
IN_DANGER = [
    "I want to kill myself",
    "I want to die",
    "I'm going to end my life",
    "i feel suicidal",
    "I\u2019m better off dead",
    "there's no reason to live",
    "I don't want to live anymore",
    "I keep hurting myself",
]
NOT_IN_DANGER = [
    "I'll kill this subscription",
    "kill my plan",
    "end my life insurance",
    "end my lifetime membership",
    "I hurt myself at the gym so I can't use it",
    "I nearly died of boredom",
    "that price is killing me",
    "cancel it before I die of old age waiting",
]


@pytest.mark.parametrize(
    ("text", "kind"), [(text, kind) for kind, texts in SPOKEN_OF.items() for text in texts]
)
def test_a_hard_moment_is_recognised(text: str, kind: HardMoment) -> None:
    assert hard_moment(text) is kind


@pytest.mark.parametrize("text", ONLY_SOUNDS_LIKE_IT)
def test_what_only_sounds_like_a_hard_moment_is_none(text: str) -> None:
    assert hard_moment(text) is None


@pytest.mark.parametrize("text", IN_DANGER)
def test_a_life_in_danger_is_recognised(text: str) -> None:
    assert is_crisis(text)


@pytest.mark.parametrize("text", NOT_IN_DANGER)
def test_strong_words_are_no_life_in_danger(text: str) -> None:
    assert not is_crisis(text)
