"""From likelihoods to what was heard: which intents a message carries, and which of them leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.nlu.ending_cues import rules_out_cancelling, rules_out_keeping
from bot.nlu.wording import plain_words

CANCEL = "cancel"
KEEP = "keep_subscription"
OUT_OF_SCOPE = "out_of_scope"
NOT_UNDERSTOOD = "nlu_fallback"

# What asks for an act leads; then questions, reasons, answers, and courtesy last.
LEADING_ORDER = (
    KEEP,
    "human",
    CANCEL,
    "refund",
    "data_delete",
    "data_export",
    "pause",
    "change_plan",
    "billing_question",
    "timeline_or_status",
    "bot_challenge",
    "reason_price",
    "reason_missing_feature",
    "reason_bug_or_quality",
    "reason_not_using",
    "reason_competitor",
    "reason_support",
    "reason_too_complex",
    "reason_other",
    "affirm",
    "deny",
    "skip",
    OUT_OF_SCOPE,
    "thanks",
    "goodbye",
    "greet",
)
# No message can mean both; the likelier stays.
_OPPOSITES = (
    (CANCEL, KEEP),
    (CANCEL, "pause"),
    ("affirm", "deny"),
    ("deny", "skip"),
)
_COURTESIES = frozenset({"greet", "thanks", "goodbye"})


@dataclass(frozen=True)
class Heard:
    """What was understood: intents, the leading one first, and how sure that one is."""

    intents: tuple[str, ...]
    confidence: float

    @property
    def leading(self) -> str:
        """The intent that the dialogue answers."""
        return self.intents[0]


def decide(text: str, likelihoods: Mapping[str, float], threshold: float, least: float) -> Heard:
    """Choose the intents of a text.

    All above `threshold` were said; if none is, the likeliest was, unless it is below `least`: then
    nothing was understood. A text that speaks of ending only to rule it out, as past, or about some
    other thing is never read as a wish to leave, however alike it looks.
    """
    possible = dict(likelihoods)
    words = plain_words(text)
    if rules_out_cancelling(words):
        possible.pop(CANCEL, None)
    elif rules_out_keeping(words):
        possible.pop(KEEP, None)
    if not text or not possible:
        return Heard((NOT_UNDERSTOOD,), 0.0)
    said = {intent for intent, likelihood in possible.items() if likelihood >= threshold}
    if not said:
        likeliest = max(possible, key=possible.__getitem__)
        if possible[likeliest] < least:
            return Heard((NOT_UNDERSTOOD,), 1.0 - possible[likeliest])
        said = {likeliest}
    intents = sorted(_without_contradictions(said, possible), key=_rank)
    return Heard(tuple(intents), float(possible[intents[0]]))


def _without_contradictions(said: set[str], likelihoods: Mapping[str, float]) -> set[str]:
    left = set(said)
    for one, other in _OPPOSITES:
        if {one, other} <= left:
            left.discard(min(one, other, key=likelihoods.__getitem__))
    if OUT_OF_SCOPE in left and left - _COURTESIES != {OUT_OF_SCOPE}:
        within = left - _COURTESIES - {OUT_OF_SCOPE}
        likeliest = max(within, key=likelihoods.__getitem__)
        if likelihoods[likeliest] >= likelihoods[OUT_OF_SCOPE]:
            left.discard(OUT_OF_SCOPE)
        else:
            left -= within
    return left


def _rank(intent: str) -> int:
    return LEADING_ORDER.index(intent) if intent in LEADING_ORDER else len(LEADING_ORDER)
