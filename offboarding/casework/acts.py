"""What staff do in a case. Whoever calls commits; `by` is who does it, as the audit log has it.

Each holds the case first, so that of two who press in the same instant one does it, and the other
is told that it was done. The second time nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.casework import notes
from offboarding.errors import NotFoundError, TransitionError
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind

UNDECIDED = frozenset({CaseState.OPEN, CaseState.SHOWN})
"""States in which a case can still be cancelled."""


@dataclass(frozen=True)
class Done:
    """The receipt, and whether it was done just now; else it had been done before."""

    receipt: Receipt
    just_now: bool


def try_again(session: Session, case: Case, *, by: str) -> Sequence[StepKind]:
    """Have what is stuck in a case tried again; which steps these were, none when none is stuck."""
    cases.lock(session, case)
    stuck = [step for step in steps.steps_of(session, case.id) if step.state is StepState.STUCK]
    for step in stuck:
        steps.free(session, step.id, by=by)
    return [step.kind for step in stuck]


def settle(session: Session, case: Case, kind: StepKind, note: str, *, by: str) -> bool:
    """Note that a person did by hand what is stuck; False when it is stuck no more.

    Raises NoteInvalidError, or NotFoundError where the case has no such step.
    """
    notes.checked(note)
    cases.lock(session, case)
    step = steps.step_of(session, case.id, kind)
    if step is None:
        raise NotFoundError(f"Case {case.number} has no step {kind}.")
    if step.state is not StepState.STUCK:
        return False
    notes.write(session, case.id, kind, note, by=by)
    steps.settle_by_hand(session, step.id, by=by)
    return True


def cancel(
    session: Session, case: Case, seen: str, *, billing: BillingPort, policies: Policies, by: str
) -> Done:
    """Cancel for a customer who is undecided, as it was shown.

    `seen` is its `cases.staff_mark`, and where there are two ways to leave, says which. Raises
    TermsChangedError when something else would happen by now, or the customer has chosen anew, and
    TransitionError when they stayed.
    """
    cases.lock(session, case)
    if case.state in {CaseState.KEPT, CaseState.UNDONE}:
        raise TransitionError(
            f"Case {case.number} is {case.state}: the customer stayed. Should they want to leave "
            "now, that is a new case."
        )
    undecided = case.state in UNDECIDED
    if undecided:
        cases.show_chosen(session, case, seen, billing, policies, by=by)
    receipt = workflow.confirm(
        session, case, case.customer, billing=billing, policies=policies, source=by
    )
    return Done(receipt, just_now=undecided)


def can_be_undone(case: Case) -> bool:
    """Whether it is cancelled and its end is still to come; what is paid back ends at once."""
    return (
        case.state is CaseState.SCHEDULED
        and case.ends_at is not None
        and case.ends_at > clock.now()
    )


def undo(session: Session, case: Case, *, billing: BillingPort, by: str) -> Done:
    """Take a cancellation back before it ends, because the customer asked for it.

    Raises TransitionError when it has ended, or when nothing was cancelled.
    """
    cases.lock(session, case)
    before = receipts.receipt_of(session, case, ReceiptKind.UNDO)
    receipt = workflow.undo(session, case, case.customer, billing=billing)
    if before is None:
        audit.record(session, "undone_by_staff", case.id, by=by)
    return Done(receipt, just_now=before is None)
