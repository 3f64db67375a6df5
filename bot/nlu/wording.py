"""One spelling for the many ways people write the same: short forms, text-message style, slips."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|\S")
# An address holds words that are not the customer's: "cancel.me@example.com" is no wish to leave.
_EMAIL = re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_STRETCHED = re.compile(r"(\w)\1{2,}")

# Whole words; what they stand for may be several.
_MEANT = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "pls": "please", "plz": "please",
    "plse": "please", "pleas": "please", "thx": "thanks", "tnx": "thanks", "ty": "thank you",
    "thanx": "thanks", "wanna": "want to", "wana": "want to", "gonna": "going to",
    "gotta": "got to", "gimme": "give me", "lemme": "let me", "dunno": "do not know",
    "cuz": "because", "coz": "because", "bc": "because", "bcs": "because", "cos": "because",
    "acct": "account", "acc": "account", "accnt": "account", "acount": "account",
    "sub": "subscription", "subs": "subscription", "subscripton": "subscription",
    "subscribtion": "subscription", "subsciption": "subscription", "abonnement": "subscription",
    "mth": "month", "mths": "months", "mo": "month", "msg": "message",
    "asap": "as soon as possible",
    "n't": "not", "dont": "do not", "dnt": "do not", "doesnt": "does not", "didnt": "did not",
    "wont": "will not", "cant": "can not", "cannot": "can not", "couldnt": "could not",
    "isnt": "is not", "arent": "are not", "wasnt": "was not", "havent": "have not",
    "hasnt": "has not", "wouldnt": "would not", "shouldnt": "should not", "aint": "is not",
    "im": "i am", "ive": "i have", "id": "i would", "thats": "that is", "whats": "what is",
    "wheres": "where is", "hows": "how is", "theres": "there is", "ya": "you", "yea": "yes",
    "yeah": "yes", "yep": "yes", "yup": "yes", "nope": "no", "nah": "no", "k": "ok", "okay": "ok",
    "won't": "will not", "can't": "can not", "ain't": "is not", "cancle": "cancel",
    "cansel": "cancel", "cancell": "cancel", "cancal": "cancel", "canel": "cancel",
    "cncl": "cancel", "canceled": "cancelled", "canceling": "cancelling",
    "cancelation": "cancellation", "cancellin": "cancelling", "cancelin": "cancelling",
    "refnd": "refund", "reund": "refund", "ppl": "people", "sum1": "someone", "some1": "someone",
    "tho": "though", "rn": "right now", "tmrw": "tomorrow", "b4": "before", "l8r": "later",
    "pausing": "pause", "paus": "pause",
}  # fmt: skip
# "no cancel it", written without the comma that tells it from "no cancellation". What ends has to
# be named, or nothing be said but to cancel: "no stop", "no cancel that request" and "please no
# cancel" are left as they are.
_THE_PLAN = (
    r"(?:my|the|this|our) (?:whole )?"
    r"(?:plan|plans|subscription|membership|account|contract|trial|service)"
    r"|service|both"
)
"""What ends; "service" also stands for the company's name (company_name.py)."""
_BEFORE_A_NO = (
    r"(?:(?:hm+|um+|uh+|er+m?|oh+|ah+|well|ok|so|but|and|then|wait|actually|sorry|hang on|hold on"
    r"|noo?|[,.;:!…-]) )*"
)
_AFTER_A_NO = (
    r"(?:(?:hm+|um+|well|ok|so|wait|actually|sorry|please|just|really|still|rather|instead|then|do"
    r"|i said|go ahead and|[,.;:!…-]) )*"
)
_TO_THE_END = (
    r"(?: (?:please|now|right now|today|after all|then|thanks|thank you|anyway|instead|already"
    r"|for me|for good|too|also|as well|[,.;:!…-]))*"
)
_NO_THEN_THE_WISH = re.compile(
    rf"{_BEFORE_A_NO}noo? {_AFTER_A_NO}"
    rf"(?:cancel(?: (?:it|this|everything|{_THE_PLAN}))?"
    rf"|(?:end|close|terminate) (?:it|{_THE_PLAN})|stop (?:{_THE_PLAN})|unsubscribe(?: me)?)"
    rf"{_TO_THE_END}"
)
_NO_CANCEL_IT = "no , cancel it"
_ENDINGS = (("n't", " not"), ("'m", " am"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"))


def says_no_and_cancel(text: str) -> bool:
    """Whether a text says no, and that it shall end, and nothing else."""
    return plain_words(text) == _NO_CANCEL_IT


def plain_words(text: str) -> str:
    """The text in lower case and in full words: "Pls dont cancel" is "please do not cancel".

    A no and the wish to leave, and nothing else, are one wish however they are put: the no is one
    to something said before.
    """
    words = _WORD.findall(_STRETCHED.sub(r"\1\1", _EMAIL.sub("email", text.lower())))
    in_full = " ".join(_in_full(word) for word in words)
    return _NO_CANCEL_IT if _NO_THEN_THE_WISH.fullmatch(in_full) else in_full


def _in_full(word: str) -> str:
    meant = _MEANT.get(word)
    if meant is not None:
        return meant
    for ending, in_full in _ENDINGS:
        if word.endswith(ending):
            return word.removesuffix(ending) + in_full
    return word
