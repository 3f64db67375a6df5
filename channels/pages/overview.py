"""What the cancel page shows to a customer: facts, and nothing that would keep them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from channels.facts import Row, receipt_facts, terms_rows, terms_sentence
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, digest, terms_from_json, terms_values
from offboarding.erasure.kept import has_invoices
from offboarding.handoffs.withdrawals import withdrawal_received
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.receipts.service import receipt_link, receipt_of
from offboarding.settings import Settings
from offboarding.wording import date_text, moment_text, money_text


@dataclass(frozen=True)
class Leavable:
    """A way in which a subscription can be cancelled, and what would happen.

    There are two where who leaves at once is paid back: at once, and at the end of what is paid.

    `choice` names it together with what was decided before and a digest of what is shown here: a
    yes counts for that alone, and no longer than until the next decision.
    """

    choice: str
    subscription_id: str
    plan: str
    button: str
    """What the button says that cancels it."""
    sentence: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Cancelled:
    """A subscription that is cancelled and still runs.

    `case_id` is None when it was cancelled elsewhere, so that it can't be undone here.
    """

    plan: str
    ends_on: str
    case_id: str | None = None
    receipt: str | None = None
    undo_sentence: str = ""
    undo_until: str = ""


@dataclass(frozen=True)
class CancelledBefore:
    """How a subscription was cancelled before somebody chose another way to leave.

    `undo_until` is None where it can't be undone. `still_to_be_had` is a sentence of what could
    still be paid back, empty where nothing could.
    """

    heading: str
    sentences: Sequence[str]
    receipt: str
    undo_until: str | None
    still_to_be_had: str


@dataclass(frozen=True)
class Overview:
    """What an account has."""

    leavable: Sequence[Leavable]
    cancelled: Sequence[Cancelled]
    withdrawn_at: str
    """When a withdrawal came in that counts for what is paid back; empty where none did."""

    @property
    def only_plan(self) -> str | None:
        """The plan that can be cancelled, where there is one and no other."""
        plans = {each.subscription_id: each.plan for each in self.leavable}
        return next(iter(plans.values())) if len(plans) == 1 else None


def overview(
    session: Session,
    customer: Customer,
    *,
    billing: BillingPort,
    policies: Policies,
    settings: Settings,
) -> Overview:
    """What a customer's account has and what cancelling it would mean. Changes nothing."""
    subscriptions = accounts.subscriptions(session, customer.account_id)
    scheduled = {case.subscription_id: case for case in cases.scheduled_cases(session, customer)}
    ways = [
        (subscription, terms)
        for subscription in subscriptions
        if subscription.renews
        for terms in cases.ways_out(session, subscription, billing, policies).values()
    ]
    received = [
        moment
        for subscription, terms in ways
        if terms.refund is not None and terms.refund.is_withdrawal
        if (moment := withdrawal_received(subscription)) is not None
    ]
    return Overview(
        leavable=[
            _leavable(session, subscription, customer, terms) for subscription, terms in ways
        ],
        cancelled=[
            _cancelled(session, subscription, customer, scheduled.get(subscription.id), settings)
            for subscription in subscriptions
            if not subscription.renews
        ],
        withdrawn_at=moment_text(min(received), customer) if received else "",
    )


def cancelled_before(
    session: Session,
    receipt: Receipt,
    *,
    billing: BillingPort,
    policies: Policies,
    settings: Settings,
) -> CancelledBefore:
    """What the receipt of a cancellation says now, for whoever would have it otherwise."""
    facts = receipt_facts(session, receipt)
    case = session.get_one(Case, receipt.case_id)
    back = None
    if facts.undo_until is not None:  # else it is over, and nothing can be chosen any more
        other_way = cases.terms_of_case(case, billing, policies).other_way
        back = other_way.refund if other_way is not None else None
    still_to_be_had = ""
    if back is not None:
        amount = money_text(back.amount_minor, back.currency, case.customer.locale)
        still_to_be_had = (
            f"You can still have {amount} back, because {back.because}; then it ends at once."
        )
    return CancelledBefore(
        heading=facts.heading,
        sentences=facts.sentences,
        receipt=receipt_path(receipt, settings),
        undo_until=facts.undo_until,
        still_to_be_had=still_to_be_had,
    )


def receipt_path(receipt: Receipt, settings: Settings) -> str:
    """Where a receipt is on this very host.

    Where the application is reached under another address than the one in its links, the pages'
    own policy would not let a form lead there.
    """
    return urlsplit(receipt_link(receipt.id, settings)).path


def _leavable(
    session: Session, subscription: Subscription, customer: Customer, terms: Terms
) -> Leavable:
    values = terms_values(terms, customer)
    if terms.refund is not None:
        button = f"Cancel {terms.plan_name} now, with {values['refund']} paid back"
        undo = "Not possible, as it ends at once"
    else:
        button = f"Cancel {terms.plan_name} on {values['ends_on']}"
        undo = f"Possible until {values['undo_until']}, here"
    before = cases.decided_before(session, subscription)
    invoices = has_invoices(session, subscription, terms)
    return Leavable(
        choice=f"{subscription.id}.{before}.{digest(terms)}",
        subscription_id=subscription.id,
        plan=terms.plan_name,
        button=button,
        sentence=terms_sentence(values, free=subscription.plan.free),
        rows=[*terms_rows(terms, customer, invoices=invoices), Row("Undo", undo)],
    )


def _cancelled(
    session: Session,
    subscription: Subscription,
    customer: Customer,
    case: Case | None,
    settings: Settings,
) -> Cancelled:
    plan = subscription.plan.name
    ends_at = (case.ends_at if case is not None else None) or subscription.cancel_at
    ends_on = date_text(ends_at, customer) if ends_at is not None else ""
    receipt = receipt_of(session, case, ReceiptKind.CANCELLATION) if case is not None else None
    if case is None or receipt is None or case.state is not CaseState.SCHEDULED:
        return Cancelled(plan, ends_on)
    values = terms_values(terms_from_json(receipt.document), customer)
    undo_sentence = f"If you undo this, {plan} goes on as before"
    if "spared_amount" in values:
        undo_sentence += (
            f", and the payment of {values['spared_amount']} on {values['spared_on']} is taken"
        )
    return Cancelled(
        plan=plan,
        ends_on=ends_on,
        case_id=case.id,
        receipt=receipt_path(receipt, settings),
        undo_sentence=undo_sentence + ".",
        undo_until=values["undo_until"],
    )
