"""Putting the made-up company into the database, and starting it over."""

import shutil
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import (
    Account,
    Customer,
    Interval,
    Plan,
    Subscription,
    SubscriptionState,
)
from offboarding.audit import guards
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import Payment
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Base, Database, new_identifier
from offboarding.errors import ConfigurationError
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.customers import BY_EXTERNAL_ID, CURRENCY, CUSTOMERS, PLANS, DemoCustomer
from sandbox.customers import DemoSubscription as Described
from sandbox.mailbox import MailStore

NOON = time(12)
"""When periods end; in the middle of the day no time zone moves them to another date."""


@dataclass(frozen=True)
class ResetReport:
    """What a reset threw away."""

    conversations: int
    cases: int
    mails: int
    exports: int


def require_sandbox(settings: Settings) -> None:
    """Raises ConfigurationError unless the sandbox is on."""
    if not settings.sandbox:
        raise ConfigurationError(
            "The sandbox is off (OFFBOARD_SANDBOX=false), so the demo company is neither made "
            "nor reset here. Set OFFBOARD_SANDBOX=true where no real customer is kept."
        )


def seed(session: Session, settings: Settings) -> None:
    """Make the demo company's plans and customers that are missing, and take payments now due.

    A second time it changes nothing. Raises ConfigurationError when the sandbox is off.
    """
    require_sandbox(settings)
    for plan in PLANS:
        if session.get(Plan, plan.id) is None:
            session.add(
                Plan(
                    id=plan.id,
                    name=plan.name,
                    interval=plan.interval,
                    price_minor=plan.price_minor,
                    currency=CURRENCY,
                    smaller_plan_id=plan.smaller_plan_id,
                )
            )
            session.flush()
    policies = _policies(settings.policy_directory)
    for described in CUSTOMERS:
        if accounts.customer_by_external_id(session, described.external_id) is None:
            _add_customer(session, described, policies)
    take_payments_due(session)


def reset(database: Database, settings: Settings) -> ResetReport:
    """Throw away all business, conversations, mails and exports, and make the company anew.

    Raises ConfigurationError, before anything is touched, when the sandbox is off.
    """
    require_sandbox(settings)
    with database.write() as session:
        conversations, opened = (
            session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (Conversation, Case)
        )
        with guards.lifted(session.connection()):
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(sa.delete(table))
        session.expunge_all()
        seed(session, settings)
    database.keyring.begin_anew()
    return ResetReport(
        conversations=conversations,
        cases=opened,
        mails=MailStore(settings.data_directory).clear(),
        exports=_delete_exports(settings),
    )


def seed_mark(session: Session) -> str:
    """An identifier that is another one after every reset."""
    first = accounts.customer_by_external_id(session, CUSTOMERS[0].external_id)
    return first.id if first else ""


@cache
def _policies(folder: Path) -> Policies:
    """Opened once, for it notices by itself when a file changes, and reading takes long."""
    return Policies(folder)


def _add_customer(session: Session, described: DemoCustomer, policies: Policies) -> None:
    zone = ZoneInfo(described.time_zone)
    since = min(_started_at(each, zone) for each in described.subscriptions)
    manager_name, manager_email = described.account_manager or (None, None)
    account = Account(
        name=described.company or described.full_name,
        kind=described.kind,
        country=described.country,
        region=described.region,
        time_zone=described.time_zone,
        account_manager_name=manager_name,
        account_manager_email=manager_email,
        created_at=since,
    )
    customer = Customer(
        account=account,
        external_id=described.external_id,
        email=described.email,
        full_name=described.full_name,
        locale=described.locale,
        time_zone=described.time_zone,
        phone=described.phone,
        phone_confirmed_at=clock.now() if described.phone else None,
        created_at=since,
    )
    session.add(customer)
    session.flush()
    made = [_add_subscription(session, account, each) for each in described.subscriptions]
    if described.cancelled:
        _cancel(session, customer, made[0], policies)


def _add_subscription(session: Session, account: Account, described: Described) -> Subscription:
    zone = ZoneInfo(account.time_zone)
    subscription = Subscription(
        account=account,
        plan=session.get_one(Plan, described.plan_id),
        state=SubscriptionState.TRIALING if described.trial else SubscriptionState.ACTIVE,
        started_at=_started_at(described, zone),
        period_end=_period_end(described, zone),
    )
    session.add(subscription)
    session.flush()
    plan = subscription.plan
    if subscription.period_end is not None:
        for back in range(described.periods_paid, 0, -1):
            at = _intervals_after(subscription.period_end, plan.interval, -back)
            _charge(session, subscription, Payment(plan.price_minor, plan.currency, at))
    return subscription


def _cancel(
    session: Session, customer: Customer, subscription: Subscription, policies: Policies
) -> None:
    """Cancel as a chat does: the case, the reason, what will happen, the yes, the receipt."""
    billing = LedgerBilling(session)
    case = cases.open_case(session, customer, subscription, new_identifier())
    cases.record_reason(
        session, case, ChurnReason.MISSING_FEATURES, "I read on trains, and it needs a connection."
    )
    cases.show_terms(session, case, billing, policies)
    workflow.confirm(session, case, customer, billing=billing, policies=policies, source="sandbox")


def take_payments_due(session: Session) -> None:
    """The demo company's billing run: who comes back after weeks finds nothing overdue."""
    billing = LedgerBilling(session)
    running = session.scalars(
        sa.select(Subscription)
        .join(Customer, Customer.account_id == Subscription.account_id)
        .where(
            Customer.external_id.in_(BY_EXTERNAL_ID),
            Subscription.state != SubscriptionState.ENDED,
        )
    ).unique()
    for subscription in running:
        while (due := billing.next_payment(subscription)) and due.at <= clock.now():
            _charge(session, subscription, due)
            subscription.plan = subscription.next_plan or subscription.plan
            subscription.next_plan = None
            subscription.state = SubscriptionState.ACTIVE
            subscription.period_end = _intervals_after(due.at, subscription.plan.interval, 1)
            session.flush()


def _charge(session: Session, subscription: Subscription, payment: Payment) -> None:
    session.add(
        LedgerEntry(
            subscription_id=subscription.id,
            kind=EntryKind.CHARGE,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            key=f"sandbox:{subscription.id}:{payment.at.isoformat()}",
            occurred_at=payment.at,
            details={},
        )
    )


def _period_end(described: Described, zone: ZoneInfo) -> datetime | None:
    if described.renews_in_days is None:
        return None
    day = clock.now().astimezone(zone).date() + timedelta(days=described.renews_in_days)
    return datetime.combine(day, NOON, tzinfo=zone)


def _started_at(described: Described, zone: ZoneInfo) -> datetime:
    interval = next(plan.interval for plan in PLANS if plan.id == described.plan_id)
    if described.trial:
        return clock.now() - timedelta(days=8)
    end = _period_end(described, zone) or clock.now()
    return _intervals_after(end, interval, -described.periods_paid)


def _intervals_after(moment: datetime, interval: Interval, count: int) -> datetime:
    if interval is Interval.YEAR:
        return moment + relativedelta(years=count)
    return moment + relativedelta(months=count)


def _delete_exports(settings: Settings) -> int:
    folder = settings.data_directory / "exports"
    count = len(list(folder.glob("*.zip")))
    shutil.rmtree(folder, ignore_errors=True)
    return count
