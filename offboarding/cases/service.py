"""What can be done to an off-boarding case. Every change is checked here, whoever asks."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.billing.port import BillingPort
from offboarding.cases import intents
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import OVER, PROMISED, TRANSITIONS, CaseState
from offboarding.cases.terms import Terms, agreed, digest, terms_of
from offboarding.errors import NotFoundError, TransitionError
from offboarding.policies.store import Policies
from offboarding.refunds.model import Refund

_OTHER = "other."
"""How a `staff_mark` begins of a way that did not stand first."""


class TermsChangedError(TransitionError):
    """What would happen is no longer what was shown; show it again and ask again."""

    word = "terms_changed"


def open_case(
    session: Session, customer: Customer, subscription: Subscription, conversation_id: str
) -> Case:
    """The active case of a subscription, begun now if there is none.

    Raises NotFoundError when the subscription is not this customer's or has ended.
    """
    _check_owner(customer, subscription)
    case = active_case(session, subscription) or _begin(
        session, customer, subscription, conversation_id
    )
    case.conversation_id = conversation_id
    return case


def case_that_ended(session: Session, subscription: Subscription) -> Case | None:
    """The case by which this subscription ended, if it ended by one."""
    return session.scalar(
        sa.select(Case).where(
            Case.subscription_id == subscription.id,
            Case.state.in_([CaseState.SCHEDULED, CaseState.ENDED]),
        )
    )


def active_case(session: Session, subscription: Subscription) -> Case | None:
    """The case of this subscription that is not over, if any."""
    return session.scalar(
        sa.select(Case).where(
            Case.subscription_id == subscription.id, Case.state.not_in(list(OVER))
        )
    )


def case_in_conversation(session: Session, conversation_id: str, customer: Customer) -> Case | None:
    """The case this conversation is about, if it is this customer's: the one opened last."""
    case = session.scalar(
        sa.select(Case)
        .where(Case.conversation_id == conversation_id)
        .order_by(Case.opened_at.desc())
        .limit(1)
    )
    if case is None or case.subscription.account_id != customer.account_id:
        return None
    return case


def cases_in_conversation(session: Session, conversation_id: str) -> Sequence[Case]:
    """Every case that this conversation was the last to turn to, of whichever account."""
    return session.scalars(sa.select(Case).where(Case.conversation_id == conversation_id)).all()


def reasoned_in_conversation(session: Session, case: Case, *, since: datetime) -> Case | None:
    """The latest other case of this conversation and account in which the reason was answered.

    Only cases opened at `since` or later count. To decline the question is an answer to it.
    """
    return session.scalar(
        sa.select(Case)
        .join(Subscription, Case.subscription_id == Subscription.id)
        .where(
            Case.conversation_id == case.conversation_id,
            Case.id != case.id,
            Subscription.account_id == case.subscription.account_id,
            Case.opened_at >= since,
            sa.or_(Case.reason.is_not(None), Case.reason_skipped.is_(True)),
        )
        .order_by(Case.opened_at.desc())
        .limit(1)
    )


def newest_case(session: Session, customer: Customer, since: datetime) -> Case | None:
    """The case of the customer's account that was opened last, if after `since` or not over yet."""
    return session.scalar(
        sa.select(Case)
        .join(Subscription, Case.subscription_id == Subscription.id)
        .where(
            Subscription.account_id == customer.account_id,
            sa.or_(Case.opened_at >= since, Case.state.not_in(list(OVER))),
        )
        .order_by(Case.opened_at.desc())
        .limit(1)
    )


def is_cancelled_in_conversation(
    session: Session, conversation_id: str, customer: Customer | None
) -> bool:
    """Whether something was cancelled in this conversation, and not taken back since.

    Only of the account of `customer`, where it is known who speaks: a computer may be shared.
    """
    cancelled = (CaseState.CONFIRMED, CaseState.SCHEDULED, CaseState.ENDED)
    found = (
        sa.select(Case.id)
        .join(Subscription, Case.subscription_id == Subscription.id)
        .where(Case.conversation_id == conversation_id, Case.state.in_(cancelled))
        .limit(1)
    )
    if customer is not None:
        found = found.where(Subscription.account_id == customer.account_id)
    return session.scalar(found) is not None


def scheduled_cases(session: Session, customer: Customer) -> Sequence[Case]:
    """The cancellations of the customer's account that can still be undone."""
    return session.scalars(
        sa.select(Case)
        .join(Subscription, Case.subscription_id == Subscription.id)
        .where(
            Subscription.account_id == customer.account_id,
            Case.state == CaseState.SCHEDULED,
            Case.ends_at > clock.now(),
        )
        .order_by(Case.ends_at)
    ).all()


