"""They want to hear of no offer: none is made in this talk, unless they ask for it themselves."""

import re

from actions.turn import Turn
from offboarding.hearing.spelling import plain_text

NO_OFFERS = "no_offers"
"""In the slot that says for which case an offer was made: for none, whichever comes."""
_OFFERS = (
    r"(?:offers?|deals?|discounts?|coupons?|vouchers?|promo\w*|upsell\w*|counter ?offers?|"
    r"retention (?:offers?|deals?))"
)
_REFUSES = re.compile(
    r"(?<!you )(?<!they )(?<!u )\b(?:don'?t|do not|never|stop|without|no need to)"
    r"(?: \w+){0,3}? (?:(?:offer(?:ing)?|pitch(?:ing)?) (?:me|us|any\w*|some\w*)|"
    r"(?:upsell(?:ing)?|sell(?:ing)?|tempt(?:ing)?|brib(?:e|ing)) (?:me|us))\b"
    r"|(?<!you )(?<!they )\b(?:no|without|(?:spare|save) me(?: the)?|skip|keep your|"
    r"(?:don'?t|do not) (?:want|need|give|show|send)|not interested in)"
    r"(?: (?:more|any|your|other|of|and|please|some|a|me|us|in|special|stupid|silly))*"
    rf" {_OFFERS}\b"
    r"|(?<!you )(?<!they )(?<!u )\b(?:(?:no|without(?: a| any)?|(?:don'?t|do not) (?:want|need)"
    r"(?: a| any)?|not interested in a) (?:phone |more |further )*calls?\b"
    r"(?! (?:back|from|was|were|ever|came|in|are|get|got|option|centre|center|support|quality)\b)"
    r"|(?:don'?t|do not|no need to|needn'?t) (?:phone|call|ring) (?:me|us)\b)",
    re.IGNORECASE,
)
_COMPLAINS = re.compile(
    r"\b(?:there (?:is|are|was|were)|(?:is|are) there|you (?:have|had|give|gave)|got|get|getting|"
    r"why|students?|teachers?|loyal\w*|charit\w*)\b",
    re.IGNORECASE,
)
"""With these, "no discount" is what they miss."""


def refuses_offers(text: str) -> bool:
    """Whether they say that nothing shall be offered to them."""
    said = plain_text(text)
    found = _REFUSES.search(said)
    if found is None or "?" in said[found.end() :]:
        return False
    return _COMPLAINS.search(said[max(0, found.start() - 30) : found.end() + 15]) is None


def note_no_to_offers(turn: Turn) -> None:
    """Keep it in mind for the rest of the talk."""
    if not turn.heard.pressed and refuses_offers(turn.heard.text):
        turn.set("offered_for", NO_OFFERS)
