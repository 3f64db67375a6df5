"""Variations of examples, drawn anew in each round: what people do to any sentence.

Two wishes are put into one message, a courtesy is put around one, and letters slip. Nothing here
changes what is meant, so the labels follow from those of the parts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from bot.encoder_recipe.examples import Example

SHARE_JOINED = 0.125
SHARE_WITH_COURTESY = 0.05
MOST_INTENTS = 3
LONGEST_PART = 160
LONGEST_WHOLE = 200
ATTEMPTS = 6

_ANSWERS = frozenset({"affirm", "deny", "skip", "greet", "thanks", "goodbye"})
_COURTESY = frozenset({"greet", "thanks", "goodbye"})
_OUTSIDE = "out_of_scope"
# Nobody wants both in one breath.
_NEVER_TOGETHER = (
    frozenset({"cancel", "keep_subscription"}),
    frozenset({"cancel", "pause"}),
    frozenset({"cancel", "change_plan"}),
    frozenset({"keep_subscription", "pause"}),
    frozenset({"affirm", "deny"}),
)
_JOINTS = (
    " and ", " and also ", ". ", ". ", ", ", " ", ". also ", ", plus ", " oh and ", "! ", "... ",
    " then ", " but ",
)  # fmt: skip
_OPENINGS = (
    "hi ", "hello, ", "hey ", "hi there, ", "good morning. ", "hello i need help. ",
    "excuse me, ", "ok so ", "um ", "yeah hi ",
)  # fmt: skip
_ENDINGS = (" thanks", " thank you", ", thx", " please", " asap", " ?", " cheers")


class Augmentation:
    """Draws variations; the same seed and the same calls draw the same."""

    def __init__(self, examples: Sequence[Example], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (no secret hangs on it)
        self._partners = [
            example
            for example in examples
            if len(example.intents) <= 2
            and _OUTSIDE not in example.intents
            and example.intents - _ANSWERS
            and len(example.text) < LONGEST_PART
        ]

    def vary(self, example: Example) -> Example:
        """A variation of an example, mostly the example itself."""
        drawn = self._random.random()
        if drawn < SHARE_JOINED:
            example = self._joined(example)
        elif drawn < SHARE_JOINED + SHARE_WITH_COURTESY and not example.intents & _COURTESY:
            example = Example(self._with_courtesy(example.text), example.intents)
        return Example(self._with_slips(example.text), example.intents)

    def _joined(self, example: Example) -> Example:
        if _OUTSIDE in example.intents or len(example.text) >= LONGEST_WHOLE:
            return example
        for _ in range(ATTEMPTS):
            partner = self._random.choice(self._partners)
            together = example.intents | partner.intents
            if _may_stand_together(together, example.intents):
                parts = [example.text.rstrip("."), partner.text]
                self._random.shuffle(parts)
                joint = self._random.choice(_JOINTS)
                return Example(parts[0] + joint + parts[1][:1].lower() + parts[1][1:], together)
        return example

    def _with_courtesy(self, text: str) -> str:
        if self._random.random() < 0.6:
            return self._random.choice(_OPENINGS) + text[:1].lower() + text[1:]
        return text.rstrip(".") + self._random.choice(_ENDINGS)

    def _with_slips(self, text: str) -> str:
        drawn = self._random.random()
        if drawn < 0.12:
            return text.lower()
        if drawn < 0.18:
            return text.lower().rstrip(".?!").replace(",", "").replace("'", "")
        if drawn < 0.24 and len(text) > 8:
            return self._with_a_slip_of_the_thumb(text)
        return text.upper() if drawn < 0.26 else text

    def _with_a_slip_of_the_thumb(self, text: str) -> str:
        place = self._random.randrange(1, len(text) - 2)
        before, one, two, after = text[:place], text[place], text[place + 1], text[place + 2 :]
        slipped = self._random.choice((two + one, two, one + one + two))
        return before + slipped + after


def _may_stand_together(together: frozenset[str], before: frozenset[str]) -> bool:
    if len(together) > MOST_INTENTS:
        return False
    return not any(pair <= together and not pair <= before for pair in _NEVER_TOGETHER)
