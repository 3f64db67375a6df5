"""How sure a share is that was counted on few, and a difference between two of them."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
"""So that 95 of 100 such intervals hold the true value."""


@dataclass(frozen=True)
class Share:
    """So many of so many, and the interval that holds the true share with 95 % confidence."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """From 0 to 1; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (J. Am. Stat. Assoc. 22, 1927); all of it where none is known."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.value
        spread = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        middle, scale = p + _Z**2 / (2 * n), 1 + _Z**2 / n
        # What is counted lies within, also where a last digit is rounded.
        low, high = (middle - spread) / scale, (middle + spread) / scale
        return max(0.0, min(p, low)), min(1.0, max(p, high))


@dataclass(frozen=True)
class Difference:
    """By how much one share is above another; `low` to `high` holds the true one with 95 %."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether chance alone would seldom make such a difference."""
        return self.low > 0 or self.high < 0


def difference(one: Share, other: Share) -> Difference | None:
    """Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10).

    None where one of the two was counted on nobody.
    """
    if not (one.of and other.of):
        return None
    value = one.value - other.value
    (one_low, one_high), (other_low, other_high) = one.interval, other.interval
    return Difference(
        value,
        value - sqrt((one.value - one_low) ** 2 + (other_high - other.value) ** 2),
        value + sqrt((one_high - one.value) ** 2 + (other.value - other_low) ** 2),
    )
