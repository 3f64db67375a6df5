"""The off-boarding, step by step, in the order it happens."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.billing.entries import entry_of
from offboarding.billing.port import BillingPort
from offboarding.cases import intents
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, terms_from_json
from offboarding.errors import TransitionError
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Declaration, Receipt, ReceiptKind
from offboarding.refunds.model import Refund
from offboarding.refunds.preview import may_withdraw_until
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind, planned
from offboarding.wording import zone_of


class CancelledOtherwiseError(TransitionError):
    """It was cancelled already, and not as it is agreed to now; the receipt says how it was."""

    word = "cancelled_otherwise"

    def __init__(self, receipt_id: str) -> None:
        super().__init__("It was cancelled already, so nothing was changed.")
        self.receipt_id = receipt_id


REFUND_HELD = "refund.held"
"""The kind of the task that asks a person to release the refund of a case, its subject."""


def confirm(
    session: Session,
    case: Case,
    customer: Customer,
    *,
    billing: BillingPort,
    policies: Policies,
    source: str,
    seen: str | None = None,
) -> Receipt:
    """Carry out what the customer said yes to: cancel at the end of what is paid, or at once.

    It is at once where something is paid back: by withdrawal, or by the company's goodwill.
    A second yes changes nothing and returns the same receipt. `seen` is the mark of what the yes
    is to, as `cases.show_chosen` takes it, where it is one that may be sent again.

    Raises NotFoundError when the case is not this customer's, TermsChangedError when something
    else was shown than would happen now, CancelledOtherwiseError when it was cancelled before and
    something else was `seen`.
    """
    cases.check_owner(case, customer)
    cases.lock(session, case)
    done = receipts.receipt_of(session, case, ReceiptKind.CANCELLATION)
    if done is not None and case.state in {CaseState.SCHEDULED, CaseState.ENDED}:
        if seen is not None and not cases.stands_for(seen, terms_from_json(done.document)):
            raise CancelledOtherwiseError(done.id)
        return done
    terms = cases.check_shown(case, billing, policies)
    case.customer = customer  # whoever says yes, though a colleague of theirs may have begun
    cases.move(session, case, CaseState.CONFIRMED)
    case.confirmed_at = clock.now()
    audit.record(session, "confirmed", case.id, source=source)
    cases.record_refund(session, "refund_agreed", case, terms.refund)
    let_go = terms.other_way.refund if terms.other_way is not None else None
    cases.record_refund(session, "refund_let_go", case, let_go)
    intents.settle(session, case.conversation_id)

    cancel(session, case, billing=billing)
    if terms.at_once_on is not None and case.ends_at is not None:
        terms = replace(terms, ends_at=case.ends_at)
        case.shown = terms.as_json()
    begin_steps(session, case)
    agreed = {**terms.as_json(), **_still_to_be_had(case, let_go, policies)}
    return receipts.issue(
        session, case, ReceiptKind.CANCELLATION, agreed, declaration=_declared(terms)
    )


def _still_to_be_had(case: Case, let_go: Refund | None, policies: Policies) -> dict[str, Any]:
    """What who withdraws could still have, though they let it run: the right is not given up."""
    if let_go is None or not let_go.is_withdrawal:
        return {}
    until = may_withdraw_until(case.subscription, policies.refunds)
    if until < clock.now():  # declared in time, and that is for a person to see
        return {}
    return {
        "may_withdraw": {
            "until": until.isoformat(),
            "amount_minor": let_go.amount_minor,
            "currency": let_go.currency,
        }
    }


def cancel(session: Session, case: Case, *, billing: BillingPort) -> None:
    """Cancel a confirmed case at the billing provider. Harmless when that was done before."""
    if case.state is CaseState.CONFIRMED:
        at_once = case.shown is not None and terms_from_json(case.shown).at_once_on is not None
        end_it = billing.cancel_now if at_once else billing.cancel_at_period_end
        case.ends_at = end_it(case.subscription, key=f"{case.id}:cancel", feedback=case.reason)
        cases.move(session, case, CaseState.SCHEDULED)


def is_cancelled(session: Session, case: Case) -> bool:
    """Whether the billing provider has done it.

    Where that is somebody else, the transaction of a yes can only agree on it.
    """
    entry = entry_of(session, f"{case.id}:cancel")
    return entry is not None and not entry.awaited


def begin_steps(session: Session, case: Case) -> None:
    """Promise the steps that follow the yes of a case, once."""
    if case.shown is None or case.ends_at is None:
        raise TransitionError("What follows a yes depends on what was shown, and nothing was.")
    terms = terms_from_json(case.shown)
    follow = planned(
        confirmed_at=case.confirmed_at or clock.now(),
        ends_at=case.ends_at,
        content_until=terms.content_until,
        refund_minor=terms.refund_minor,
        zone=zone_of(case.subscription.account.time_zone),
    )
    done = [StepKind.CANCEL] if is_cancelled(session, case) else []
    released = terms.refund is None or not terms.refund.by_a_person
    held = [] if released else [StepKind.REFUND]
    steps.begin(session, case.id, follow, done=done, held=held)
    if held:
        schedule(session, REFUND_HELD, case.id, key=f"{REFUND_HELD}:{case.id}")


def _declared(terms: Terms) -> Declaration:
    withdrawn = terms.refund is not None and terms.refund.is_withdrawal
    return Declaration.WITHDRAWAL if withdrawn else Declaration.ORDINARY


def undo(session: Session, case: Case, customer: Customer, *, billing: BillingPort) -> Receipt:
    """Take a cancellation back before its end: the subscription goes on as it was.

    A second undo changes nothing. Raises NotFoundError, or TransitionError after the end.
    """
    cases.check_owner(case, customer)
    cases.lock(session, case)
    done = receipts.receipt_of(session, case, ReceiptKind.UNDO)
    if done is not None:
        return done
    if cases.ends_before(case, clock.now()):
        raise TransitionError("It has ended already, so the cancellation can't be undone.")
    case.customer = customer
    cases.move(session, case, CaseState.UNDONE)
    case.closed_at = clock.now()
    steps.call_off(session, case.id)
    billing.undo_cancellation(case.subscription, key=f"{case.id}:undo")
    upcoming = billing.next_payment(case.subscription)
    return receipts.issue(
        session,
        case,
        ReceiptKind.UNDO,
        {
            "plan_name": case.subscription.plan.name,
            "currency": case.subscription.plan.currency,
            "next_payment_minor": upcoming.amount_minor if upcoming else None,
            "next_payment_at": upcoming.at.isoformat() if upcoming else None,
        },
    )


def end(session: Session, case: Case, *, billing: BillingPort) -> None:
    """End what was cancelled, once its last day is over. Harmless when it was undone."""
    cases.lock(session, case)
    if case.state is not CaseState.SCHEDULED or not cases.ends_before(case, clock.now()):
        return
    billing.end(case.subscription, key=f"{case.id}:end")
    cases.move(session, case, CaseState.ENDED)
    case.closed_at = clock.now()
