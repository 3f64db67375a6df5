"""What each step does. Whatever it needs from outside the business comes in from who builds it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEventKind
from offboarding.access.service import AccessState
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import schedule, wake_after_commit
from offboarding.billing import agreements
from offboarding.billing.port import NotEndedYetError
from offboarding.billing.provider import BillingProvider
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.database import Database
from offboarding.erasure import service as erasure
from offboarding.erasure.owed import times_taken_up
from offboarding.erasure.service import Eraser
from offboarding.errors import OffboardingError, TransitionError
from offboarding.exports.model import Export, ExportState
from offboarding.policies.systems import SystemsPolicy
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.runner import Later, Outcome, Work

SOON = Later(timedelta(seconds=2), timedelta(minutes=5))
"""For what our own tasks do: mails, files, calls to the billing provider."""
COPY_PATIENCE = timedelta(hours=1)
"""So long after the end access stays for a copy that is still being made."""
WHEN_THEY_CAN = Later(timedelta(seconds=5), timedelta(hours=1))
"""For what the company's systems do: they have a day."""
REMINDER = "mail.access_ends"
STATEMENT = "mail.erasure"
REMINDER_NOTICE = "notice.access_ends"
"""The reminder where they wrote last, beside the mail."""


class Works:
    """The work of every step, by its kind."""

    def __init__(
        self,
        database: Database,
        background: BackgroundEngine,
        billing: BillingProvider,
        erasers: Sequence[Eraser],
        systems: Callable[[], SystemsPolicy],
    ) -> None:
        self._database = database
        self._background = background
        self._billing = billing
        self._erasers = erasers
        self._systems = systems

    def by_kind(self) -> Mapping[StepKind, Work]:
        """Each kind of step with what does it."""
        return {
            StepKind.CANCEL: self._cancel,
            StepKind.REFUND: self._refund,
            StepKind.EXPORT: self._export,
            StepKind.REMIND: self._remind,
            StepKind.END: self._end,
            StepKind.REVOKE_ACCESS: self._revoke_access,
            StepKind.DETACH_PAYMENT_METHOD: self._detach_payment_method,
            StepKind.ERASE: self._erase,
            StepKind.CLOSE: self._close,
        }

    def copy_made(self, export_id: str) -> None:
        """A copy of somebody's data is ready: their cases have kept that promise."""
        with self._writing() as session:
            export = session.get(Export, export_id)
            if export is None or export.state is not ExportState.READY:
                return
            account = sa.select(Customer.account_id).where(Customer.id == export.customer_id)
            promised = (
                sa.select(Step.id)
                .join(Case, Case.id == Step.case_id)
                .join(Customer, Customer.id == Case.customer_id)
                .where(
                    Customer.account_id == account.scalar_subquery(),
                    Case.opened_at <= export.requested_at,
                    Step.kind == StepKind.EXPORT,
                )
                .order_by(Case.id)
            )
            for step_id in session.scalars(promised).all():
                steps.settle(session, step_id, StepState.DONE)

    def _cancel(self, case_id: str) -> Outcome | Later:
        """Our own ledger cancels with the yes; another provider is asked after it, by a task.

        Raises OffboardingError, for a person, where that task was given up.
        """
        with self._writing() as session:
            case = _held(session, case_id)
            workflow.cancel(session, case, billing=self._billing.within(session))
            if workflow.is_cancelled(session, case):
                return Outcome.DONE
            if agreements.is_given_up(session, agreements.cancellation_key(case_id)):
                raise OffboardingError("It could not be cancelled at the billing provider.")
        return SOON

    def _refund(self, case_id: str) -> Outcome:
        """What was agreed is paid back, no more and no less, each payment's part once."""
        with self._database.read() as session:
            case = session.get_one(Case, case_id)
            refund = terms_from_json(case.shown).refund if case.shown is not None else None
            subscription_id = case.subscription_id
        if refund is None:
            return Outcome.NOT_NEEDED
        for part in refund.parts:
            with self._billing.at_once(subscription_id) as (billing, subscription):
                billing.refund(
                    subscription,
                    amount_minor=part.amount_minor,
                    key=f"{case_id}:refund:{part.payment}",
                    payment=part.payment,
                )
        return Outcome.DONE

    def _export(self, case_id: str) -> Outcome | Later:
        """The last look, when the end has come: a copy that was asked for is waited for."""
        with self._database.read() as session:
            case = session.get_one(Case, case_id)
            states = _exports(session, case)
            if not states:
                return Outcome.NOT_NEEDED
            if ExportState.REQUESTED not in states:
                return Outcome.DONE
            _check_copies(session, case)
            begun = [each.requested_at for each in _being_made(session, case)]
            if clock.now() > max([case.ends_at or clock.now(), *begun]) + COPY_PATIENCE:
                raise OffboardingError("The copy of the data takes long; access ends without it.")
        return SOON

    def _remind(self, case_id: str) -> Outcome:
        """They are told that the end is near, unless they came back."""
        with self._writing() as session:
            case = _held(session, case_id)
            if case.state is not CaseState.SCHEDULED or cases.ends_before(case, clock.now()):
                return Outcome.NOT_NEEDED
            schedule(session, REMINDER, case.id)
            schedule(session, REMINDER_NOTICE, case.id)
        return Outcome.DONE

    def _end(self, case_id: str) -> Outcome | Later:
        """Ended at the provider first: access never ends on our word alone."""
        # Held, so that an undo which began in the last instant is waited for, and a later one sees
        # that the day is over.
        with self._writing() as session:
            case = _held(session, case_id)
            if case.state is not CaseState.SCHEDULED:
                return Outcome.DONE if case.state is CaseState.ENDED else Outcome.NOT_NEEDED
            if not cases.ends_before(case, clock.now()):
                raise TransitionError("The last day is not over yet.")
            subscription_id = case.subscription_id
        try:
            with self._billing.at_once(subscription_id) as (billing, subscription):
                billing.end(subscription, key=f"{case_id}:end")
        except NotEndedYetError:
            return SOON
        with self._writing() as session:
            case = _held(session, case_id)
            workflow.end(session, case, billing=self._billing.within(session))
        return Outcome.DONE

    def _revoke_access(self, case_id: str) -> Outcome | Later:
        """Every system of the company is told, and has to say that it did it."""
        with self._writing() as session:
            case = _held(session, case_id)
            access.revoke(
                session,
                case,
                moment=case.ends_at or clock.now(),
                key=f"{case_id}:revoke",
                systems=self._systems(),
            )
            told = access.state(session, case_id).of(AccessEventKind.REVOKED)
        return self._heard(told)

    def _detach_payment_method(self, case_id: str) -> Outcome:
        """Nothing to charge is kept, unless something else is still paid that way."""
        with self._database.read() as session:
            case = session.get_one(Case, case_id)
            subscription_id, free = case.subscription_id, case.subscription.plan.free
        if free:
            return Outcome.NOT_NEEDED
        with self._billing.at_once(subscription_id) as (billing, subscription):
            detached = billing.detach_payment_method(subscription, key=f"{case_id}:detach")
        return Outcome.DONE if detached else Outcome.NOT_NEEDED

    def _erase(self, case_id: str) -> Outcome | Later:
        """Erase the data, and once that is committed the keys of what copies of them still hold.

        An account that still has a plan keeps its data: they are erased when its last plan is over.
        """
        with self._writing() as session:
            erasure.hold_account(session, session.get_one(Case, case_id))
            case = _held(session, case_id)
            # Whoever was ended right after the erasure still has the keys to destroy.
            if not erasure.erased(session, case):
                instead = self._erase_data(session, case)
                if instead is not None:
                    return instead
        erasure.destroy_keys(self._database, case_id)
        return Outcome.DONE

    def _erase_data(self, session: Session, case: Case) -> Outcome | Later | None:
        """Say what is erased and what is kept, while there is an address to say it to; then do it.

        None once it is done, else what there is to do instead.
        """
        if not erasure.may_erase(session, case):
            return Outcome.NOT_NEEDED
        if _being_made(session, case):
            _check_copies(session, case)
            return SOON
        again = times_taken_up(session, case.id)
        key = f"{STATEMENT}:{case.id}:{again}" if again else ""
        told = schedule(session, STATEMENT, case.id, key=key)
        if told.state not in {TaskState.DONE, TaskState.FAILED}:
            return SOON
        self._have_systems_erase(session, case)
        erasure.erase(session, case, self._erasers)
        return None

    def _have_systems_erase(self, session: Session, case: Case) -> None:
        """Of every plan of the account: also of one that ended without a case."""
        moment, systems = clock.now(), self._systems()
        ended = cases.ended_cases(session, case)
        for each in ended:
            access.erase(session, each, moment=moment, key=f"{each.id}:erase", systems=systems)
        by_a_case = {each.subscription_id for each in ended}
        for plan in accounts.ended(session, case.subscription.account_id):
            if plan.id not in by_a_case:
                access.erase(
                    session,
                    case,
                    moment=moment,
                    key=f"{plan.id}:erase",
                    systems=systems,
                    subscription=plan,
                )

    def _close(self, case_id: str) -> Outcome | Later:
        """All is done once every system has erased, too; only then its name for them can go."""
        with self._writing() as session:
            case = _held(session, case_id)
            if erasure.erased(session, case):
                ended = cases.ended_cases(session, case)
                told = [access.state(session, each.id) for each in ended]
                heard = [self._heard(each.of(AccessEventKind.ERASED)) for each in told]
                if WHEN_THEY_CAN in heard:
                    return WHEN_THEY_CAN
                for plan in accounts.ended(session, case.subscription.account_id):
                    access.forget(session, plan.id, self._systems())
            case.completed_at = clock.now()
        return Outcome.DONE

    def _heard(self, told: AccessState) -> Outcome | Later:
        """Raises OffboardingError, for a person, where a system could not be told.

        A system that was taken out of policy/systems.yml since is waited for no longer.
        """
        named = self._systems().systems
        failed = sorted({each.system for each in told.failed if each.system in named})
        if failed:
            names = ", ".join(failed)
            raise OffboardingError(f"Not told: {names}. `offboard access list` says why.")
        heard = [each for each in told.systems if each.system in named]
        if not heard:
            return Outcome.NOT_NEEDED
        return Outcome.DONE if AccessState(tuple(heard)).all_acknowledged else WHEN_THEY_CAN

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            yield session