def case_of_end(session: Session, subscription: Subscription) -> Case | None:
    """The case by which a subscription ended or ends; None where it was ended without one."""
    return session.scalar(
        sa.select(Case)
        .where(
            Case.subscription_id == subscription.id,
            Case.state.in_((CaseState.SCHEDULED, CaseState.ENDED)),
        )
        .order_by(Case.confirmed_at.desc())
        .limit(1)
    )


def promised_cases(session: Session, case: Case) -> list[Case]:
    """The cases by which subscriptions of the account end, or have ended."""
    of_account = session.scalars(
        sa.select(Case)
        .join(Subscription, Case.subscription_id == Subscription.id)
        .where(Subscription.account_id == case.subscription.account_id)
        .order_by(Case.id)
    )
    # Chosen here, for by its state SQLite would look through every case that has ended.
    return [each for each in of_account if each.state in PROMISED]


def ended_cases(session: Session, case: Case) -> list[Case]:
    """The case by which each subscription of the account ended."""
    return [each for each in promised_cases(session, case) if each.state is CaseState.ENDED]


def record_reason(
    session: Session, case: Case, reason: ChurnReason | None, words: str | None = None
) -> None:
    """Note why the customer leaves; None when they would rather not say."""
    case.reason = reason
    case.reason_words = words[:2000] if words else None
    case.reason_skipped = reason is None
    audit.record(
        session, "reason_recorded", case.id, reason=reason.value if reason else "not given"
    )


def show_terms(session: Session, case: Case, billing: BillingPort, policies: Policies) -> Terms:
    """Note that the customer is shown what will happen, and return it. A yes counts for this.

    Raises TransitionError when they said yes already: what they said it to stays on record. The
    case is held from here on, so that no yes that is said elsewhere in this instant is overwritten.
    """
    lock(session, case)
    if case.state not in {CaseState.OPEN, CaseState.SHOWN}:
        raise TransitionError(f"A case that is {case.state} can't be shown for a yes.")
    terms = terms_of_case(case, billing, policies)
    _note_shown(session, case, terms)
    return terms


def show_chosen(
    session: Session,
    case: Case,
    seen: str,
    billing: BillingPort,
    policies: Policies,
    *,
    by: str | None = None,
) -> Terms:
    """Choose the way to leave that was seen, and note it as what a yes counts for.

    `seen` is the digest of what the customer read, perhaps beside the other way. `by` is who
    chooses for them, and then it is the `staff_mark`. Raises TermsChangedError where no way is what
    was seen any more, and else as `choose_way`. The case is held from here on.
    """
    lock(session, case)
    for runs_out, terms in ways_out(session, case.subscription, billing, policies).items():
        theirs = by is None or runs_out is case.runs_out
        if seen == staff_mark(terms, first=theirs):
            choose_way(session, case, runs_out=runs_out, by=by)
            _note_shown(session, case, terms)
            return terms
    raise TermsChangedError("What will happen has changed since it was shown, so look again.")


def terms_now(
    session: Session, subscription: Subscription, billing: BillingPort, policies: Policies
) -> Terms:
    """What cancelling now would mean, for the reason and the way out that an open case knows."""
    case = active_case(session, subscription)
    if case is None:
        return terms_of(subscription, billing, policies)
    return terms_of_case(case, billing, policies)


def terms_of_case(case: Case, billing: BillingPort, policies: Policies) -> Terms:
    """What cancelling by this case would mean now, whether it is shown or not."""
    return terms_of(case.subscription, billing, policies, case.reason, runs_out=case.runs_out)


def ways_out(
    session: Session, subscription: Subscription, billing: BillingPort, policies: Policies
) -> dict[bool, Terms]:
    """Both ways to leave, or the only one; by whether it runs out, the one chosen so far first."""
    case = active_case(session, subscription)
    reason = case.reason if case is not None else None
    chosen = case.runs_out if case is not None else False
    first = terms_of(subscription, billing, policies, reason, runs_out=chosen)
    if first.other_way is None:
        return {chosen: first}
    return {
        chosen: first,
        not chosen: terms_of(subscription, billing, policies, reason, runs_out=not chosen),
    }


def staff_mark(terms: Terms, *, first: bool) -> str:
    """Stands for a way to leave as it was shown to who chooses it for the customer.

    With its terms it says whether it stood first, as what the customer has chosen so far: where
    they choose the other meanwhile, whoever chooses for them has to know before.
    """
    return digest(terms) if first else f"{_OTHER}{digest(terms)}"


def stands_for(seen: str, terms: Terms) -> bool:
    """Whether what was seen, by the customer or by staff, was just these terms."""
    return seen.removeprefix(_OTHER) == digest(terms)


