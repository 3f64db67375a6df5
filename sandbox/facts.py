"""A customer's account as it is in the database right now, in words."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Interval, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases.model import Case
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings
from offboarding.wording import date_text, locale_of, money_text

LEDGER_LINES = 6
_KINDS = {
    EntryKind.CHARGE: "Payment",
    EntryKind.REFUND: "Refund",
    EntryKind.CANCELLATION: "Cancelled",
    EntryKind.CANCELLATION_UNDONE: "Cancellation taken back",
    EntryKind.PAUSE: "Pause agreed",
    EntryKind.PAUSE_UNDONE: "Pause taken back",
    EntryKind.DISCOUNT: "Discount agreed",
    EntryKind.PLAN_CHANGE: "Plan change agreed",
    EntryKind.PLAN_CHANGE_UNDONE: "Plan change taken back",
    EntryKind.TRIAL_EXTENSION: "Trial made longer",
    EntryKind.END: "Ended",
    EntryKind.PAYMENT_METHOD_DETACHED: "Payment method forgotten",
}
_RECEIPTS = {
    ReceiptKind.CANCELLATION: "Receipt of the cancellation",
    ReceiptKind.UNDO: "Receipt of taking it back",
    ReceiptKind.OFFER: "Receipt of the offer",
}


@dataclass(frozen=True)
class Fact:
    """One line of a subscription. `name` stays the same while the value changes."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class ReceiptFacts:
    """A receipt and where it is."""

    title: str
    case_number: str
    url: str


@dataclass(frozen=True)
class SubscriptionFacts:
    """One subscription."""

    plan: str
    price: str
    state: str
    """One of: active, trial, cancelled, paused, ended."""
    facts: tuple[Fact, ...]
    receipts: tuple[ReceiptFacts, ...]


@dataclass(frozen=True)
class LedgerLine:
    """One line of the ledger."""

    key: str
    date: str
    what: str
    amount: str


@dataclass(frozen=True)
class AccountFacts:
    """All that the page shows of an account."""

    first_name: str
    full_name: str
    email: str
    account: str
    place: str
    since: str
    subscriptions: tuple[SubscriptionFacts, ...]
    ledger: tuple[LedgerLine, ...]
    """The newest lines, newest first."""
    ledger_earlier: int
    """How many lines there are before those."""


def account_facts(session: Session, customer: Customer, settings: Settings) -> AccountFacts:
    """Everything about a customer's account, what has ended too."""
    account = customer.account
    found = session.scalars(
        sa.select(Subscription)
        .where(Subscription.account_id == account.id)
        .order_by(Subscription.started_at, Subscription.id)
    ).all()
    entries = session.execute(
        sa.select(LedgerEntry, Subscription)
        .join(Subscription, LedgerEntry.subscription_id == Subscription.id)
        .where(Subscription.account_id == account.id)
        .order_by(LedgerEntry.occurred_at.desc(), LedgerEntry.id)
    ).all()
    country = locale_of(customer.locale).territories.get(account.country, account.country)
    return AccountFacts(
        first_name=customer.first_name,
        full_name=customer.full_name,
        email=customer.email,
        account=account.name,
        place=f"{country} ({account.region})" if account.region else country,
        since=date_text(account.created_at, customer),
        subscriptions=tuple(
            _subscription_facts(session, each, customer, settings) for each in found
        ),
        ledger=tuple(
            _ledger_line(entry, subscription, customer)
            for entry, subscription in entries[:LEDGER_LINES]
        ),
        ledger_earlier=max(0, len(entries) - LEDGER_LINES),
    )


def _subscription_facts(
    session: Session, subscription: Subscription, customer: Customer, settings: Settings
) -> SubscriptionFacts:
    receipts = session.execute(
        sa.select(Receipt, Case)
        .join(Case, Receipt.case_id == Case.id)
        .where(Case.subscription_id == subscription.id)
        .order_by(Receipt.issued_at.desc())
    ).all()
    return SubscriptionFacts(
        plan=subscription.plan.name,
        price=_price(subscription, customer),
        state=_state(subscription),
        facts=tuple(_facts(session, subscription, customer)),
        receipts=tuple(
            ReceiptFacts(_RECEIPTS[receipt.kind], case.number, receipt_link(receipt.id, settings))
            for receipt, case in receipts
        ),
    )


def _price(subscription: Subscription, customer: Customer) -> str:
    plan = subscription.plan
    if plan.free:
        return "no charge"
    every = "a year" if plan.interval is Interval.YEAR else "a month"
    return f"{money_text(plan.price_minor, plan.currency, customer.locale)} {every}"


def _state(subscription: Subscription) -> str:
    if subscription.state is SubscriptionState.ENDED:
        return "ended"
    if subscription.cancel_at is not None:
        return "cancelled"
    moment = clock.now()
    starts, stops = subscription.paused_from, subscription.paused_until
    if starts is not None and stops is not None and starts <= moment < stops:
        return "paused"
    return "trial" if subscription.state is SubscriptionState.TRIALING else "active"


def _facts(session: Session, subscription: Subscription, customer: Customer) -> list[Fact]:
    facts = [_end(subscription, customer)]
    upcoming = LedgerBilling(session).next_payment(subscription)
    facts.append(
        Fact(
            "next-payment",
            "Next payment",
            f"{money_text(upcoming.amount_minor, upcoming.currency, customer.locale)} "
            f"on {date_text(upcoming.at, customer)}"
            if upcoming
            else "None",
        )
    )
    if subscription.paused_from is not None and subscription.paused_until is not None:
        paused = (subscription.paused_from, subscription.paused_until)
        days = " to ".join(date_text(moment, customer) for moment in paused)
        facts.append(Fact("pause", "Pause", days))
    if subscription.discount_percent is not None and subscription.discount_until is not None:
        until = date_text(subscription.discount_until, customer)
        facts.append(
            Fact("discount", "Discount", f"{subscription.discount_percent}% until {until}")
        )
    if subscription.next_plan is not None:
        facts.append(Fact("next-plan", "Next plan", subscription.next_plan.name))
    return facts


def _end(subscription: Subscription, customer: Customer) -> Fact:
    """The date that matters: when it ends, ended, or goes on."""
    if subscription.cancel_at is not None:
        label = "Ended on" if subscription.state is SubscriptionState.ENDED else "Ends on"
        return Fact("until", label, date_text(subscription.cancel_at, customer))
    if subscription.period_end is None:
        return Fact("until", "Renews", "Never: it has no term")
    trial = subscription.state is SubscriptionState.TRIALING
    label = "Trial ends on" if trial else "Renews on"
    return Fact("until", label, date_text(subscription.period_end, customer))


def _ledger_line(entry: LedgerEntry, subscription: Subscription, customer: Customer) -> LedgerLine:
    amount = money_text(entry.amount_minor, entry.currency, customer.locale)
    return LedgerLine(
        key=entry.id,
        date=date_text(entry.occurred_at, customer),
        what=f"{_KINDS[entry.kind]}, {subscription.plan.name}",
        amount=amount if entry.amount_minor else "",
    )
