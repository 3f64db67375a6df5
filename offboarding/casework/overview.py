"""What staff see: the cases in which something is stuck first, with the reason, and what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import Customer, Subscription
from offboarding.background.model import Task, TaskState
from offboarding.billing import agreements
from offboarding.cases.model import Case, number_from
from offboarding.cases.states import CaseState
from offboarding.encryption.keyring import Keyring
from offboarding.encryption.lookup import is_value
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind

_HELD = "above what is paid back by itself: look at it, then have it tried again"
"""Why a refund is with a person that has not failed."""


@dataclass(frozen=True)
class StepLine:
    """A step, and why it is stuck, as a rule the name of the last error; empty where it is not."""

    step: Step
    why: str
    done_with: tuple[Case, datetime] | None = None
    """The case of the account with which it was done, and when, where its own did not need it."""


@dataclass(frozen=True)
class CaseLine:
    """A case, and what is stuck in it."""

    case: Case
    stuck: Sequence[StepLine]


@dataclass(frozen=True)
class CaseCounts:
    """How many cases there are: with something stuck, and in each state."""

    stuck: int
    by_state: Mapping[CaseState, int]

    @property
    def all(self) -> int:
        """All of them."""
        return sum(self.by_state.values())


@dataclass(frozen=True)
class DueLine:
    """A step that is stuck or comes next, and the case it belongs to."""

    case: Case
    line: StepLine


@dataclass(frozen=True)
class Due:
    """What is stuck, and what comes next, the earliest first. `more` is whether that is not all."""

    stuck: Sequence[DueLine]
    coming: Sequence[DueLine]
    more: bool


def counts(session: Session) -> CaseCounts:
    """How many cases there are of each kind."""
    by_state = session.execute(sa.select(Case.state, sa.func.count()).group_by(Case.state))
    stuck = sa.select(sa.func.count(sa.distinct(Step.case_id))).where(Step.state == StepState.STUCK)
    return CaseCounts(
        stuck=session.scalar(stuck) or 0,
        by_state={state: count for state, count in by_state},  # noqa: C416 (of rows, not tuples)
    )


def list_cases(
    session: Session,
    *,
    state: CaseState | None = None,
    only_stuck: bool = False,
    offset: int = 0,
    most: int = 50,
) -> list[CaseLine]:
    """The cases: those in which something is stuck first, then the newest.

    Two queries, for those that are stuck are few, and the others can then be read in the order of
    an index.
    """
    stuck = sa.select(Step.case_id).where(Step.state == StepState.STUCK)
    wanted = sa.select(Case) if state is None else sa.select(Case).where(Case.state == state)
    first = wanted.where(Case.id.in_(stuck))
    found = _newest(session, first, offset, most)
    if not only_stuck and len(found) < most:
        before = session.scalar(sa.select(sa.func.count()).select_from(first.subquery())) or 0
        rest = wanted.where(Case.id.not_in(stuck))
        found += _newest(session, rest, max(0, offset - before), most - len(found))
    return _lines(session, found)


def search(session: Session, beginning: str, most: int = 50) -> list[CaseLine]:
    """The cases whose number begins so, however it is written: see `number_from`."""
    start = number_from(beginning)
    if not start:  # nothing that a number is made of
        return []
    # A range, for LIKE uses no index. No number has a "~".
    wanted = sa.select(Case).where(Case.number >= start, Case.number < f"{start}~")
    first = wanted.order_by(Case.number).limit(most)
    _fetch_keys(session, first)
    return _lines(session, list(session.scalars(first).unique()))


def of_address(session: Session, email: str, most: int = 50) -> list[CaseLine]:
    """The cases of whoever has this whole e-mail address, in whatever case; the newest first."""
    customers = sa.select(Customer.id).where(is_value(session, Customer.email, email.strip()))
    wanted = sa.select(Case).where(Case.customer_id.in_(customers))
    return _lines(session, _newest(session, wanted, 0, most))


def find(session: Session, number: str) -> Case | None:
    """The case of this number, if there is one, however it is written: see `number_from`."""
    return session.scalar(sa.select(Case).where(Case.number == number_from(number)))


def steps_of(session: Session, case: Case) -> list[StepLine]:
    """The steps of a case, in the order in which they are told."""
    return [
        replace(line, done_with=steps.done_with_another(session, case, line.step))
        for line in _step_lines(session, steps.steps_of(session, case.id))
    ]


def due(session: Session, until: datetime, most: int = 200) -> Due:
    """Every step that is stuck, and those that are due until then."""
    coming = steps.due(session, until, most + 1)
    return Due(
        stuck=_due_lines(session, steps.stuck(session)),
        coming=_due_lines(session, coming[:most]),
        more=len(coming) > most,
    )


def _newest(session: Session, wanted: sa.Select[Case], offset: int, most: int) -> list[Case]:
    ordered = wanted.order_by(Case.opened_at.desc(), Case.id).offset(offset).limit(most)
    _fetch_keys(session, ordered)
    return list(session.scalars(ordered).unique())


def _fetch_keys(session: Session, wanted: sa.Select[Case]) -> None:
    """Those of the customers and accounts of these cases, at once instead of one by one."""
    owners = (
        sa.select(Case.customer_id, Subscription.account_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .where(Case.id.in_(wanted.with_only_columns(Case.id)))
    )
    found = {owner_id for row in session.execute(owners) for owner_id in row}
    Keyring.of(session.get_bind().dialect).fetch(found)


def _lines(session: Session, found: Sequence[Case]) -> list[CaseLine]:
    wanted = sa.select(Step).where(
        Step.case_id.in_([case.id for case in found]), Step.state == StepState.STUCK
    )
    stuck = _step_lines(session, session.scalars(wanted.order_by(Step.due_at)).all())
    return [
        CaseLine(case, [line for line in stuck if line.step.case_id == case.id]) for case in found
    ]


def _due_lines(session: Session, found: Sequence[Step]) -> list[DueLine]:
    wanted = sa.select(Case).where(Case.id.in_({step.case_id for step in found}))
    _fetch_keys(session, wanted)
    by_id = {case.id: case for case in session.scalars(wanted).unique()}
    return [
        DueLine(by_id[line.step.case_id], line)
        for line in _step_lines(session, found)
        if line.step.case_id in by_id
    ]


def _step_lines(session: Session, found: Sequence[Step]) -> list[StepLine]:
    stuck = [step for step in found if step.state is StepState.STUCK]
    reasons = _reasons(session, stuck) if stuck else {}
    return [StepLine(step, reasons.get(step.id, "")) for step in found]


def _reasons(session: Session, stuck: Sequence[Step]) -> dict[str, str]:
    """The last error of each, by the step. A cancellation may be stuck with whoever bills."""
    failed = session.execute(
        sa.select(Task.subject_id, Task.last_error)
        .where(
            Task.kind == steps.TASK,
            Task.subject_id.in_([step.id for step in stuck]),
            Task.state == TaskState.FAILED,
        )
        .order_by(Task.created_at)
    )
    reasons = {step_id: error or "" for step_id, error in failed}
    for step in stuck:
        if step.kind is StepKind.REFUND:
            reasons.setdefault(step.id, _HELD)
        if step.kind is StepKind.CANCEL:
            key = agreements.cancellation_key(step.case_id)
            reasons[step.id] = agreements.given_up_because(session, key) or reasons.get(step.id, "")
    return reasons
