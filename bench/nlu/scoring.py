"""From messages and what was heard in them to few figures.

A message may have several right answers (`answers`) and intents that may be heard too (`optional`).
A measuring set that brings a scorer of its own is counted in the same way.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.nlu.answer import Answer
from bench.nlu.calibration import Bin, bins, expected_calibration_error
from bench.nlu.messages import Message
from bot.nlu.decision import CANCEL, OUT_OF_SCOPE

Pair = tuple[Message, Answer]


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        """None where there was nothing to count."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Figures:
    """How well messages were understood; what a scorer does not tell is None."""

    top_1: Share
    """The leading intent is in one of the right answers."""
    whole: Share
    """What was heard is one of the right answers, whole."""
    macro_f1: float | None
    false_cancels: Share
    """Heard as a wish to leave, of those that are none by any answer."""
    missed_cancels: Share
    """Not heard as one, of those that are one by every answer."""
    two_intents: Share | None
    """Whole, of those whose label has two intents or more."""
    out_of_scope: Share | None
    """Whole, of those out of scope."""
    sent_away: Share | None
    """Heard as out of scope, of those that are not by any answer."""
    calibration_error: float | None = None


def figures(messages: Sequence[Message], answers: Sequence[Answer]) -> Figures:
    """All figures of messages and what was heard in each."""
    pairs = list(zip(messages, answers, strict=True))
    return Figures(
        top_1=_share(pairs, _leads_rightly),
        whole=_share(pairs, _is_whole),
        macro_f1=_macro_f1(pairs),
        false_cancels=_share(pairs, _heard_cancel, _may_not_be_cancel),
        missed_cancels=_share(pairs, lambda pair: not _heard_cancel(pair), _must_be_cancel),
        two_intents=_share(pairs, _is_whole, lambda pair: len(pair[0].answers[0]) > 1),
        out_of_scope=_share(pairs, _is_whole, lambda pair: OUT_OF_SCOPE in pair[0].answers[0]),
        sent_away=_share(pairs, lambda pair: pair[1].leading == OUT_OF_SCOPE, _within_scope),
        calibration_error=expected_calibration_error(reliability(messages, answers)),
    )


def slices(messages: Sequence[Message], answers: Sequence[Answer]) -> dict[str, Figures]:
    """The figures of each slice, in the order in which they come."""
    pairs = list(zip(messages, answers, strict=True))
    return {
        name: figures(*zip(*(pair for pair in pairs if pair[0].slice == name), strict=True))
        for name in dict.fromkeys(message.slice for message in messages)
    }


def reliability(messages: Sequence[Message], answers: Sequence[Answer]) -> list[Bin]:
    """How often the leading intent was right where so much confidence was named."""
    return bins(
        [(pair[1].confidence, _leads_rightly(pair)) for pair in zip(messages, answers, strict=True)]
    )


def _share(
    pairs: Sequence[Pair],
    counts: Callable[[Pair], bool],
    among: Callable[[Pair], bool] = lambda _: True,
) -> Share:
    asked = [pair for pair in pairs if among(pair)]
    return Share(sum(counts(pair) for pair in asked), len(asked))


def _leads_rightly(pair: Pair) -> bool:
    message, answer = pair
    return any(answer.leading in right for right in message.answers)


def _is_whole(pair: Pair) -> bool:
    message, answer = pair
    return any(_held_against(message, answer, right) == right for right in message.answers)


def _heard_cancel(pair: Pair) -> bool:
    return CANCEL in pair[1].said


def _may_not_be_cancel(pair: Pair) -> bool:
    message, _ = pair
    return CANCEL not in message.optional.union(*message.answers)


def _must_be_cancel(pair: Pair) -> bool:
    return all(CANCEL in right for right in pair[0].answers)


def _within_scope(pair: Pair) -> bool:
    return not any(OUT_OF_SCOPE in right for right in pair[0].answers)


def _held_against(message: Message, answer: Answer, right: frozenset[str]) -> frozenset[str]:
    """What was said, less the optional intents that this right answer does not ask for."""
    return frozenset(answer.said) - (message.optional - right)


def _macro_f1(pairs: Sequence[Pair]) -> float | None:
    """The mean F1 of the labels that occur, each message held against its closest answer."""
    heard: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    both: Counter[str] = Counter()
    for message, answer in pairs:
        right = max(message.answers, key=lambda each: _overlap(message, answer, each))
        said = _held_against(message, answer, right)
        heard.update(said)
        meant.update(right)
        both.update(said & right)
    if not meant:
        return None
    return sum(2 * both[name] / (heard[name] + meant[name]) for name in meant) / len(meant)


def _overlap(message: Message, answer: Answer, right: frozenset[str]) -> float:
    said = _held_against(message, answer, right)
    return 2 * len(said & right) / (len(said) + len(right))
