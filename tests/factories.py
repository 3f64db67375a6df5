"""Small factories of the people and plans that tests need. Times are instants, money is minor.

Every factory flushes, so that what it returns has an identifier.
"""

import secrets
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import (
    Account,
    AccountKind,
    Customer,
    Interval,
    Plan,
    Subscription,
    SubscriptionState,
)
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.policies.store import Policies
from offboarding.policies.systems import SystemsPolicy
from offboarding.receipts.model import Receipt

NO_SYSTEMS = SystemsPolicy(version=date(2026, 11, 23), reviewed_by="nobody", systems={})
LONG_AGO = datetime(2022, 11, 14, tzinfo=UTC)


def make_plan(
    session: Session,
    name: str = "Pro",
    *,
    price: str = "29.00",
    currency: str = "EUR",
    interval: Interval = Interval.MONTH,
    smaller_plan: Plan | None = None,
) -> Plan:
    """A plan, or the one of this name that there is already. `price` is for one interval."""
    plan_id = name.lower().replace(" ", "-")
    known = session.get(Plan, plan_id)
    if known is not None:
        return known
    plan = Plan(
        id=plan_id,
        name=name,
        interval=interval,
        price_minor=int(Decimal(price) * 100),
        currency=currency,
        smaller_plan=smaller_plan,
    )
    session.add(plan)
    session.flush()
    return plan


def make_account(
    session: Session,
    name: str = "Amara Okafor",
    *,
    kind: AccountKind = AccountKind.CONSUMER,
    country: str = "GB",
    region: str | None = None,
    time_zone: str = "Europe/London",
    manager: tuple[str, str] | None = None,
) -> Account:
    """An account. `manager` is the account manager's name and address."""
    account = Account(
        name=name,
        kind=kind,
        country=country,
        region=region,
        time_zone=time_zone,
        account_manager_name=manager[0] if manager else None,
        account_manager_email=manager[1] if manager else None,
        created_at=LONG_AGO,
    )
    session.add(account)
    session.flush()
    return account


def make_customer(
    session: Session,
    email: str = "amara@example.org",
    *,
    full_name: str = "Amara Okafor",
    account: Account | None = None,
    locale: str = "en-GB",
    time_zone: str = "Europe/London",
    phone: str | None = None,
    phone_confirmed_at: datetime | None = None,
) -> Customer:
    """A customer; without `account`, of an account of their own."""
    customer = Customer(
        account=account or make_account(session, full_name, time_zone=time_zone),
        external_id=f"user-{secrets.token_hex(6)}",
        email=email,
        full_name=full_name,
        locale=locale,
        time_zone=time_zone,
        phone=phone,
        phone_confirmed_at=phone_confirmed_at,
        created_at=LONG_AGO,
    )
    session.add(customer)
    session.flush()
    return customer


def make_subscription(
    session: Session,
    customer: Customer,
    plan: Plan | None = None,
    *,
    period_end: datetime | None = None,
    days_left: int = 21,
    state: SubscriptionState = SubscriptionState.ACTIVE,
    cancel_at: datetime | None = None,
    started_at: datetime = LONG_AGO,
) -> Subscription:
    """A subscription of the customer's account to `plan` (default: Pro), paid for `days_left`.

    A free plan has no period. No payment is written; see `make_payment`.
    """
    chosen = plan or make_plan(session)
    end = None if chosen.free else period_end or clock.now() + timedelta(days=days_left)
    subscription = Subscription(
        account=customer.account,
        plan=chosen,
        state=state,
        started_at=started_at,
        period_end=end,
        cancel_at=cancel_at,
    )
    session.add(subscription)
    session.flush()
    return subscription


def make_payment(
    session: Session,
    subscription: Subscription,
    amount_minor: int | None = None,
    *,
    at: datetime | None = None,
    currency: str | None = None,
) -> LedgerEntry:
    """A payment that was taken, of the plan's price when the contract began, unless said."""
    entry = LedgerEntry(
        subscription_id=subscription.id,
        kind=EntryKind.CHARGE,
        amount_minor=subscription.plan.price_minor if amount_minor is None else amount_minor,
        currency=currency or subscription.plan.currency,
        key=f"charge:{secrets.token_hex(8)}",
        occurred_at=at or subscription.started_at,
        details={},
    )
    session.add(entry)
    session.flush()
    return entry


def begin_lately(session: Session, subscription: Subscription) -> None:
    """Their contract began three days ago, and was paid then: who withdraws is paid back."""
    subscription.started_at = clock.now() - timedelta(days=3)
    make_payment(session, subscription)


def cancel(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    policies: Policies,
    conversation_id: str = "1" * 32,
) -> tuple[Case, Receipt]:
    """A cancellation carried through, and its receipt."""
    billing = LedgerBilling(session)
    case = cases.open_case(session, customer, subscription, conversation_id)
    session.flush()
    cases.show_terms(session, case, billing, policies)
    receipt = workflow.confirm(
        session, case, customer, billing=billing, policies=policies, source="test"
    )
    return case, receipt
