"""Whether a confidence of 0.8 means right in eight cases of ten."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Messages of like confidence: how many, how sure on the average, how often right."""

    count: int
    confidence: float
    accuracy: float


def bins(outcomes: Sequence[tuple[float, bool]], count: int = BINS) -> list[Bin]:
    """Outcomes, each a confidence and whether it was right, in bins of equally many.

    Where a bin ends among outcomes of one and the same confidence, each of these counts with the
    share of them that was right: which falls on which side is chance.
    """
    ordered = _evened(sorted(outcomes))
    edges = [round(number * len(ordered) / count) for number in range(count + 1)]
    groups = [ordered[start:end] for start, end in pairwise(edges) if end > start]
    return [
        Bin(
            count=len(group),
            confidence=sum(confidence for confidence, _ in group) / len(group),
            accuracy=sum(right for _, right in group) / len(group),
        )
        for group in groups
    ]


def expected_calibration_error(of: Sequence[Bin]) -> float | None:
    """The mean distance between confidence and accuracy; None where nothing was asked."""
    total = sum(each.count for each in of)
    if not total:
        return None
    return sum(each.count * abs(each.confidence - each.accuracy) for each in of) / total


def _evened(ordered: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    of: defaultdict[float, list[bool]] = defaultdict(list)
    for confidence, right in ordered:
        of[confidence].append(right)
    return [(confidence, sum(of[confidence]) / len(of[confidence])) for confidence, _ in ordered]
