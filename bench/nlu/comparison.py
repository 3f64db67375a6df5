"""One contender through all that it is measured by."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.nlu.answer import Answer
from bench.nlu.calibration import Bin
from bench.nlu.contenders import Contender, Costs
from bench.nlu.measuring_set import MeasuringSet
from bench.nlu.messages import Learnt, Message, as_message, folds, sampled
from bench.nlu.scoring import Figures, figures, reliability, slices


@dataclass(frozen=True)
class Measures:
    """What all contenders are measured by."""

    examples: list[Learnt]
    test_set: list[Message]
    measuring_set: MeasuringSet | None
    folds: int
    sample: int
    """So many examples at most go into the folds."""


@dataclass(frozen=True)
class Result:
    """What came of it; None where it was not measured."""

    title: str
    costs: Costs
    in_folds: Figures | None = None
    on_test_set: Figures | None = None
    on_measuring_set: Figures | None = None
    slices: dict[str, Figures] = field(default_factory=dict)
    reliability: list[Bin] = field(default_factory=list)


def measure(contender: Contender, measures: Measures, learnt: Sequence[Learnt]) -> Result:
    """Have it learn and answer: the folds, then all of `learnt` for the sets that measure."""
    own, other = measures.test_set, measures.measuring_set
    asked = [message.text for message in own] + (other.texts if other else [])
    # Without a set there are costs to tell still.
    asked = asked or [each.text for each in sampled(learnt, 200)]
    with tempfile.TemporaryDirectory(prefix="bench-nlu-") as folder:
        answers = contender.ask(learnt, asked, Path(folder))
    given = answers.given
    on_own = given[: len(own)]
    return Result(
        title=contender.title,
        costs=answers.costs,
        in_folds=_in_folds(contender, measures),
        on_test_set=figures(own, on_own) if own else None,
        on_measuring_set=other.figures(given[len(own) :]) if other else None,
        slices=slices(own, on_own),
        reliability=reliability(own, on_own),
    )


def _in_folds(contender: Contender, measures: Measures) -> Figures | None:
    if not contender.crosses_folds or not measures.folds:
        return None
    messages: list[Message] = []
    answers: list[Answer] = []
    for learnt, asked in folds(sampled(measures.examples, measures.sample), measures.folds):
        with tempfile.TemporaryDirectory(prefix="bench-nlu-") as folder:
            answers += contender.ask(learnt, [each.text for each in asked], Path(folder)).given
        messages += [as_message(each) for each in asked]
    return figures(messages, answers)
