"""What an approach heard in a message, and the plain way from likelihoods to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.decision import LEADING_ORDER, NOT_UNDERSTOOD, OUT_OF_SCOPE

THRESHOLD = 0.5


@dataclass(frozen=True)
class Answer:
    """Intents, the leading one first, and how sure that one is."""

    intents: tuple[str, ...]
    confidence: float

    @property
    def said(self) -> tuple[str, ...]:
        """The intents that count: not understood is out of scope, and that stands only alone."""
        named = [OUT_OF_SCOPE if name == NOT_UNDERSTOOD else name for name in self.intents]
        within = tuple(dict.fromkeys(name for name in named if name != OUT_OF_SCOPE))
        return within or (OUT_OF_SCOPE,)

    @property
    def leading(self) -> str:
        """The first of them."""
        return self.said[0]


def plainly(intents: Sequence[str], likelihoods: Sequence[float]) -> Answer:
    """All intents that are likelier than not, or else the likeliest; what asks for an act leads."""
    of = dict(zip(intents, likelihoods, strict=True))
    likely = [intent for intent in intents if of[intent] >= THRESHOLD]
    chosen = sorted(likely or [max(intents, key=of.__getitem__)], key=LEADING_ORDER.index)
    return Answer(tuple(chosen), float(of[chosen[0]]))