def decided_before(session: Session, subscription: Subscription) -> str:
    """How often it was decided before whether to leave it, for the mark of what is shown.

    A yes to what was shown before a later decision is none: what was undone, or kept, is not
    cancelled by an old page that is sent again.
    """
    decided = sa.select(sa.func.count(Case.id)).where(
        Case.subscription_id == subscription.id, Case.state.in_(list(OVER))
    )
    return str(session.scalar(decided))


def choose_way(session: Session, case: Case, *, runs_out: bool, by: str | None = None) -> None:
    """Note which of the two ways to leave they choose; only once it is shown a yes to it counts.

    `by` is who chooses for them, as the audit log has it; None where they do it themselves. Raises
    TransitionError once they said yes. The case is held from here on.
    """
    lock(session, case)
    if case.state not in {CaseState.OPEN, CaseState.SHOWN}:
        raise TransitionError(f"In a case that is {case.state} nothing can be chosen any more.")
    if case.runs_out is not runs_out:
        case.runs_out = runs_out
        who = {} if by is None else {"by": by}
        audit.record(session, "way_chosen", case.id, runs_out=runs_out, **who)


def record_refund(session: Session, event: str, case: Case, refund: Refund | None) -> None:
    """Note a refund that was shown, agreed or let go, where there is one: rule and amount."""
    if refund is not None:
        audit.record(
            session,
            event,
            case.id,
            policy_version=refund.policy_version,
            rule=refund.rule,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            by_a_person=refund.by_a_person,
        )


def keep(session: Session, case: Case) -> None:
    """The customer stays; nothing was cancelled. Raises TransitionError once something was."""
    move(session, case, CaseState.KEPT)
    case.closed_at = clock.now()
    intents.settle(session, case.conversation_id)


def lock(session: Session, case: Case) -> None:
    """Wait until nobody else works on this case, and see it and its subscription as they are then.

    SQLite has one writer at a time anyway; on PostgreSQL the row is locked until the commit.
    """
    session.flush()
    row: Case | Subscription
    for row in (case, case.subscription):
        table = type(row)
        session.execute(sa.select(table.id).where(table.id == row.id).with_for_update())
        session.refresh(row, [column.key for column in table.__table__.columns])


def move(session: Session, case: Case, to: CaseState) -> None:
    """Take a case along one way of the transition table, whole or not at all.

    Compares and sets in the database, so that of two at once one wins; the other, and any way
    that is not in the table, raises TransitionError.
    """
    start = case.state
    if to not in TRANSITIONS[start]:
        raise TransitionError(f"A case that is {start} can't become {to}.")
    session.flush()
    changed = session.execute(
        sa.update(Case)
        .where(Case.id == case.id, Case.state == start)
        .values(state=to)
        .execution_options(synchronize_session=False)
        .returning(Case.id)
    ).all()
    if not changed:
        raise TransitionError(f"The case is no longer {start}.")
    session.refresh(case, ["state"])
    audit.record(session, f"case_{to.value}", case.id)


def check_shown(case: Case, billing: BillingPort, policies: Policies) -> Terms:
    """The terms the customer saw. Raises TermsChangedError when they no longer hold."""
    terms = terms_of_case(case, billing, policies)
    shown = agreed(case.shown) if case.shown is not None else None
    if case.state is not CaseState.SHOWN or shown != agreed(terms.as_json()):
        raise TermsChangedError("What will happen has to be shown before it is confirmed.")
    return terms


def check_owner(case: Case, customer: Customer) -> None:
    """Raises NotFoundError unless the case is of the customer's account."""
    if case.subscription.account_id != customer.account_id:
        raise NotFoundError("There is no such case.")


def ends_before(case: Case, moment: datetime) -> bool:
    """Whether a scheduled case's end has come."""
    return case.ends_at is not None and case.ends_at <= moment


def _note_shown(session: Session, case: Case, terms: Terms) -> None:
    if case.state is CaseState.OPEN:
        move(session, case, CaseState.SHOWN)
    case.shown = terms.as_json()
    audit.record(session, "terms_shown", case.id, policy_version=terms.policy_version)
    record_refund(session, "refund_shown", case, terms.refund)


def _check_owner(customer: Customer, subscription: Subscription) -> None:
    if subscription.account_id != customer.account_id:
        raise NotFoundError("There is no such subscription.")
    if subscription.state is SubscriptionState.ENDED:
        raise NotFoundError("That subscription has ended already.")


def _begin(
    session: Session, customer: Customer, subscription: Subscription, conversation_id: str
) -> Case:
    case = Case(
        subscription=subscription,
        customer=customer,
        conversation_id=conversation_id,
        opened_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(case)
            session.flush()
    except IntegrityError:  # somebody else began it in this instant
        found = active_case(session, subscription)
        if found is None:
            raise
        return found
    audit.record(session, "case_open", case.id)
    return case