def _held(session: Session, case_id: str) -> Case:
    case = session.get_one(Case, case_id)
    cases.lock(session, case)
    return case


def _check_copies(session: Session, case: Case) -> None:
    """Raises OffboardingError, for a person, where one can't be made."""
    if _failed(session, "export.build", *[each.id for each in _being_made(session, case)]):
        raise OffboardingError("The copy of the data can't be made.")


def _exports(session: Session, case: Case) -> set[ExportState]:
    """How far the copies are that anybody of the account asked for since the case was opened."""
    asked = (
        sa.select(Export.state)
        .join(Customer, Customer.id == Export.customer_id)
        .where(
            Customer.account_id == case.customer.account_id, Export.requested_at >= case.opened_at
        )
    )
    return set(session.scalars(asked))


def _being_made(session: Session, case: Case) -> Sequence[Export]:
    return session.scalars(
        sa.select(Export)
        .join(Customer, Customer.id == Export.customer_id)
        .where(
            Customer.account_id == case.customer.account_id,
            Export.state == ExportState.REQUESTED,
        )
    ).all()


def _failed(session: Session, kind: str, *subject_ids: str) -> bool:
    failed = sa.select(Task.id).where(
        Task.kind == kind, Task.subject_id.in_(subject_ids), Task.state == TaskState.FAILED
    )
    return session.scalar(failed.limit(1)) is not None
