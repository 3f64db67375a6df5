"""The ledger: ending at once, paying back, forgetting how it was paid."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.provider import LedgerProvider
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.errors import NotFoundError, OffboardingError
from tests.factories import make_customer, make_plan, make_subscription


def paid_subscription(session: Session, amount_minor: int = 2900) -> Subscription:
    subscription = make_subscription(session, make_customer(session))
    charge(session, subscription, amount_minor)
    return subscription


def charge(
    session: Session, subscription: Subscription, amount_minor: int, days_ago: int = 9
) -> LedgerEntry:
    entry = LedgerEntry(
        subscription_id=subscription.id,
        kind=EntryKind.CHARGE,
        amount_minor=amount_minor,
        currency="EUR",
        key=f"charge:{subscription.id}:{days_ago}",
        occurred_at=clock.now() - timedelta(days=days_ago),
        details={},
    )
    session.add(entry)
    session.flush()
    return entry


def refunds(session: Session) -> list[int]:
    found = sa.select(LedgerEntry.amount_minor).where(LedgerEntry.kind == EntryKind.REFUND)
    return list(session.scalars(found))


def test_cancelling_now_ends_it_and_pays_back_what_was_said_once(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        for _ in range(2):
            ended_at = billing.cancel_now(
                subscription, key="now", refund_minor=2000, feedback=ChurnReason.UNUSED
            )
            assert ended_at == clock.now()
        assert subscription.state is SubscriptionState.ENDED
        assert subscription.cancel_at == clock.now()
        assert billing.next_payment(subscription) is None
        assert refunds(session) == [-2000]


def test_a_late_repetition_of_cancelling_now_keeps_the_first_end(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        ended_at = billing.cancel_now(subscription, key="now")
        now.shift(timedelta(days=2))
        assert billing.cancel_now(subscription, key="now") == ended_at
        assert billing.cancel_now(subscription, key="again") == ended_at


def test_when_the_refund_is_refused_nothing_is_cancelled_either(database: Database) -> None:
    with database.write() as session:
        subscription_id = paid_subscription(session).id
    step = LedgerProvider(database).at_once(subscription_id)
    with pytest.raises(OffboardingError, match=r"€29\.00 is left"), step as (billing, subscription):
        billing.cancel_now(subscription, key="now", refund_minor=2901)
    with database.read() as session:
        assert session.get_one(Subscription, subscription_id).renews
        assert refunds(session) == []


def test_the_reason_is_kept_with_the_cancellation(database: Database) -> None:
    with database.write() as session:
        subscription = paid_subscription(session)
        LedgerBilling(session).cancel_at_period_end(
            subscription, key="k", feedback=ChurnReason.TOO_EXPENSIVE
        )
        entry = session.scalar(sa.select(LedgerEntry).where(LedgerEntry.key == "k"))
        assert entry is not None
        assert entry.details["feedback"] == "too_expensive"


def test_a_refund_is_made_once_and_says_what_it_was(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        first = billing.refund(subscription, amount_minor=900, key="r")
        assert billing.refund(subscription, amount_minor=900, key="r").reference == first.reference
        assert (first.amount_minor, first.currency, first.at) == (900, "EUR", clock.now())
        assert refunds(session) == [-900]


def test_refunds_of_one_payment_never_exceed_it(database: Database) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        billing.refund(subscription, amount_minor=2000, key="first")
        with pytest.raises(OffboardingError, match=r"€9\.01 can't be paid back: €9\.00 is left"):
            billing.refund(subscription, amount_minor=901, key="second")
        billing.refund(subscription, amount_minor=900, key="third")
        assert sum(refunds(session)) == -2900


def test_an_earlier_payment_can_be_paid_back(database: Database) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        earlier = charge(session, subscription, 1500, days_ago=40)
        billing.refund(subscription, amount_minor=1500, key="r", payment=earlier.id)
        last = billing.last_payment(subscription)
        assert last is not None
        billing.refund(subscription, amount_minor=2900, key="s", payment=last.reference)


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_nothing_or_less_cannot_be_paid_back(database: Database, amount_minor: int) -> None:
    with database.write() as session, pytest.raises(OffboardingError, match="can't be paid back"):
        LedgerBilling(session).refund(
            paid_subscription(session), amount_minor=amount_minor, key="r"
        )


def test_another_accounts_payment_cannot_be_paid_back(database: Database) -> None:
    with database.write() as session:
        other = make_subscription(session, make_customer(session, "other@example.org"))
        theirs = charge(session, other, 2900)
        with pytest.raises(OffboardingError, match="no such payment"):
            LedgerBilling(session).refund(
                paid_subscription(session), amount_minor=1, key="r", payment=theirs.id
            )


def test_a_key_of_something_else_is_no_refund(database: Database) -> None:
    with database.write() as session:
        subscription, billing = paid_subscription(session), LedgerBilling(session)
        billing.cancel_at_period_end(subscription, key="k")
        with pytest.raises(OffboardingError, match="something else"):
            billing.refund(subscription, amount_minor=1, key="k")


def test_how_it_is_paid_is_kept_while_another_subscription_is_paid_by_it(
    database: Database,
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        first, second = make_subscription(session, customer), make_subscription(session, customer)
        billing = LedgerBilling(session)
        assert not billing.detach_payment_method(first, key="d")
        billing.cancel_at_period_end(second, key="c")
        assert not billing.detach_payment_method(first, key="d")  # an undo would need it
        billing.end(second, key="e")
        assert billing.detach_payment_method(first, key="d")
        assert billing.detach_payment_method(first, key="d")


def test_a_free_plan_beside_it_needs_no_payment_method(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        first = make_subscription(session, customer)
        make_subscription(session, customer, make_plan(session, "Free", price="0"))
        assert LedgerBilling(session).detach_payment_method(first, key="d")


def test_a_background_step_gets_a_port_and_its_subscription(database: Database) -> None:
    with database.write() as session:
        subscription_id = paid_subscription(session).id
    with LedgerProvider(database).at_once(subscription_id) as (billing, subscription):
        billing.cancel_at_period_end(subscription, key="k")
    with database.read() as session:
        assert not session.get_one(Subscription, subscription_id).renews


def test_a_step_for_nothing_is_refused(database: Database) -> None:
    with pytest.raises(NotFoundError), LedgerProvider(database).at_once("nothing"):
        raise AssertionError
