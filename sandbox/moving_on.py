"""Moving the sandbox's time on: what comes next, and what the company does once it is later."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.settings import BillingKind, Settings
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import zone_of
from sandbox import company
from sandbox.time_travel import TimeTravel

PATIENCE_SECONDS = 8.0
"""So long the answer waits for what is due, so that the next page shows it done."""
_SOON = timedelta(seconds=3)
"""What is looked at again within this time belongs to what was just done: see works.SOON."""
_LOOK_SECONDS = 0.05
_NOT_OVER = (TaskState.PENDING, TaskState.HANDED)
_WORDS = {
    StepKind.REMIND: "the reminder goes out",
    StepKind.END: "the plan ends",
    StepKind.ERASE: "what need not be kept is erased",
    StepKind.CANCEL: "it is cancelled with who bills",
    StepKind.REFUND: "the money goes back",
    StepKind.EXPORT: "the copy of the data is made",
    StepKind.REVOKE_ACCESS: "access ends",
    StepKind.DETACH_PAYMENT_METHOD: "the payment method is forgotten",
    StepKind.CLOSE: "all is done",
}
"""What happens in each step; of those that are due in one instant the first here is named."""


class Move(StrEnum):
    """How far time is moved on."""

    NEXT = "next"
    DAY = "day"
    WEEK = "week"
    DAYS_30 = "30-days"


_SPANS = {
    Move.DAY: timedelta(days=1),
    Move.WEEK: timedelta(weeks=1),
    Move.DAYS_30: timedelta(days=30),
}


@dataclass(frozen=True)
class Coming:
    """What comes next in any case."""

    at: datetime
    case_number: str
    words: str
    day: str


@dataclass(frozen=True)
class Today:
    """What the bar shows of the time."""

    day: str
    is_ahead: bool
    coming: Coming | None
    stripe_bills: bool
    """Whether a payment provider renews, whose time is its own."""


class MovingOn:
    """Moves time on, and sees to what is due by then. `wake` has the background engine look."""

    def __init__(
        self, settings: Settings, database: Database, travel: TimeTravel, wake: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._database = database
        self._travel = travel
        self._wake = wake
        self._zone = zone_of(settings.company_time_zone)

    def today(self) -> Today:
        """What day it is here, and what comes next. Blocks."""
        with self._database.read() as session:
            coming = self._coming(session)
        return Today(
            day=self.day_of(clock.now()),
            is_ahead=bool(self._travel.ahead),
            coming=coming,
            stripe_bills=self._settings.billing is BillingKind.STRIPE,
        )

    def move(self, how: Move) -> bool:
        """Move on; False when nothing is to come. Blocks until what is due is done, for a while.

        What is due already is waited for first, so that pressing twice leaves nothing out.
        """
        self._wait_for_what_is_due()
        if how is Move.NEXT:
            with self._database.read() as session:
                coming = self._coming(session)
            if coming is None:
                return False
            self._travel.move_to(coming.at)
        else:
            self._travel.move(_SPANS[how])
        if self._settings.billing is BillingKind.LEDGER:
            with self._database.write() as session:
                company.take_payments_due(session)
        self._wait_for_what_is_due()
        return True

    def return_to_present(self) -> None:
        """As on the wall. Only for who deletes all that was dated since."""
        self._travel.return_to_present()

    def day_of(self, moment: datetime) -> str:
        """The company's calendar day of an instant: 14 December 2026."""
        return format_date(moment.astimezone(self._zone), format="long", locale="en_GB")

    def _coming(self, session: Session) -> Coming | None:
        """The first step that is due later than now, or is looked at again later."""
        looked_at = sa.case((Task.due_at > Step.due_at, Task.due_at), else_=Step.due_at)
        task = sa.and_(
            Task.kind == steps.TASK, Task.subject_id == Step.id, Task.state.in_(_NOT_OVER)
        )
        rows = session.execute(
            sa.select(Step.kind, Case.number, looked_at.label("at"))
            .join(Case, Case.id == Step.case_id)
            .outerjoin(Task, task)
            .where(Step.state == StepState.WAITING, looked_at > clock.now())
            .order_by("at", Case.number)
        ).all()
        if not rows:
            return None
        order = list(_WORDS)
        at, number = rows[0].at, rows[0].number
        together = [row.kind for row in rows if (row.at, row.number) == (at, number)]
        kind = min(together, key=order.index)
        return Coming(at, number, _WORDS[kind], self.day_of(at))

    def _wait_for_what_is_due(self) -> None:
        self._wake()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._is_something_due() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _is_something_due(self) -> bool:
        due = sa.select(Task.id).where(
            Task.state.in_(_NOT_OVER), Task.due_at <= clock.now() + _SOON
        )
        with self._database.read() as session:
            return session.scalar(due.limit(1)) is not None
