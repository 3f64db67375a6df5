"""Finding the cases whose next step is missing, and giving it to them."""

from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEventKind
from offboarding.background.model import Task
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind

_LOG = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=1)
"""So long after its time a step without a task is taken for forgotten."""
_MOST = 100
_TOLD = {
    StepKind.REVOKE_ACCESS: AccessEventKind.REVOKED,
    StepKind.CLOSE: AccessEventKind.ERASED,
}
"""The steps that wait for the company's systems, and what these were told."""
_PROMISED = (CaseState.CONFIRMED, CaseState.SCHEDULED)


def reconcile(database: Database, background: BackgroundEngine) -> None:
    """Plan the steps of cases that have none, and hand over steps that nobody carries out.

    Cases from before there were steps have none. Else there is nothing to find, unless somebody
    changed the tables by hand or restored a part of them. What was stuck on a system that has
    answered since, or on a billing provider that has cancelled since, goes on by itself.
    """
    with database.read() as session:
        without_steps = _without_steps(session)
        forgotten = _forgotten(session)
        mended = _mended(session)
    for case_id in without_steps:
        with database.write() as session:
            wake_after_commit(session, background)
            _plan(session, session.get_one(Case, case_id))
    for case_id in forgotten:
        with database.write() as session:
            wake_after_commit(session, background)
            steps.hand_over(session, case_id)
    for step_id in mended:
        with database.write() as session:
            wake_after_commit(session, background)
            steps.free(session, step_id)
    if without_steps or forgotten:
        _LOG.warning("cases_reconciled", planned=len(without_steps), handed_over=len(forgotten))


def _without_steps(session: Session) -> list[str]:
    any_step = sa.select(Step.id).where(Step.case_id == Case.id).exists()
    wanted = sa.select(Case.id).where(Case.state.in_(_PROMISED), ~any_step).limit(_MOST)
    return list(session.scalars(wanted))


def _plan(session: Session, case: Case) -> None:
    cases.lock(session, case)
    if case.state in _PROMISED:
        workflow.begin_steps(session, case)


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
        told = access.state(session, step.case_id).of(kind)
        if told.systems and told.all_acknowledged:
            found.append(step.id)
    return found


def _forgotten(session: Session) -> list[str]:
    """Cases with a step that is overdue and has no task, though nothing stands before it."""
    key = sa.literal(f"{steps.TASK}:") + Step.id + ":" + sa.cast(Step.looks, sa.String)
    any_task = sa.select(Task.id).where(Task.key == key).exists()
    overdue = session.scalars(
        sa.select(Step)
        .where(Step.state == StepState.WAITING, Step.due_at < clock.now() - PATIENCE, ~any_task)
        .order_by(Step.due_at)
        .limit(_MOST)
    ).all()
    found = []
    for case_id in dict.fromkeys(step.case_id for step in overdue):
        able = {step.id for step in steps.ready(steps.steps_of(session, case_id))}
        if any(step.id in able for step in overdue):
            found.append(case_id)
    return found
