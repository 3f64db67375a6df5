"""Finding the cases whose next step is missing, and giving it to them."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEventKind
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import PROMISED
from offboarding.database import Database
from offboarding.erasure import service as erasure
from offboarding.erasure.owed import TAKEN_UP, is_owed, owed, owed_at
from offboarding.policies.rules import RetentionPolicy
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import HELD_UP_BY, StepKind

_LOG = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=1)
"""So long after its time a step without a task is taken for forgotten."""
EVERYTHING_SECONDS = 600.0
"""How often every case is looked at that goes on, or whose erasure was called off; only an upgrade
leaves one without steps."""
_MOST = 100
_TOLD = {
    StepKind.REVOKE_ACCESS: AccessEventKind.REVOKED,
    StepKind.CLOSE: AccessEventKind.ERASED,
}
"""The steps that wait for the company's systems, and what these were told."""


class Reconciler:
    """Reconciles again and again; what takes a look at every case, seldom."""

    def __init__(
        self,
        database: Database,
        background: BackgroundEngine,
        retention: Callable[[], RetentionPolicy],
    ) -> None:
        self._database = database
        self._background = background
        self._retention = retention
        self._looked_at_all = float("-inf")

    def look(self) -> None:
        """See Look."""
        moment = time.monotonic()
        everything = moment - self._looked_at_all >= EVERYTHING_SECONDS
        reconcile(self._database, self._background, self._retention(), everything=everything)
        if everything:
            self._looked_at_all = moment


def reconcile(
    database: Database,
    background: BackgroundEngine,
    retention: RetentionPolicy,
    *,
    everything: bool = True,
) -> None:
    """Plan the steps of cases that have none, and hand over steps that nobody carries out.

    Cases from before there were steps have none. Else there is nothing to find, unless somebody
    changed the tables by hand or restored a part of them. What was stuck on a system that has
    answered since, or on a billing provider that has cancelled since, goes on by itself.

    An erasure that a later plan had called off is taken up again once that plan has ended without a
    case: see `offboarding.erasure.owed`.

    Without `everything` neither cases that have no steps nor such erasures are looked for.
    """
    with database.read() as session:
        without_steps = _without_steps(session) if everything else []
        forgotten = _forgotten(session)
        mended = _mended(session)
        to_erase = owed(session, _MOST) if everything else []

    def each(ids: Iterable[str], mend: Callable[[Session, str], object]) -> None:
        for identifier in ids:
            try:
                with database.write() as session:
                    wake_after_commit(session, background)
                    mend(session, identifier)
            except Exception:  # noqa: BLE001 (the others must not wait for it)
                _LOG.exception("case_not_reconciled", subject=identifier)

    each(without_steps, _plan)
    each(forgotten, _hand_over)
    each(mended, steps.free)
    each(to_erase, lambda session, case_id: _take_up_erasure(session, case_id, retention))
    if without_steps or forgotten:
        _LOG.warning("cases_reconciled", planned=len(without_steps), handed_over=len(forgotten))
    if to_erase:
        _LOG.info("erasures_taken_up", cases=len(to_erase))


def _without_steps(session: Session) -> list[str]:
    any_step = sa.select(Step.id).where(Step.case_id == Case.id).exists()
    wanted = sa.select(Case.id).where(
        Case.state.in_(list(PROMISED)),
        Case.completed_at.is_(None),
        Case.shown.is_not(None),
        Case.ends_at.is_not(None),
        ~any_step,
    )
    return list(session.scalars(wanted.limit(_MOST)))


def _hand_over(session: Session, case_id: str) -> None:
    cases.lock(session, session.get_one(Case, case_id))
    steps.hand_over(session, case_id)


def _plan(session: Session, case_id: str) -> None:
    case = session.get_one(Case, case_id)
    cases.lock(session, case)
    if case.state in PROMISED:
        workflow.begin_steps(session, case)


def _take_up_erasure(session: Session, case_id: str, retention: RetentionPolicy) -> None:
    """What stayed for a plan that has ended goes after all, on the day that its end gives.

    The payment method, too, and not before: where staff only replace a plan at the billing
    provider, the new one finds it.
    """
    case = session.get_one(Case, case_id)
    erasure.hold_account(session, case)
    cases.lock(session, case)
    if not is_owed(session, case):
        return
    again = {StepKind.ERASE, StepKind.CLOSE}
    payment = steps.step_of(session, case_id, StepKind.DETACH_PAYMENT_METHOD)
    if payment is not None and payment.state is StepState.NOT_NEEDED:
        again.add(payment.kind)
    due_at = owed_at(session, case, retention)
    case.completed_at = None
    audit.record(
        session,
        TAKEN_UP,
        case.id,
        policy_version=retention.version.isoformat(),
        due_at=due_at.isoformat(),
    )
    steps.reopen(session, case_id, again, due_at=due_at)


def _mended(session: Session) -> list[str]:
    """Steps that were stuck on others, all of whom have done by now what they were asked."""
    found = []
    for step in steps.stuck(session):
        if step.kind is StepKind.CANCEL:
            if workflow.is_cancelled(session, session.get_one(Case, step.case_id)):
                found.append(step.id)
            continue
        kind = _TOLD.get(step.kind)
        if kind is None:
            continue
        case = session.get_one(Case, step.case_id)
        asked = [case] if kind is AccessEventKind.REVOKED else cases.ended_cases(session, case)
        told = [access.state(session, each.id).of(kind) for each in asked]
        if any(each.systems for each in told) and all(each.all_acknowledged for each in told):
            found.append(step.id)
    return found


def _forgotten(session: Session) -> list[str]:
    """Cases with a step that is overdue and has no task, though nothing stands before it."""
    key = sa.literal(f"{steps.TASK}:") + Step.id + ":" + sa.cast(Step.looks, sa.String)
    any_task = sa.select(Task.id).where(Task.key == key).exists()
    overdue = session.scalars(
        sa.select(Step)
        .where(
            Step.state == StepState.WAITING,
            Step.due_at < clock.now() - PATIENCE,
            ~any_task,
            ~_behind_what_is_stuck(),
        )
        .order_by(Step.due_at)
        .limit(_MOST)
    ).all()
    found = []
    for case_id in dict.fromkeys(step.case_id for step in overdue):
        able = {step.id for step in steps.ready(steps.steps_of(session, case_id))}
        if any(step.id in able for step in overdue):
            found.append(case_id)
    return found


def _behind_what_is_stuck() -> sa.ColumnElement[bool]:
    """Whether something before the step is with a person, however far before: it is not forgotten.

    What waits for nothing of that is, and must not wait until somebody has come.
    """
    other = aliased(Step)
    held_up = (sa.and_(Step.kind == kind, other.kind.in_(HELD_UP_BY[kind])) for kind in StepKind)
    stuck = sa.and_(other.case_id == Step.case_id, other.state == StepState.STUCK)
    return sa.select(other.id).where(stuck, sa.or_(*held_up)).exists()
