"""What each step does. Whatever it needs from outside the business comes in from who builds it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import schedule, wake_after_commit
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.erasure import service as erasure
from offboarding.erasure.service import Eraser
from offboarding.errors import OffboardingError, TransitionError
from offboarding.exports.model import Export, ExportState
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.runner import Later, Outcome, Work

EXPORT_LOOKED_AT = timedelta(seconds=20)
MAIL_LOOKED_AT = timedelta(seconds=3)
REMINDER = "mail.access_ends"
STATEMENT = "mail.erasure"


class Works:
    """The work of every step, by its kind."""

    def __init__(
        self,
        database: Database,
        background: BackgroundEngine,
        billing_for: Callable[[Session], BillingPort],
        erasers: Sequence[Eraser],
    ) -> None:
        self._database = database
        self._background = background
        self._billing_for = billing_for
        self._erasers = erasers

    def by_kind(self) -> Mapping[StepKind, Work]:
        """Each kind of step with what does it."""
        return {
            StepKind.CANCEL: self._cancel,
            StepKind.REFUND: self._nothing_to_do,
            StepKind.EXPORT: self._export,
            StepKind.REMIND: self._remind,
            StepKind.END: self._end,
            StepKind.REVOKE_ACCESS: self._nothing_to_do,
            StepKind.DETACH_PAYMENT_METHOD: self._nothing_to_do,
            StepKind.ERASE: self._erase,
            StepKind.CLOSE: self._close,
        }

    def copy_made(self, export_id: str) -> None:
        """A copy of somebody's data is ready: their cases have kept that promise."""
        with self._writing() as session:
            export = session.get(Export, export_id)
            if export is None or export.state is not ExportState.READY:
                return
            promised = sa.select(Step.id).join(Case, Case.id == Step.case_id)
            for step_id in session.scalars(
                promised.where(
                    Case.customer_id == export.customer_id,
                    Case.opened_at <= export.requested_at,
                    Step.kind == StepKind.EXPORT,
                )
            ):
                steps.settle(session, step_id, StepState.DONE)

    def _cancel(self, case_id: str) -> Outcome:
        """With our own ledger the yes itself has done it; else it is done here."""
        with self._writing() as session:
            case = _held(session, case_id)
            workflow.cancel(session, case, billing=self._billing_for(session))
        return Outcome.DONE

    def _nothing_to_do(self, _case_id: str) -> Outcome:
        return Outcome.NOT_NEEDED

    def _export(self, case_id: str) -> Outcome | Later:
        """The last look, when the end has come: a copy that was asked for is waited for."""
        with self._database.read() as session:
            case = session.get_one(Case, case_id)
            states = _exports(session, case)
            if not states:
                return Outcome.NOT_NEEDED
            if ExportState.REQUESTED not in states:
                return Outcome.DONE
            if _failed(session, "export.build", *_being_made(session, case)):
                raise OffboardingError("The copy of the data can't be made.")
        return Later(EXPORT_LOOKED_AT)

    def _remind(self, case_id: str) -> Outcome:
        """They are told that the end is near, unless they came back."""
        with self._writing() as session:
            case = _held(session, case_id)
            if case.state is not CaseState.SCHEDULED or cases.ends_before(case, clock.now()):
                return Outcome.NOT_NEEDED
            schedule(session, REMINDER, case.id)
        return Outcome.DONE

    def _end(self, case_id: str) -> Outcome:
        with self._writing() as session:
            case = _held(session, case_id)
            workflow.end(session, case, billing=self._billing_for(session))
            if case.state is CaseState.SCHEDULED:
                raise TransitionError("The last day is not over yet.")
            return Outcome.DONE if case.state is CaseState.ENDED else Outcome.NOT_NEEDED

    def _erase(self, case_id: str) -> Outcome | Later:
        """Say what is erased and what is kept, while there is an address to say it to; then do it.

        An account that still has a plan keeps its data: they are erased when its last plan is over.
        """
        with self._writing() as session:
            case = _held(session, case_id)
            if not erasure.may_erase(session, case):
                return Outcome.NOT_NEEDED
            if ExportState.REQUESTED in _exports(session, case):
                return Later(EXPORT_LOOKED_AT)
            told = schedule(session, STATEMENT, case.id)
            if told.state not in {TaskState.DONE, TaskState.FAILED}:
                return Later(MAIL_LOOKED_AT)
            erasure.erase(session, case, self._erasers)
        return Outcome.DONE

    def _close(self, case_id: str) -> Outcome:
        with self._writing() as session:
            _held(session, case_id).completed_at = clock.now()
        return Outcome.DONE

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            yield session


def _held(session: Session, case_id: str) -> Case:
    case = session.get_one(Case, case_id)
    cases.lock(session, case)
    return case


def _exports(session: Session, case: Case) -> set[ExportState]:
    """How far the copies are that the customer asked for since they said yes."""
    asked = sa.select(Export.state).where(
        Export.customer_id == case.customer_id, Export.requested_at >= case.opened_at
    )
    return set(session.scalars(asked))


def _being_made(session: Session, case: Case) -> Sequence[str]:
    return session.scalars(
        sa.select(Export.id).where(
            Export.customer_id == case.customer_id, Export.state == ExportState.REQUESTED
        )
    ).all()


def _failed(session: Session, kind: str, *subject_ids: str) -> bool:
    failed = sa.select(Task.id).where(
        Task.kind == kind, Task.subject_id.in_(subject_ids), Task.state == TaskState.FAILED
    )
    return session.scalar(failed.limit(1)) is not None
