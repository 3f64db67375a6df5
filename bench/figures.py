"""What is measured, and how it is put into few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Times:
    """Durations of the same thing, in milliseconds."""

    milliseconds: Sequence[float]

    @property
    def p50(self) -> float:
        return median(self.milliseconds)

    @property
    def p95(self) -> float:
        return quantiles(self.milliseconds, n=20, method="inclusive")[-1]


@dataclass(frozen=True)
class Crowd:
    """Many conversations at once: messages answered in a second, and how long each took."""

    per_second: float
    times: Times


@dataclass(frozen=True)
class RasaFigures:
    """One Rasa, asked directly."""

    training_seconds: float
    trained_earlier: bool
    start_seconds: float
    one_at_a_time: Times
    processor_milliseconds: float
    """What an answer costs, whoever else uses the machine."""
    at_once: Crowd
    peak_megabytes: float


@dataclass
class HouseFigures:
    """The whole house, asked through the gateway."""

    start_seconds: float
    answers: Times
    straight: Times
    overhead: Times
    """The gateway's answer time less the same turn's straight at Rasa, pair by pair."""
    at_once: Crowd
    cancel_page: Times
    application_milliseconds_a_turn: float
    """Processor time of the application for one message, its actions included."""
    idle_percent: dict[str, float] = field(default_factory=dict)
    peak_megabytes: dict[str, float] = field(default_factory=dict)
