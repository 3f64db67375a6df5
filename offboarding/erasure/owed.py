"""Erasures that are owed: called off for a plan that went on, and which then ended without a case.

Where such a plan ends by a case of its own, that one erases. Where it ends otherwise (staff end it
at the billing provider, a payment fails, somebody writes into the tables), nothing would. Here is
found which case has to take its erasure up again, and for which day.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import content_until_after
from offboarding.policies.rules import RetentionPolicy
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import ERASED_AFTER, StepKind
from offboarding.wording import zone_of

TAKEN_UP = "erasure_promised_again"
"""As the audit log has it."""


def owed(session: Session, most: int) -> list[str]:
    """The cases that have to take their erasure up again, one of an account: that ended last."""
    by_account: dict[str, str] = {}
    last_first = _owed().order_by(Case.ends_at.desc(), Case.id).limit(most)
    for account_id, case_id in session.execute(last_first):
        by_account.setdefault(account_id, case_id)
    return list(by_account.values())


def times_taken_up(session: Session, case_id: str) -> int:
    """How often an erasure that was called off was taken up again; each is told anew."""
    return sum(1 for each in audit.entries(session, case_id) if each.event == TAKEN_UP)


def is_owed(session: Session, case: Case) -> bool:
    """Whether it (still) is one of those; for whoever holds its account and the case."""
    return session.execute(_owed().where(Case.id == case.id)).first() is not None


def owed_at(session: Session, case: Case, retention: RetentionPolicy) -> datetime:
    """When such an erasure is due: counted from the end of the account's last plan, never past.

    Where nobody wrote down when a plan ended, it is taken to end only now: what was erased too
    early never comes back.
    """
    moment = clock.now()
    account = case.subscription.account
    ends = [each.cancel_at or moment for each in accounts.ended(session, account.id)]
    end, zone = max(ends, default=moment), zone_of(account.time_zone)
    until = content_until_after(end, retention.content_days_after_end, zone)
    return max(until + ERASED_AFTER, moment)


def _owed() -> sa.Select[str, str]:
    """The account and the case of each.

    Values that the partial index names are written into the statement: a planner that sees only
    parameters can't use it.
    """
    closing = aliased(Step)
    erase = sa.literal(StepKind.ERASE, Step.kind.type, literal_execute=True)
    not_needed = sa.literal(StepState.NOT_NEEDED, Step.state.type, literal_execute=True)
    return (
        sa.select(Subscription.account_id, Case.id)
        .select_from(Step)
        .join(Case, Case.id == Step.case_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .join(closing, closing.case_id == Case.id)
        .where(
            Step.kind == erase,
            Step.state == not_needed,
            Case.state == CaseState.ENDED,
            closing.kind == StepKind.CLOSE,
            closing.state == StepState.DONE,
            ~_goes_on(),
            ~_is_or_will_be_erased(),
        )
    )


def _goes_on() -> sa.Exists:
    plan = aliased(Subscription)
    return (
        sa.select(plan.id)
        .where(plan.account_id == Subscription.account_id, plan.state != SubscriptionState.ENDED)
        .correlate(Subscription)
        .exists()
    )


def _is_or_will_be_erased() -> sa.Exists:
    """By a step of any case of the account, since this case was opened: before, it had a plan.

    So a step that a person did by hand counts, and an erasure before the account came back does
    not.
    """
    step, case, plan = aliased(Step), aliased(Case), aliased(Subscription)
    return (
        sa.select(step.id)
        .join(case, case.id == step.case_id)
        .join(plan, plan.id == case.subscription_id)
        .where(
            plan.account_id == Subscription.account_id,
            step.kind == StepKind.ERASE,
            step.state.not_in([StepState.NOT_NEEDED, StepState.CALLED_OFF]),
            sa.or_(step.over_at.is_(None), step.over_at >= Case.opened_at),
        )
        .correlate(Subscription, Case)
        .exists()
    )
