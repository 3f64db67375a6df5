"""From likelihoods to what was heard: which intents a message carries, and which of them leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def decide(
    likelihoods: Mapping[str, float],
    threshold: float,
    least: float,
    *,
    cancel_threshold: float | None = None,
) -> Heard:
    """Choose the intents of a text.

    All above `threshold` were said, the wish to leave above its own; if none is, the likeliest was,
    unless it is below `least`, or the wish to leave: then nothing was understood.
    """
    lines = {CANCEL: threshold if cancel_threshold is None else cancel_threshold}
    said = {
        intent
        for intent, likelihood in likelihoods.items()
        if likelihood >= lines.get(intent, threshold)
    }
    if not said:
        likeliest = max(likelihoods, key=likelihoods.__getitem__, default=None)
        if likeliest is None:
            return Heard((NOT_UNDERSTOOD,), 0.0)
        # A wish to leave is never guessed: below its line it costs a question.
        if likeliest == CANCEL or likelihoods[likeliest] < least:
            return Heard((NOT_UNDERSTOOD,), 1.0 - likelihoods[likeliest])
        said = {likeliest}
    intents = sorted(_without_contradictions(said, likelihoods), key=_rank)
    return Heard(tuple(intents), float(likelihoods[intents[0]]))


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
