"""Carrying out one step: what is done outside is done first, and noted once it is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.steps import service
from offboarding.steps.model import OVER, Step, StepState
from offboarding.steps.plan import StepKind


class Outcome(Enum):
    """What came of a step."""

    DONE = StepState.DONE
    NOT_NEEDED = StepState.NOT_NEEDED


@dataclass(frozen=True)
class Later:
    """Something outside has begun and is not done yet: it is looked at again, ever more seldom."""

    at_first: timedelta
    at_last: timedelta

    def after(self, looks: int) -> timedelta:
        """How long until the next look, after so many."""
        return min(self.at_first * (1 << min(looks, 30)), self.at_last)


Work = Callable[[str], Outcome | Later]
"""Does a step of the case whose identifier it is given, and says what came of it.

It is called again after an error or a crash, also when it was done and that could not be noted, so
every effect outside has an idempotency key made of case and step. It raises to be called again."""


class StepRunner:
    """The handler of `case.step` tasks."""

    def __init__(
        self, database: Database, background: BackgroundEngine, works: Mapping[StepKind, Work]
    ) -> None:
        self._database = database
        self._background = background
        self._works = works

    def carry_out(self, step_id: str) -> None:
        """Do a step, unless it is over, and hand over what waited for it.

        Raises what its work raises; the engine tries it again, and gives it to a person in the end.
        """
        with self._database.read() as session:
            step = session.get(Step, step_id)
        if step is None or step.state in OVER:
            return
        outcome = self._works[step.kind](step.case_id)
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            if isinstance(outcome, Later):
                at = clock.now() + outcome.after(step.looks)
                service.look_again(session, step_id, step.looks, at)
            else:
                service.settle(session, step_id, outcome.value, looks=step.looks)
